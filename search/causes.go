package search

import "mailprobe/probe"

// The causes of a search.
var (
	CauseNoMatch = &probe.Cause{
		Name: "no-match", Blame: probe.BlameUnclear, Status: probe.Critical,
		Meaning: "The mailbox was read to its end, and holds no message such as was searched for.",
		Hint:    "see whether the message was sent, with the sender's log or `mailprobe deliver`, whether it is in another mailbox such as that for spam, named by a further --mailbox, and whether the criteria fit it",
		Source:  "--search and its criteria",
	}
	CauseBodyUnexpected = &probe.Cause{
		Name: "body-unexpected", Blame: probe.BlameUnclear, Status: probe.Critical,
		Meaning: "A message was found, and its text is not what --body-expect asks for, or is what --body-reject excludes.",
		Hint:    "read the message, as whoever sends it reports something else than success; or correct the pattern",
		Source:  "--body-expect and --body-reject",
	}
	CauseBodyUnread = &probe.Cause{
		Name: "body-unread", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "A message was found, and its text could not be read to its end: it is too long, encrypted, damaged, or has no text at all.",
		Hint:    "read the message with a mail program; the first 1 MiB of a message is searched, of its text parts",
		Source:  "--body-expect and --body-reject",
	}
	CauseIncomplete = &probe.Cause{
		Name: "search-incomplete", Blame: probe.BlameUnclear, Status: probe.Unknown, Transient: true,
		Meaning: "The time was over before every message had been looked at, so that what was searched for may be among the others.",
		Hint:    "give it longer with --timeout, look at fewer messages with --since (IMAP), or see why the server is slow",
		Source:  "mailprobe",
	}
)

// Causes returns the causes of a search.
func Causes() []*probe.Cause {
	return []*probe.Cause{CauseNoMatch, CauseBodyUnexpected, CauseBodyUnread, CauseIncomplete}
}
