// Package delivery follows a message from the sender's server into the recipient's
// mailbox: it sends a marked message, waits until it is in the mailbox, and measures how
// long each part of the way took and what happened to the message on it.
//
// The message carries a random token, in its Message-ID and in a field of its own
// together with the time and an HMAC under a key in the state directory. Everything else
// in the mailbox is somebody's mail: only messages that came after the run began, or
// after the last run for the same mailbox, are examined, only their header is read, and
// nothing of it is recorded. Only a message whose token and HMAC are right is fetched or
// deleted. The one exception is a delivery status notification (RFC 3464) that came
// meanwhile: it is read, without marking it, for the returned header with token and HMAC,
// and left alone if it has none.
//
// A message that a run has sent and not found is remembered in the state directory. The
// next run for the same mailbox looks for it first, reports it as late, and removes it;
// likewise the notification that it was returned, or a second copy of a message that one
// of the last hundred runs has found and deleted. Runs side by side leave each other's
// messages alone: a message belongs to its run for as long as that may go on.
//
// The sessions are those of smtpcheck, pop3check and imapcheck.
package delivery
