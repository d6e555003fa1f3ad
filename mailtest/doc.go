// Package mailtest is a mail host inside the process, as net/http/httptest is a
// web server: SMTP, submission, POP3 and IMAP on free ports of the loopback, with
// accounts, mailboxes, a certificate authority of its own and faults to order.
//
//	host, err := mailtest.Start(mailtest.Config{
//		Accounts: []mailtest.Account{{User: "alice", Password: "correct horse battery"}},
//	})
//	if err != nil { ... }
//	defer host.Close()
//	// host.SubmissionURL(), host.POP3URL("alice"), host.WriteCA("ca.pem") ...
//
// Mail goes the way it goes in the world. What is handed over on port 25 must be
// for one of the host's own domains; what a logged-in user hands over to
// submission may go anywhere. The host answers with a queue id, writes its Received
// field (RFC 5321 §4.4), and carries the message on by itself: into a mailbox, or
// by SMTP to the host that Route names for the domain. Two hosts joined by Join are
// the server of the sender and the server of the recipient. What cannot be delivered
// is retried, and at last returned to its sender (RFC 3464).
//
// A mailbox is one list of messages, seen alike by POP3 and by IMAP as its INBOX.
// POP3 locks it for itself and deletes at QUIT (RFC 1939 §6).
//
// Faults are what goes wrong on purpose, from a refused connection to a message that
// arrives twice. They can be changed while the host runs.
//
// Everything is bounded, and after Close no goroutine is left.
package mailtest
