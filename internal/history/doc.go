// Package history keeps what checks found in a SQLite database: every result with
// its steps and facts, how each check stands, incidents, and notifications that
// are still to be sent.
//
// # One run, one transaction
//
// [Store.Commit] writes everything a run changed at once: results, states,
// incidents and new notifications. After a crash, kill -9 or power cut there is all
// of it or nothing, so that at most the run in hand is lost, an incident never
// exists without its notification, and no notification without its incident.
// Several processes may read and write. Each state has a version, and a batch that
// was decided on states which another process has changed since is refused with
// [ErrStale]; incidents and notifications have identifiers made of what they tell
// ([IncidentID], [NotificationID]), so that the same thing written twice is one.
//
// # What is sent once
//
// A notification goes through four states. It is pending until a process claims it
// for a while ([Store.Claim]). Shortly before the point of no return (the dot that
// ends a message, the request of a webhook, the start of a command) the process
// says so by [Store.HandOver]; when the receiver has confirmed it, [Store.Sent].
//
//	pending --Claim--> claimed --HandOver--> handed over --Sent--> sent
//	   ^                  |                       |
//	   +--- Failed or the end of the claim -------+  Doubt only from here
//
// Whoever holds the claim sends, nobody else: HandOver fails when the claim has
// passed to another process. A process that dies with a claim, but before
// HandOver, has sent nothing; the notification is pending again when the claim
// ends. Only one moment is ambiguous: the end of the process between HandOver and
// Sent. No program on one side of a network can know what the other side has then.
// Such a notification comes back with Doubt set, and is sent again with the
// same identifier: it is meant to be the Message-ID of a mail, the idempotency key
// of a webhook and a member of the JSON given to a command, so that the receiver
// can tell. So none is ever forgotten, and one may be repeated only when the
// process dies in the few milliseconds between the two, and then recognisably.
//
// # What is damaged
//
// A file that is no database any more, or turns out to be damaged while it is used,
// is set aside under another name, and a new one begun: checks go on. States,
// incidents and notifications are copied into it as far as they can be read, so that
// a failure that goes on is not told again, its end is, and what was sent is not sent
// twice; results stay behind. [Store.Notice] says what was taken over. Files are opened
// and closed under a lock that processes share, and replaced under one that they do
// not, so that none pairs files of the old database with files of the new one.
//
// # What is kept how long
//
//   - Every result for Options.Keep (90 days): the status, cause, time and numbers of
//     every step and fact, to the microsecond, in some 60 bytes. [Store.At] and
//     [Store.Failures] read them.
//   - Some results whole, with all texts and the transcript: one whose status is not
//     that of the one before; of a check that goes on failing those of the first
//     minutes, and later ones at distances of a 24th of the time it has failed, one in
//     ten minutes where the cause is another, and one an hour at least; of a check that
//     is OK one in six hours where a text has changed, such as a certificate or an
//     extension. The latest result of each series is always there whole.
//   - Of every day (UTC) the number of results by status and, for each step and each
//     fact that is a time, number, minimum, average, maximum and percentiles good to
//     2.5 percent: for ten times Options.Keep, as are results kept whole for a change
//     of status. Results are added to it once an hour; until then they are where
//     days are read.
//   - Incidents with the results that opened, changed and closed them: for ten times
//     Options.Keep. Open ones, and notifications not sent, for ever.
package history
