package smtpcheck

import "mailprobe/probe"

// The causes that the walk through a session finds by itself, without a reply that
// refuses something.
var (
	CauseEhloUnknown = &probe.Cause{
		Name: "ehlo-unknown", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The server does not know EHLO, so it offers no extensions, neither TLS nor log-in.",
		Hint:    "an old server, or a firewall that rewrites SMTP and hides its extensions",
		Source:  "RFC 5321 §3.2",
	}
	CauseExtension = &probe.Cause{
		Name: "extension-not-offered", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server does not offer an extension that was asked for, or that the message needs; servers need not offer any.",
		Hint:    "enable it on the server, or do without",
		Source:  "RFC 5321 §2.2.1",
	}
	CauseXclient = &probe.Cause{
		Name: "xclient-not-permitted", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server does not offer XCLIENT to this host.",
		Hint:    "list this host in smtpd_authorized_xclient_hosts",
		Source:  "Postfix: XCLIENT_README",
	}
	CauseXforward = &probe.Cause{
		Name: "xforward-not-permitted", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server does not offer XFORWARD to this host.",
		Hint:    "list this host in smtpd_authorized_xforward_hosts",
		Source:  "Postfix: XFORWARD_README",
	}
	CauseRequireTLS = &probe.Cause{
		Name: "requiretls-unmet", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "REQUIRETLS may be asked for only over TLS with a server that is verified, and this one is not.",
		Hint:    "enable TLS on the server with a certificate for its name that is trusted, or leave out --requiretls",
		Source:  "RFC 8689 §4.2.1",
	}
	CauseVrfy = &probe.Cause{
		Name: "vrfy-not-answered", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server does not reveal by VRFY which addresses exist, as most do not.",
		Hint:    "ask by RCPT with -t",
		Source:  "RFC 5321 §3.5.3, §7.3",
	}
	CauseQuit = &probe.Cause{
		Name: "quit-unanswered", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The server closed the connection, was silent or refused instead of answering QUIT with 221.",
		Hint:    "the server should answer QUIT with 221 before it hangs up",
		Source:  "RFC 5321 §4.1.1.10",
	}
	CauseNotRecorded = &probe.Cause{
		Name: "not-recorded", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The message was not sent, as the record that must be written before could not be.",
		Hint:    "see whether the state directory can be written",
		Source:  "mailprobe",
	}
	CauseMessageChanged = &probe.Cause{
		Name: "message-changed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "A file that the message is made of changed while it was sent, or could not be read to its end: the server was not given the end, and delivers nothing.",
		Hint:    "send it again once nothing writes to the file any more, or send a copy",
		Source:  "RFC 1870 §6.3; RFC 5321 §4.1.1.4",
	}
	CauseOpenRelay = &probe.Cause{
		Name: "open-relay", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server relays mail from anyone to anyone.",
		Hint:    "restrict relaying to own networks and logged-in users before spammers find it (Postfix: smtpd_relay_restrictions)",
		Source:  "RFC 2505 §2.1, RFC 5321 §7.9",
	}
	CauseRelayUnanswered = &probe.Cause{
		Name: "relay-not-answered", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server refused for another reason than relaying, so it is not known whether it relays.",
		Hint:    "give a sender with -f and a recipient with -t in domains that are not the server's and take mail",
		Source:  "RFC 5321 §3.6.2",
	}
	CauseBadMX = &probe.Cause{
		Name: "mx-not-a-host", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "An MX record names an address, this machine itself, or what cannot be a host name, so that no mail gets there.",
		Hint:    "put the name of a host that has an address into the MX record",
		Source:  "RFC 1035 §3.3.9, RFC 5321 §5.1",
	}
	CauseAliasMX = &probe.Cause{
		Name: "mx-is-alias", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "An MX record names an alias (CNAME), which some senders do not follow.",
		Hint:    "put the alias's canonical name into the MX record",
		Source:  "RFC 2181 §10.3",
	}
)
