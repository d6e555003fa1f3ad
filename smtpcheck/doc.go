// Package smtpcheck implements SMTP sessions (RFC 5321) and the check of an SMTP server.
//
// The server speaks first: a greeting. The client then sends one command at a time and
// the server answers each with a reply, a code of three digits and text on one or more
// lines. The first digit is the verdict: 2 success, 3 continue, 4 a failure that may
// pass, 5 a permanent failure. EHLO names the client and lists the server's extensions;
// STARTTLS changes to TLS, after which EHLO must be sent again; AUTH logs in; MAIL names
// the sender and RCPT each recipient of a message; DATA hands it over; QUIT ends the
// session. LMTP (RFC 2033) is the same with LHLO, and one reply for each recipient.
//
// Only the order decides which reply belongs to which command. So nothing may be waiting
// when a command is sent, and a reply whose code belongs to another command ends the
// session as out of step. QUIT is the final proof: the server closes the connection after
// its answer.
//
// Session has one method for each of these verbs and can be used on its own. Kind is the
// check built on it: an ordered list of steps, each timed and graded.
package smtpcheck
