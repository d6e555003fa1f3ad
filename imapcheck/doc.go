// Package imapcheck speaks IMAP with a mail server, and checks one.
//
// IMAP (RFC 3501, RFC 9051) is how a mail program works on mailboxes that stay on
// the server. The server greets; from then on the client sends commands, each with
// a tag of its own before it, and the server answers in lines of three kinds. One
// that begins with the command's tag ends its answer and says OK, NO (refused) or
// BAD (not understood). One that begins with "*" is untagged: the data that was
// asked for, news of the mailbox that nobody asked for, or OK, NO, BAD, PREAUTH
// and BYE about the session as a whole; it may come at any time. One that begins
// with "+" asks for the rest of a command. A response code in brackets may lead
// the text of a status and says for programs what it is about: [ALERT],
// [AUTHENTICATIONFAILED], [UNAVAILABLE], [CAPABILITY IMAP4rev1 ...] (RFC 3501
// §7.1, RFC 5530). Strings are quoted, or come as a literal: their length in
// braces ends the line, and so many bytes follow, whatever they are.
//
// A session goes through four states. Not authenticated, the client may ask what
// the server can do (CAPABILITY), turn to TLS (STARTTLS), and logs in: by LOGIN,
// unless the server says LOGINDISABLED, or by AUTHENTICATE and a SASL mechanism. A
// server that greets with PREAUTH has it logged in from the start, and then
// STARTTLS is impossible. Authenticated, STATUS counts a mailbox, and SELECT opens
// it; EXAMINE does so for reading only. In a selected mailbox messages have a
// number, which changes when others go, and a UID, which does not: UID SEARCH
// finds them, UID FETCH reads them, UID STORE sets their flags. FETCH of BODY[]
// marks a message as read, of BODY.PEEK[] it does not. What has the flag \Deleted
// is removed by EXPUNGE, or by UID EXPUNGE only where it was meant (UIDPLUS, RFC
// 4315). LOGOUT is answered by BYE and ends the session.
//
// Session has one method for each of these verbs, on a wire.Conn:
//
//	s := imapcheck.NewSession(conn)
//	greeting, err := s.Greeting()
//	capabilities, err := s.Capability()
//	reply, err := s.Login("alice", password)
//	mailbox, err := s.Examine("INBOX")
//	...
//
// It reads strictly: an answer that is not what the standard has is a
// ProtocolError that quotes it, a NO or BAD is a Refusal that does, and a BYE that
// was not asked for is a Bye. The first two leave the session usable for a LOGOUT.
//
// Kind is the check made of it. Its steps are listed at the top of check.go. It
// leaves a mailbox as it was: it opens it by EXAMINE and fetches no message.
package imapcheck
