// Package mailtest provides a mail host inside the process, as net/http/httptest provides
// a web server: SMTP, submission, POP3 and IMAP on free loopback ports, with accounts,
// mailboxes, a certificate authority of its own, and faults on demand. See the examples.
//
// Mail takes the usual way. A message on port 25 must be for one of the host's own
// domains; a logged-in user may send anywhere by submission. The host answers with a
// queue id, adds its Received field (RFC 5321 §4.4), and delivers the message: into a
// mailbox, or by SMTP to the host that Route names for the domain. Two hosts joined by
// Join are the sender's server and the recipient's server. What cannot be delivered is
// retried, and finally returned to its sender (RFC 3464).
//
// A mailbox is one list of messages, which POP3 shows as the maildrop and IMAP as the
// INBOX. POP3 locks it and deletes at QUIT (RFC 1939 §6).
//
// Faults are what goes wrong on purpose, from a refused connection to a message that
// arrives twice. They can be changed while the host runs.
//
// Everything is bounded, and after Close no goroutine is left.
package mailtest
