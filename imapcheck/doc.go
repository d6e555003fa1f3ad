// Package imapcheck implements IMAP sessions and the check of an IMAP server.
//
// IMAP (RFC 3501, RFC 9051) is how a mail program works on mailboxes that stay on the
// server. The server greets; from then on the client sends commands, each with a tag of
// its own, and the server answers in lines of three kinds. A line that begins with the
// command's tag ends its answer and says OK, NO (refused) or BAD (not understood). A line
// that begins with "*" is untagged: data that was asked for, news of the mailbox, or OK,
// NO, BAD, PREAUTH and BYE about the session as a whole; it may come at any time. A line
// that begins with "+" asks for the rest of a command. A response code in brackets may
// precede the text of a status and says for programs what it is about: [ALERT],
// [AUTHENTICATIONFAILED], [UNAVAILABLE], [CAPABILITY IMAP4rev1 ...] (RFC 3501 §7.1, RFC
// 5530). Strings are quoted, or come as literals: a length in braces ends the line, and
// that many bytes follow.
//
// A session goes through four states. Not authenticated, the client may ask what the
// server offers (CAPABILITY), change to TLS (STARTTLS), and logs in: by LOGIN, unless the
// server says LOGINDISABLED, or by AUTHENTICATE and a SASL mechanism. A server that
// greets with PREAUTH has logged the session in from the start, which makes STARTTLS
// impossible. Authenticated, STATUS counts a mailbox, and SELECT opens it; EXAMINE opens
// it for reading only. In a selected mailbox messages have a number, which changes when
// others are removed, and a UID, which does not: UID SEARCH finds them, UID FETCH reads
// them, UID STORE sets their flags. FETCH of BODY[] marks a message as read, of
// BODY.PEEK[] it does not. EXPUNGE removes what has the flag \Deleted, UID EXPUNGE only
// the given messages (UIDPLUS, RFC 4315). LOGOUT is answered by BYE and ends the session.
//
// Session has one method for each of these verbs. It reads strictly: an answer that does
// not follow the standard is a ProtocolError that quotes it, a NO or BAD is a Refusal
// that does, and an unexpected BYE is a Bye. The first two leave the session usable for a
// LOGOUT.
//
// Kind is the check built on it. Its steps are listed in check.go. It leaves a mailbox as
// it was: it opens it by EXAMINE, and fetches messages only to search in them.
package imapcheck
