package transport

import "mailprobe/probe"

// The causes of the server.
var (
	CauseServerFault = &probe.Cause{
		Name: "server-fault", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The server has an internal fault.",
		Hint:    "not a matter of what was asked: the server's administrator must see its log",
		Source:  "RFC 3463 §3.4: X.3.0, X.3.5; RFC 3206 §4",
	}
	CauseOverloaded = &probe.Cause{
		Name: "overloaded", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The server is overloaded.",
		Hint:    "see the load of the server; it may pass",
		Source:  "RFC 3463 §3.5: X.4.5",
	}
	CauseMaintenance = &probe.Cause{
		Name: "maintenance", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The server says that it is under maintenance.",
		Hint:    "wait for the end of the maintenance, or ask its administrator",
		Source:  "RFC 3463 §3.4: X.3.2; RFC 5321 §3.8",
	}
	CauseServiceUnavailable = &probe.Cause{
		Name: "service-unavailable", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The server says that it is not available, but not why.",
		Hint:    "see the server's log for the reason",
		Source:  "RFC 5321 §4.2.3: 421",
	}
	CauseDiskFull = &probe.Cause{
		Name: "disk-full", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server's disk or queue is full.",
		Hint:    "make room on the server",
		Source:  "RFC 3463 §3.4: X.3.1; RFC 5321 §4.2.3: 452",
	}
	CauseStoreDown = &probe.Cause{
		Name: "store-down", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The server cannot reach its mail store.",
		Hint:    "see whether the mail store behind this server runs",
		Source:  "RFC 3463 §3.3: X.2.0",
	}
	CauseLookupFailed = &probe.Cause{
		Name: "lookup-failed", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "A look-up of the server's own failed: a table, a database, a directory or its DNS.",
		Hint:    "see whether the database, directory or resolver that the server asks is up: its log names the table",
		Source:  "Postfix: 451 4.3.0 Temporary lookup failure",
	}
	CauseTooManyConnections = &probe.Cause{
		Name: "too-many-connections", Blame: probe.BlameNobody, Status: probe.Warning,
		Meaning: "Too many connections at once, from this host or for this account.",
		Hint:    "check less often or with fewer at once, or raise the limit on the server",
		Source:  "RFC 3463 §3.8: X.7.0; RFC 5530 §3: LIMIT",
	}
	CauseRateLimited = &probe.Cause{
		Name: "rate-limited", Blame: probe.BlameNobody, Status: probe.Warning,
		Meaning: "Too much in a short time, from this host or for this account.",
		Hint:    "check less often, or raise the limit on the server",
		Source:  "RFC 3463 §3.8",
	}
	CauseBlocklisted = &probe.Cause{
		Name: "blocklisted", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "This host's address is on a blocklist or the server blocks it.",
		Hint:    "see why the list has this address and ask for its removal, or exempt this host on the server",
		Source:  "RFC 5782",
	}
	CauseRefusedUnclear = &probe.Cause{
		Name: "refused-unclear", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "The server refused, and its words do not say why.",
		Hint:    "see the server's words and its log",
		Source:  "RFC 5321 §4.2.1",
	}
)
