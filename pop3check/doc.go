// Package pop3check speaks POP3 with a mail server, and checks one.
//
// POP3 (RFC 1939) is how a mail program fetches mail from a mailbox. The server
// greets; from then on the client sends a command in a line and the server
// answers with one status line, "+OK" or "-ERR" and a text for people. A response
// code in brackets may lead that text and says for programs what is wrong:
// [IN-USE], [LOGIN-DELAY], [AUTH], [SYS/TEMP], [SYS/PERM] (RFC 2449 §8, RFC 3206).
// Some positive answers are followed by lines up to one that is a lone dot; a
// line of the answer that begins with a dot has that dot doubled.
//
// A session goes through three states. In AUTHORIZATION the client may ask what
// the server can do (CAPA, RFC 2449), turn to TLS (STLS, RFC 2595), and logs in:
// by USER and PASS, by APOP, which hashes the password together with a message
// id from the greeting, or by AUTH and a SASL mechanism (RFC 5034). The mailbox
// is then locked and in TRANSACTION: STAT counts the messages, LIST gives their
// sizes and UIDL their lasting names, RETR fetches a message, TOP its header and
// first lines, DELE marks it as deleted. Only QUIT goes on to UPDATE, where what
// was marked is removed; a connection that ends otherwise changes nothing.
//
// Session has one method for each of these verbs, on a wire.Conn:
//
//	s := pop3check.NewSession(conn)
//	greeting, err := s.Greeting()
//	capabilities, err := s.Capa()
//	reply, err := s.User("alice")
//	...
//
// It reads strictly: an answer that is not what the standard has is a
// ProtocolError that quotes it, a "-ERR" is a Refusal that does. Both leave the
// session usable for a QUIT.
//
// Kind is the check made of it. Its steps are listed at the top of check.go. It
// leaves a mailbox as it was: it never sends DELE, and after RETR it hangs up
// without QUIT, because servers such as Dovecot mark what was fetched as read in
// the UPDATE state.
package pop3check
