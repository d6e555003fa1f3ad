// Package wire implements a line-based connection to a mail server, as SMTP, POP3 and
// IMAP use it: lines that end in CRLF, a command and its answer in turn, and an upgrade
// to TLS in between.
//
// Everything a server sends is treated as hostile. Conn limits every read, sets a
// deadline for every step, refuses plain-text bytes that arrive ahead of a TLS handshake,
// and never lets a line break into a command. It records each line, above TLS, in a
// Transcript, with every Secret masked before it is stored. A printed transcript is a
// session script, which package wiretest plays back as a server.
package wire
