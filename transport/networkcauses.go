package transport

import "mailprobe/probe"

// The causes of the network and of what answers in the server's place.
var (
	CauseRefused = &probe.Cause{
		Name: "refused", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The host answered that nothing listens on the port, or a firewall rejected the connection.",
		Hint:    "see whether the server runs and listens on this port, and whether a firewall rejects it",
		Source:  "RFC 9293 §3.10.7.1",
	}
	CauseTimeout = &probe.Cause{
		Name: "timeout", Blame: probe.BlameNetwork, Status: probe.Critical, Transient: true,
		Meaning: "Nothing answered within the time limit.",
		Hint:    "see whether the host is up and a firewall on the way drops the packets; --timeout gives it longer",
		Source:  "RFC 5321 §4.5.3.2",
	}
	CauseConnectFailed = &probe.Cause{
		Name: "connect-failed", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "The operating system could not connect, for an unusual reason.",
		Hint:    "see the error of the operating system",
		Source:  "connect(2)",
	}
	CauseAddressDown = &probe.Cause{
		Name: "address-down", Blame: probe.BlameServer, Status: probe.Warning, Transient: true,
		Meaning: "One of the server's addresses does not answer while another does; clients try it as well.",
		Hint:    "make the server listen on all of its addresses, or take them out of DNS",
		Source:  "RFC 5321 §5.1",
	}
	CauseReset = &probe.Cause{
		Name: "connection-reset", Blame: probe.BlameNetwork, Status: probe.Critical, Transient: true,
		Meaning: "The connection was reset in the middle of the session.",
		Hint:    "the server's program crashed, or something on the way ends its sessions: see the server's log, and whether a firewall or a limit on connections is behind it",
		Source:  "RFC 9293 §3.10.7.4",
	}
	CauseClosed = &probe.Cause{
		Name: "connection-closed", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The server closed the connection without an answer.",
		Hint:    "see the server's log, and whether it limits connections from this host",
		Source:  "RFC 5321 §3.8",
	}
	CauseWrongProtocol = &probe.Cause{
		Name: "wrong-protocol", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server speaks another protocol.",
		Hint:    "check host and port",
		Source:  "RFC 5321 §4.2, RFC 1939 §3, RFC 3501 §7.1",
	}
	CauseProtocolError = &probe.Cause{
		Name: "protocol-error", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server's answer does not follow the protocol.",
		Hint:    "the server is faulty, or something on the way answers in its place: see the transcript with -v",
		Source:  "RFC 5321 §4.2, RFC 1939 §3, RFC 3501 §7",
	}
	CauseOutOfStep = &probe.Cause{
		Name: "out-of-step", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server sent a reply that nobody had asked for, so its replies can no longer be matched to commands.",
		Hint:    "the server, or something between, answers twice or out of turn: see the transcript with -v",
		Source:  "RFC 5321 §4.1.4, RFC 1939 §3",
	}
	CauseTooMuch = &probe.Cause{
		Name: "too-much-sent", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server sent more than any limit allows.",
		Hint:    "the server is faulty, or something on the way answers in its place: see the transcript with -v",
		Source:  "RFC 5321 §4.5.3.1",
	}
	CauseMiddlebox = &probe.Cause{
		Name: "middlebox", Blame: probe.BlameNetwork, Status: probe.Unknown,
		Meaning: "Something on the way rewrites the session, so that what the server offers cannot be seen.",
		Hint:    "switch the inspection of this protocol off in the firewall on the way (Cisco: no fixup protocol smtp, no inspect esmtp), or test from another network",
		Source:  "Cisco PIX and ASA: inspect esmtp",
	}
	CauseInjected = &probe.Cause{
		Name: "injection", Blame: probe.BlameNetwork, Status: probe.Critical,
		Meaning: "Plain text came where the TLS handshake had to begin; none of it was used.",
		Hint:    "someone on the way, or the server itself, sends plain text into the start of TLS: see the server's version (CVE-2011-0411)",
		Source:  "RFC 3207 §6, CVE-2011-0411",
	}
	CauseWantsProxy = &probe.Cause{
		Name: "wants-proxy-header", Blame: probe.BlameServer, Status: probe.Unknown,
		Meaning: "The server waits for a PROXY header that a load balancer sends, and there was none.",
		Hint:    "send one with --proxy-protocol, or test through the load balancer",
		Source:  "HAProxy: PROXY protocol §2",
	}
	CauseProxyUnexpected = &probe.Cause{
		Name: "proxy-header-not-expected", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server took the PROXY header for a command: it does not expect one.",
		Hint:    "leave out --proxy-protocol, or enable it on the server for this host",
		Source:  "HAProxy: PROXY protocol §2",
	}
)
