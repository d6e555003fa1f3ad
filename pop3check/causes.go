package pop3check

import (
	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/transport"
)

// The causes that only POP3 has.
var (
	CauseUTF8Needed = &probe.Cause{
		Name: "utf8-needed", Blame: probe.BlameMailprobe, Status: probe.Unknown,
		Meaning: "The server hands this message out in UTF-8 mode only.",
		Hint:    "the message has addresses or headers in UTF-8: fetch another one, or see this one with a client that sends UTF8",
		Source:  "RFC 6856 §5",
	}
	CauseDotsNotDoubled = &probe.Cause{
		Name: "dots-not-doubled", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "A line of a message is a lone dot which the server did not double, so that every client takes it for the end.",
		Hint:    "users get this message cut: the server must double the dot at the start of a line (RFC 1939 §3); see its version",
		Source:  "RFC 1939 §3",
	}
)

// Causes returns the causes of this check's steps.
func Causes() []*probe.Cause {
	return probe.MergeCauses(transport.Causes(), search.Causes(), []*probe.Cause{CauseUTF8Needed, CauseDotsNotDoubled})
}
