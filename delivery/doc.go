// Package delivery follows one message all the way: it hands a marked message to
// the server of the sender, waits until it is in the mailbox of the recipient, and
// tells how long each part of the way took and what became of the message on it.
//
// The message carries a random token, in its Message-ID and in a field of its own
// together with the time and an HMAC under a key in the state directory. What a
// mailbox holds besides belongs to somebody: of other messages only those are
// looked at that came after the run began, or the last one for the same mailbox,
// only their header, and nothing of it is recorded. Only a message whose token and HMAC are right is fetched or deleted.
// There is one exception, without which a bounce could not be told of: into a
// delivery status notification (RFC 3464) that came meanwhile is looked, in a way
// that marks nothing, for the returned header of the message, which has its token
// and HMAC; without them it is left as it is.
//
// What one run has sent and not seen again is remembered in the state directory.
// The next run for the same mailbox looks for it first, reports it as late, and
// removes it; likewise the notification that it came back, or a second copy of a
// message that one of the last hundred runs has seen and deleted. Two runs side by
// side leave each other's messages alone: a run that may still go on has the only
// claim on its own.
//
// The sessions are those of smtpcheck, pop3check and imapcheck; this package
// speaks no protocol.
package delivery
