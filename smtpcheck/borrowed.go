package smtpcheck

import (
	"mailprobe/probe"
	"mailprobe/transport"
)

// Causes that a reply can have as well as the walk.
var (
	CauseRelayDenied = &probe.Cause{
		Name: "relay-denied", Blame: probe.BlameSender, Status: probe.Critical,
		Meaning: "The recipient is not the server's own, and the server relays for this side only after a log-in or from its own network.",
		Hint:    "log in with -u, or have this host's network permitted to relay; if the recipient is one of the server's own, the server lacks its domain",
		Source:  "RFC 3463 §3.8: X.7.1; RFC 5321 §3.6.2",
	}
	CauseMessageTooBig = &probe.Cause{
		Name: "message-too-big", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The message, or the size declared for it, is larger than the server takes.",
		Hint:    "send a smaller message; the fact size_limit is what the server takes",
		Source:  "RFC 1870 §6; RFC 3463 §3.4: X.3.4",
	}
	CauseSMTPUTF8Needed = &probe.Cause{
		Name: "smtputf8-needed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "An address has letters outside of ASCII, and one of the servers does not take such mail.",
		Hint:    "ask with --smtputf8 where it is offered, or use an address in ASCII",
		Source:  "RFC 6531 §3.5: X.6.7; RFC 5248",
	}
	CauseSpeaksLMTP = &probe.Cause{
		Name: "speaks-lmtp", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server speaks LMTP and not SMTP.",
		Hint:    "use lmtp:// in front of the host",
		Source:  "RFC 2033 §4.1",
	}
	CauseSpeaksSMTP = &probe.Cause{
		Name: "speaks-smtp", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server speaks SMTP and not LMTP.",
		Hint:    "use smtp:// in front of the host",
		Source:  "RFC 2033 §4.1",
	}
	CauseNullMX = &probe.Cause{
		Name: "null-mx", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "The domain states by a null MX that it takes no mail.",
		Hint:    "give the domain an MX record if it is to take mail",
		Source:  "RFC 7505",
	}
)

// Causes are all that a check of SMTP can give, those of every kind apart.
func Causes() []*probe.Cause {
	return probe.MergeCauses(walkCauses(), transport.Causes(), []*probe.Cause{
		CauseMessageTooBig, CauseSMTPUTF8Needed, CauseSpeaksLMTP, CauseSpeaksSMTP, CauseNullMX,
	})
}
