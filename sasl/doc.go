// Package sasl is how a check logs in: whose name and secret it uses, and the
// mechanism by which it proves them (RFC 4422).
//
// Account holds the flags that say where name and secret come from, never the
// secret itself; Identity is what they yield for one target. A mechanism is a
// Client that answers the server's challenges; SMTP, POP3 and IMAP carry them in
// base64, each with words of its own.
package sasl
