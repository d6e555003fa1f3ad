package imapcheck

import (
	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/transport"
)

// The causes that only IMAP has.
var (
	CauseIDNeeded = &probe.Cause{
		Name: "id-needed", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The server opens no mailbox for a client that did not identify itself by ID.",
		Hint:    "the client must send ID after the log-in (RFC 2971); if it did, allow the client in the settings of the account",
		Source:  "NetEase: 163.com, 126.com, 188.com",
	}
	CauseMailboxElsewhere = &probe.Cause{
		Name: "mailbox-elsewhere", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The mailbox, or the whole account, is on another server, which the reply names.",
		Hint:    "check the server that the reply names",
		Source:  "RFC 2193, RFC 2221: REFERRAL",
	}
	CauseClientBug = &probe.Cause{
		Name: "client-bug", Blame: probe.BlameMailprobe, Status: probe.Unknown,
		Meaning: "The server says that mailprobe sent a request that a client must not send.",
		Hint:    "report it with the transcript, -o transcript",
		Source:  "RFC 5530 §3: CLIENTBUG",
	}
	CauseNotPossible = &probe.Cause{
		Name: "not-possible", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "What was asked for can never succeed on this server, such as a mailbox with a name that it cannot have.",
		Hint:    "the name or the command is not for this server: see its words",
		Source:  "RFC 5530 §3: CANNOT",
	}
	CausePreauth = &probe.Cause{
		Name: "preauth", Blame: probe.BlameUnclear, Status: probe.Critical,
		Meaning: "The server logged the session in without being asked.",
		Hint:    "see why the server trusts this host",
		Source:  "RFC 9051 §6.2.1, §7.1.4",
	}
	CauseNotice = &probe.Cause{
		Name: "server-notice", Blame: probe.BlameUnclear, Status: probe.Warning,
		Meaning: "The server has a message for the user which programs must show.",
		Hint:    "the server wants people to read this (RFC 3501 §7.1): see what it is about",
		Source:  "RFC 3501 §7.1: ALERT, untagged NO and BAD",
	}
)

// Causes returns the causes of this check's steps.
func Causes() []*probe.Cause {
	return probe.MergeCauses(transport.Causes(), search.Causes(), []*probe.Cause{
		CauseIDNeeded, CauseMailboxElsewhere, CauseClientBug, CauseNotPossible, CausePreauth, CauseNotice,
	})
}
