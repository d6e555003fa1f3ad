// Package smtpcheck walks an SMTP session (RFC 5321) and tells how every step of
// it went.
//
// The server speaks first: a greeting. The client then gives one command at a
// time and the server answers each with a reply, a code of three digits and text
// on one or more lines. The first digit is the verdict: 2 yes, 3 go on, 4 not
// now, 5 no. EHLO names the client and learns the server's extensions; STARTTLS
// changes to TLS, after which EHLO must be said again; AUTH logs in; MAIL names
// the sender and RCPT each recipient of a message; DATA hands it over; QUIT ends.
// LMTP (RFC 2033) is the same with LHLO, and one reply for each recipient.
//
// Which reply belongs to which command is a matter of order alone. So before a
// command is sent nothing may be waiting, and a reply whose code is that of another
// command ends the session as out of step. QUIT is the last proof: the server hangs
// up after its answer.
//
// Session has one method for each of these verbs and can be used on its own. Kind
// is the check built on it: an ordered list of steps, each timed and judged.
package smtpcheck
