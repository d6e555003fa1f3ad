// Package sasl implements log-ins: where the user name and the secret come from, and the
// SASL mechanisms that prove them (RFC 4422).
//
// Account holds the options that say where name and secret come from, never the secret
// itself; its method For returns the Identity for one target. A mechanism is a Client
// that answers the server's challenges; an Exchange carries them in base64, as SMTP, POP3
// and IMAP all do.
package sasl
