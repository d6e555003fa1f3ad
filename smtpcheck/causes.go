package smtpcheck

import (
	"slices"
	"strings"

	"mailprobe/probe"
	"mailprobe/transport"
)

// The causes that pass by waiting, and those of the server.
var (
	CauseGreylisted = &probe.Cause{
		Name: "greylisted", Blame: probe.BlameNobody, Status: probe.Warning,
		Meaning: "The server puts off senders that it has not seen before, and accepts them when they come back.",
		Hint:    "wait some minutes and ask again with the same sender, recipient and address",
		Source:  "RFC 6647",
	}
	CauseVerificationPending = &probe.Cause{
		Name: "verification-pending", Blame: probe.BlameNobody, Status: probe.Warning,
		Meaning: "The server is still verifying whether the address exists.",
		Hint:    "ask again in some minutes; if it stays so, the server cannot reach the host that it asks",
		Source:  "Postfix: ADDRESS_VERIFICATION_README",
	}
	CauseSessionTimeout = &probe.Cause{
		Name: "session-timeout", Blame: probe.BlameNetwork, Status: probe.Warning,
		Meaning: "The server ended the session because nothing reached it in the time it permits.",
		Hint:    "see whether packets are lost on the way, in particular large ones, and how long the server waits",
		Source:  "RFC 5321 §4.5.3.2.7; RFC 3463 §3.5: X.4.2",
	}
	CausePolicyServiceDown = &probe.Cause{
		Name: "policy-service-down", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "A service that the server asks for its decisions does not answer, or its configuration is broken.",
		Hint:    "see whether the policy service runs and its socket is the one configured: the server's log names it",
		Source:  "Postfix: 451 4.3.5 Server configuration problem",
	}
	CauseMilterDown = &probe.Cause{
		Name: "milter-down", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "A mail filter (milter) that the server must ask does not answer.",
		Hint:    "see whether the milter runs and its socket is the one configured: the server's log names it",
		Source:  "Postfix: milter_default_action = tempfail",
	}
	CauseFilterDown = &probe.Cause{
		Name: "filter-down", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The scanner that messages must pass, for viruses or spam, does not work.",
		Hint:    "see whether the scanner behind the server runs and has its database",
		Source:  "ClamSMTP, amavis, Exim: local_scan and content scanning",
	}
	CauseResolverBlocked = &probe.Cause{
		Name: "resolver-blocked-by-list", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The blocklist refuses the server's own DNS resolver, and the server takes that answer for a listing: it refuses everybody.",
		Hint:    "on the server, ask the list through a resolver of its own instead of a public one, or with a key, and match only the list's real answers",
		Source:  "Spamhaus: return codes 127.255.255.252 to 127.255.255.255",
	}
	CauseMailLoop = &probe.Cause{
		Name: "mail-loop", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The message is in a mail loop.",
		Hint:    "see which hosts the Received fields name again and again, and correct the forwarding or the MX records between them",
		Source:  "RFC 5321 §6.3; RFC 3463 §3.5: X.4.6",
	}
	CauseNoMailHere = &probe.Cause{
		Name: "no-mail-here", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The host states that it takes no mail at all.",
		Hint:    "check the host: mail for the domain must go to another one",
		Source:  "RFC 7504 §3: 521",
	}
	CauseRecipientDomainUnknown = &probe.Cause{
		Name: "recipient-domain-unknown", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The recipient's domain is not one of the server's own, or the server cannot find where its mail goes.",
		Hint:    "check the domain of the address, and whether the server still has it in its list of domains",
		Source:  "RFC 3463 §3.2: X.1.2",
	}
)

// The causes of the recipient.
var (
	CauseRecipientUnknown = &probe.Cause{
		Name: "recipient-unknown", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The server has no such mailbox.",
		Hint:    "check the address, and the server's list of recipients",
		Source:  "RFC 3463 §3.2: X.1.1; RFC 5321 §3.3",
	}
	CauseRecipientMoved = &probe.Cause{
		Name: "recipient-moved", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The mailbox has moved to another address.",
		Hint:    "use the new address, if the server names one",
		Source:  "RFC 5321 §3.4: 551; RFC 3463 §3.2: X.1.6",
	}
	CauseMailboxFull = &probe.Cause{
		Name: "mailbox-full", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The recipient's mailbox is full.",
		Hint:    "the mailbox is full: make room or raise its quota",
		Source:  "RFC 3463 §3.3: X.2.2",
	}
	CauseNullMX = &probe.Cause{
		Name: "null-mx", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "The domain states by a null MX that it takes no mail.",
		Hint:    "give the domain an MX record if it is to take mail",
		Source:  "RFC 7505",
	}
)

// The causes on this side: the options of mailprobe, and the host that runs it.
var (
	CauseRelayDenied = &probe.Cause{
		Name: "relay-denied", Blame: probe.BlameSender, Status: probe.Critical,
		Meaning: "The recipient is not the server's own, and the server relays for this side only after a log-in or from its own network.",
		Hint:    "log in with -u, or have this host's network permitted to relay; if the recipient is one of the server's own, the server lacks its domain",
		Source:  "RFC 3463 §3.8: X.7.1; RFC 5321 §3.6.2",
	}
	CauseHeloNotQualified = &probe.Cause{
		Name: "helo-not-qualified", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The name in EHLO is not a full host name.",
		Hint:    "give a full host name that resolves with --helo",
		Source:  "RFC 5321 §2.3.5, §4.1.1.1",
	}
	CauseHeloUnknown = &probe.Cause{
		Name: "helo-unknown", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The name in EHLO does not resolve.",
		Hint:    "give a host name that resolves with --helo, or publish an address for it",
		Source:  "RFC 5321 §4.1.4; Postfix: reject_unknown_helo_hostname",
	}
	CauseHeloRefused = &probe.Cause{
		Name: "helo-refused", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server does not believe the name in EHLO.",
		Hint:    "give this host's own name with --helo: one that resolves to its address, and none of the server's",
		Source:  "RFC 5321 §4.1.4",
	}
	CauseNoReverseDNS = &probe.Cause{
		Name: "no-reverse-dns", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "This host's address has no name in DNS, or one that does not resolve to it.",
		Hint:    "have a PTR record set for this host's address, with a name that resolves to it, or test from a host that has one",
		Source:  "RFC 7372 §3.4: X.7.25; RFC 8601 §3",
	}
	CauseSenderDomainUnknown = &probe.Cause{
		Name: "sender-domain-unknown", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The sender's domain does not exist, or takes no mail.",
		Hint:    "give a sender in a domain that takes mail with -f",
		Source:  "RFC 3463 §3.2: X.1.8; RFC 7505 §4.2: X.7.27",
	}
	CauseSenderUnverified = &probe.Cause{
		Name: "sender-unverified", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server tried to verify the sender's address, and found that it does not exist or could not find out.",
		Hint:    "give a sender that takes mail with -f",
		Source:  "Postfix: reject_unverified_sender; Exim: sender callouts",
	}
	CauseSenderNotAllowed = &probe.Cause{
		Name: "sender-not-allowed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "This sender may not be used here, or not towards this recipient.",
		Hint:    "give another sender with -f: one that belongs to the account that logs in",
		Source:  "RFC 6409 §6.1; RFC 3463 §3.8: X.7.1",
	}
	CauseAddressMalformed = &probe.Cause{
		Name: "address-malformed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server does not take the address in this spelling.",
		Hint:    "check the spelling of the address: local part, @ and a full domain",
		Source:  "RFC 5321 §4.1.2; RFC 3463 §3.2: X.1.3, X.1.7",
	}
	CauseSPFFailed = &probe.Cause{
		Name: "spf-failed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The sender's domain does not permit this host to send its mail.",
		Hint:    "give a sender with -f whose domain's SPF record permits this host, or add this host to the record",
		Source:  "RFC 7208 §8.4; RFC 7372 §3.2: X.7.23",
	}
	CauseDKIMFailed = &probe.Cause{
		Name: "dkim-failed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server requires a valid DKIM signature, and the message has none.",
		Hint:    "send a message that is signed with --message, or through the server that signs for the domain",
		Source:  "RFC 6376; RFC 7372 §3.1: X.7.20",
	}
	CauseDMARCFailed = &probe.Cause{
		Name: "dmarc-failed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The domain in From asks to reject mail that passes neither SPF nor DKIM, and this message passes neither.",
		Hint:    "use a sender whose domain vouches for this host, or send through that domain's own server",
		Source:  "RFC 7489 §10.3; RFC 7372 §3.3: X.7.26",
	}
	CauseContentRefused = &probe.Cause{
		Name: "content-refused", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server considers the message spam or harmful.",
		Hint:    "see the server's words: send another text with --message or --body, or exempt this host from its filter",
		Source:  "RFC 3463 §3.7, §3.8",
	}
	CauseMessageTooBig = &probe.Cause{
		Name: "message-too-big", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The message, or the size declared for it, is larger than the server takes.",
		Hint:    "send a smaller message; the fact size_limit is what the server takes",
		Source:  "RFC 1870 §6; RFC 3463 §3.4: X.3.4",
	}
	CauseMessageMalformed = &probe.Cause{
		Name: "message-malformed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server rejects the format of the message: a header field, a line or a part of it.",
		Hint:    "see which field or line the server names, and correct the message",
		Source:  "RFC 5322 §3.6, §2.1.1; RFC 3463 §3.7: X.6.0",
	}
	CauseTooManyRecipients = &probe.Cause{
		Name: "too-many-recipients", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server does not take so many recipients, or these together, in one message.",
		Hint:    "name fewer recipients at once",
		Source:  "RFC 5321 §4.5.3.1.10; RFC 3463 §3.6: X.5.3",
	}
	CauseTooManyErrors = &probe.Cause{
		Name: "too-many-errors", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server ends the session after too many refused commands.",
		Hint:    "ask for less in one session, and avoid what the server refuses",
		Source:  "Postfix: smtpd_hard_error_limit; RFC 5321 §7.8",
	}
	CauseTalkedTooSoon = &probe.Cause{
		Name: "talked-too-soon", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server received a command before it had replied to the previous one.",
		Hint:    "leave out --pipeline and --proxy-protocol; else something on the way sends on its own",
		Source:  "RFC 5321 §4.3.1; RFC 2920 §3.1",
	}
	CauseSMTPUTF8Needed = &probe.Cause{
		Name: "smtputf8-needed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "An address contains non-ASCII letters, and one of the servers does not accept such mail.",
		Hint:    "ask with --smtputf8 where it is offered, or use an address in ASCII",
		Source:  "RFC 6531 §3.5: X.6.7; RFC 5248",
	}
	CauseIPv6NotAccepted = &probe.Cause{
		Name: "ipv6-not-accepted", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server does not take mail from this IPv6 address.",
		Hint:    "use -4, or give this IPv6 address a reverse name and SPF or DKIM",
		Source:  "Gmail, Office 365: requirements for IPv6",
	}
	CauseNotSupported = &probe.Cause{
		Name: "command-not-supported", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server does not know this command or parameter, or does not permit it.",
		Hint:    "do without the option that asks for it",
		Source:  "RFC 5321 §4.2.4, §4.1.1.11",
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
)

// CauseByPolicy is a rule of the server's that its words do not name.
var CauseByPolicy = &probe.Cause{
	Name: "refused-by-policy", Blame: probe.BlameUnclear, Status: probe.Unknown,
	Meaning: "A rule of the server refuses it: this host, the sender, the recipient, or all of them together.",
	Hint:    "see the server's log and its access rules; another sender (-f) or another host shows whom the rule is for",
	Source:  "RFC 3463 §3.8: X.7.1",
}

// Causes are all that a check of SMTP can give, those of every kind apart.
func Causes() []*probe.Cause {
	return probe.MergeCauses(transport.Causes(), transport.DANECauses(), []*probe.Cause{
		CauseGreylisted, CauseVerificationPending, CauseSessionTimeout, CausePolicyServiceDown, CauseMilterDown,
		CauseFilterDown, CauseResolverBlocked, CauseMailLoop, CauseNoMailHere, CauseRecipientDomainUnknown, CauseRecipientUnknown,
		CauseRecipientMoved, CauseMailboxFull, CauseNullMX, CauseRelayDenied,
		CauseHeloNotQualified, CauseHeloUnknown, CauseHeloRefused, CauseNoReverseDNS, CauseSenderDomainUnknown,
		CauseSenderUnverified, CauseSenderNotAllowed, CauseAddressMalformed, CauseSPFFailed, CauseDKIMFailed,
		CauseDMARCFailed, CauseContentRefused, CauseMessageTooBig, CauseMessageMalformed, CauseTooManyRecipients,
		CauseTooManyErrors, CauseTalkedTooSoon, CauseSMTPUTF8Needed, CauseIPv6NotAccepted, CauseNotSupported,
		CauseSpeaksLMTP, CauseSpeaksSMTP, CauseByPolicy,
		CauseEhloUnknown, CauseExtension, CauseXclient, CauseXforward, CauseRequireTLS, CauseVrfy, CauseQuit, CauseNotRecorded, CauseMessageChanged,
		CauseOpenRelay, CauseRelayUnanswered, CauseBadMX, CauseAliasMX,
	})
}

// SessionCauses returns those causes of Causes that a session gives up to EHLO over TLS:
// that of a check which Observed returns.
func SessionCauses() []*probe.Cause {
	all := append(transport.SessionCauses(), transport.CauseRefusedUnclear, CauseEhloUnknown, CauseSpeaksLMTP, CauseSpeaksSMTP, CauseQuit)
	for _, row := range table() {
		steps := strings.Fields(row.Steps)
		if len(steps) == 0 || slices.ContainsFunc(steps, func(s string) bool { return slices.Contains([]string{"greeting", "ehlo", "helo", "starttls"}, s) }) {
			all = append(all, row.Causes...)
		}
	}
	return probe.MergeCauses(all)
}
