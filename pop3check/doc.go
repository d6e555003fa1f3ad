// Package pop3check implements POP3 sessions and the check of a POP3 server.
//
// POP3 (RFC 1939) is how a mail program fetches mail from a mailbox. The server greets;
// from then on the client sends one command on a line and the server answers with one
// status line, "+OK" or "-ERR" and a text for people. A response code in brackets may
// precede that text and says for programs what is wrong: [IN-USE], [LOGIN-DELAY], [AUTH],
// [SYS/TEMP], [SYS/PERM] (RFC 2449 §8, RFC 3206). Some positive answers are followed by
// lines up to a lone dot; a line of the answer that begins with a dot has that dot
// doubled.
//
// A session goes through three states. In AUTHORIZATION the client may ask what the
// server offers (CAPA, RFC 2449), change to TLS (STLS, RFC 2595), and logs in: by USER
// and PASS, by APOP, which hashes the password together with a message id from the
// greeting, or by AUTH and a SASL mechanism (RFC 5034). The mailbox is then locked and in
// TRANSACTION: STAT counts the messages, LIST returns their sizes and UIDL their unique
// ids, RETR fetches a message, TOP its header and first lines, DELE marks it as deleted.
// Only QUIT goes on to UPDATE, in which marked messages are removed; a connection that
// ends in another way changes nothing.
//
// Session has one method for each of these verbs. It reads strictly: an answer that does
// not follow the standard is a ProtocolError that quotes it, and a "-ERR" is a Refusal
// that does. Both leave the session usable for a QUIT.
//
// Kind is the check built on it. Its steps are listed in check.go. It leaves a mailbox as
// it was: it never sends DELE, and after RETR it closes the connection without QUIT, as
// servers such as Dovecot mark what was fetched as read in the UPDATE state.
package pop3check
