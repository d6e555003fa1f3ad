// Package history stores what checks found in a SQLite database: every result with
// its steps and facts, the state of every check, incidents, and notifications that
// are still to be sent.
//
// # One run, one transaction
//
// [Store.Commit] writes everything a run changed at once: results, states,
// incidents and new notifications. After a crash, kill -9 or power cut there is all
// of it or nothing, so that at most the run in progress is lost, an incident never
// exists without its notification, and no notification without its incident.
// Several processes may read and write. Each state has a version, and a batch based
// on states that another process has changed since is refused with [ErrStale];
// the identifiers of incidents and notifications are derived from their content
// ([IncidentID], [NotificationID]), so that writing one twice has no effect.
//
// # Sending once
//
// A notification goes through four states. It is pending until a process claims it
// for a limited time ([Store.Claim]). Shortly before the point of no return (the dot
// that ends a message, the request of a webhook, the start of a command) the process
// records that by [Store.HandOver]; when the receiver has confirmed it, by [Store.Sent].
//
//	pending --Claim--> claimed --HandOver--> handed over --Sent--> sent
//	   ^                  |                       |
//	   +--- Failed or the end of the claim -------+  Doubt only from here
//
// Only the holder of the claim sends: HandOver fails once the claim has passed to
// another process. A process that dies with a claim, but before HandOver, has sent
// nothing; the notification is pending again when the claim ends. Only one moment is
// ambiguous: the death of the process between HandOver and Sent. No program on one
// side of a network can know the state of the other side then. Such a notification
// comes back with Doubt set, and is sent again with the same identifier, which serves
// as the Message-ID of a mail, the idempotency key of a webhook and a member of the
// JSON given to a command, so that the receiver can recognise the repetition. So none
// is ever lost, and one is repeated only if the process dies in the few milliseconds
// between the two.
//
// # Damage
//
// A file that is no longer a database, or is found to be damaged while in use, is
// renamed, and a new one is started: checks continue. States, incidents and
// notifications are copied into it as far as they can be read, so that an ongoing
// failure is not reported again, its end is, and nothing is sent twice; results are
// not copied. [Store.Notice] reports what was recovered. Files are opened and closed
// under a lock that processes share, and replaced under an exclusive one, so that no
// process combines files of the old database with files of the new one.
//
// # Retention
//
//   - Every result for Options.Keep (90 days): the status, cause, time and numbers of
//     every step and fact, to the microsecond, in some 60 bytes. [Store.At] and
//     [Store.Failures] read them.
//   - Some results in full, with all texts and the transcript: one whose status differs
//     from the one before; of a check that keeps failing those of the first minutes,
//     later ones at intervals of a 24th of the time it has failed, one in ten minutes
//     where the cause differs, and at least one an hour; of a check that is OK one in six
//     hours when a text has changed, such as a certificate or an extension. The latest
//     result of each series is always there in full.
//   - For every day (UTC) the number of results by status and, for each step and each
//     fact that is a time, count, minimum, average, maximum and percentiles accurate to
//     2.5 percent: for ten times Options.Keep, as are results stored in full for a change
//     of status. Results are added to their day once an hour; until then reading a day
//     adds them.
//   - Incidents with the results that opened, changed and closed them: for ten times
//     Options.Keep. Open ones, and notifications not yet sent, forever.
package history
