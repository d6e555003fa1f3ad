// Package wire is one line-based connection to a mail server, as SMTP, POP3 and
// IMAP speak it: lines that end in CRLF, a command and its answer in turn, and an
// upgrade to TLS in the middle.
//
// Everything the server sends is hostile until shown otherwise. Conn therefore
// puts a limit beside every read and a deadline before every step, refuses
// plain-text bytes that arrive ahead of a TLS handshake, and never lets a line
// break into a command. It writes down each line as it passes, above TLS, in a
// Transcript, with every Secret masked before it is stored. A printed transcript
// is a session script: package wiretest plays it back as a server.
package wire
