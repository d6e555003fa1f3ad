package transport

import "mailprobe/probe"

// The causes of mailboxes.
var (
	CauseMailboxLocked = &probe.Cause{
		Name: "mailbox-locked", Blame: probe.BlameNobody, Status: probe.Warning,
		Meaning: "The log-in was right, and another session has the mailbox locked.",
		Hint:    "wait until the other session ends; a lock that stays is left over from one that broke off: see who holds it on the server",
		Source:  "RFC 1939 §4, RFC 2449 §8.1.2: IN-USE; RFC 5530 §3: INUSE",
	}
	CauseMailboxMissing = &probe.Cause{
		Name: "mailbox-missing", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "There is no such mailbox on the server.",
		Hint:    "check the name of the mailbox, letter case and hierarchy separator included, and whether it was ever created for this user",
		Source:  "RFC 5530 §3: NONEXISTENT; RFC 3501 §7.1: TRYCREATE",
	}
	CauseMailboxDamaged = &probe.Cause{
		Name: "mailbox-damaged", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The mailbox, as the server has stored it, is damaged or inconsistent.",
		Hint:    "the server's administrator must repair the mailbox or rebuild its index: see its log",
		Source:  "RFC 5530 §3: CORRUPTION",
	}
	CauseMailboxDisabled = &probe.Cause{
		Name: "mailbox-disabled", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The mailbox was taken out of service on purpose.",
		Hint:    "ask the server's administrator why, and enable the mailbox",
		Source:  "RFC 3463 §3.3: X.2.1; Courier: sticky bit on the home directory",
	}
	CauseQuotaExceeded = &probe.Cause{
		Name: "quota-exceeded", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The account has used up its storage quota.",
		Hint:    "make room in the mailbox, or raise its quota",
		Source:  "RFC 5530 §3: OVERQUOTA",
	}
	CauseLoginDelay = &probe.Cause{
		Name: "login-delay", Blame: probe.BlameAccount, Status: probe.Warning, Transient: true,
		Meaning: "The server wants more time between two log-ins to this account.",
		Hint:    "check this account less often than its LOGIN-DELAY, or raise the limit for it",
		Source:  "RFC 2449 §8.1.1",
	}
	CauseNoSuchMessage = &probe.Cause{
		Name: "message-missing", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The mailbox has no message of the number that was asked for.",
		Hint:    "give a number that there is, or latest; another session may have removed it a moment ago",
		Source:  "RFC 1939 §5, RFC 3501 §6.4.8",
	}
	CauseUndated = &probe.Cause{
		Name: "message-undated", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "A message whose age is asked for, such as the newest, has no date that can be believed.",
		Hint:    "see the dates of the message with -v",
		Source:  "RFC 5322 §3.6.1, RFC 5321 §4.4, RFC 3501 §2.3.3",
	}
	CauseClockWrong = &probe.Cause{
		Name: "clock-wrong", Blame: probe.BlameServer, Status: probe.Unknown,
		Meaning: "The clock of the server, or of this machine, is wrong.",
		Hint:    "set the clocks of both machines right",
		Source:  "RFC 3501 §2.3.3; Courier: clock skew",
	}
	CauseCommandUnknown = &probe.Cause{
		Name: "command-unknown", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "The server does not know the command, or not at this point of the session.",
		Hint:    "see what the server says it can do, and the transcript with -v",
		Source:  "RFC 1939 §3, RFC 3501 §7.1.3",
	}
	CauseLineTooLong = &probe.Cause{
		Name: "line-too-long", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "A line, usually with a token, is longer than the server accepts.",
		Hint:    "get a token with fewer scopes and groups in it, or use IMAP, which takes longer lines",
		Source:  "RFC 2449 §4; Exchange and Office 365",
	}
)
