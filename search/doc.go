// Package search finds messages in a mailbox by their headers, and judges what they say.
//
// A message is a header, a list of fields with a name and a value each, and after an empty
// line a body (RFC 5322 §2.1). A long field is folded over several lines. Letters other
// than ASCII stand in a header as encoded words, "=?utf-8?Q?...?=" (RFC 2047), and the
// body may be one of several parts, each encoded for its way (RFC 2045, RFC 2046). When a
// message came is known to the server: IMAP says so (INTERNALDATE), POP3 does not, where
// the Received field on top has the time of the last hop (RFC 5321 §4.4).
//
// Options are the criteria, as a user gives them. A Hunt holds the messages of a mailbox
// against them, one after another, however many there are, and keeps the newest matches;
// then it says in a step what was found. How messages are fetched is the business of the
// packages pop3check and imapcheck.
//
// A mailbox belongs to somebody: nothing of a message that does not match may be shown.
package search
