package domain

import (
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// The causes that delegation, DNSSEC and exchangers give.
var (
	CauseBogus = &probe.Cause{
		Name: "dnssec-bogus", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "The zone is signed and its signatures do not hold, so that whoever validates has no answer at all.",
		Hint:    "sign the zone anew, or let the DS records in the zone above match its keys",
		Source:  "RFC 4035 §4.3, §5",
	}
	CauseSignaturesEnd = &probe.Cause{
		Name: "signatures-expire", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "A signature of the chain of trust ends in a few days, after which the zone is bogus.",
		Hint:    "see whether the signer of the zone that is named still runs",
		Source:  "RFC 6781 §4.4.2",
	}
	CauseResolverStrips = &probe.Cause{
		Name: "resolver-strips-dnssec", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The resolver answers by itself or removes DNSSEC, so that nothing can be validated.",
		Hint:    "ask a resolver that passes DNSSEC on with --resolver ADDR",
		Source:  "RFC 4035 §3.2, RFC 3225",
	}
	CauseLame = &probe.Cause{
		Name: "lame-delegation", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "A name server that the zone is delegated to does not have it.",
		Hint:    "load the zone on this server, or take it out of the NS records of the zone and of the one above",
		Source:  "RFC 1912 §2.8",
	}
	CauseDelegationDiffers = &probe.Cause{
		Name: "delegation-differs", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The zone and the zone above it name different name servers.",
		Hint:    "let the registrar have the same NS records as the zone",
		Source:  "RFC 1034 §4.2.2",
	}
	CauseMXDead = &probe.Cause{
		Name: "mx-without-address", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "An exchanger has no address, so that no mail gets there.",
		Hint:    "give the host that the MX record names an A or AAAA record, or take the MX record out",
		Source:  "RFC 5321 §5.1",
	}
	CauseMXImplicit = &probe.Cause{
		Name: "mx-implicit", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The domain has no MX record, so that mail goes to its own address.",
		Hint:    "name the host that takes the mail in an MX record, or publish a null MX (0 .) if there is none",
		Source:  "RFC 5321 §5.1, RFC 7505",
	}
	CauseNullMXSends = &probe.Cause{
		Name: "null-mx-sends", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The domain takes no mail, but its SPF record authorises senders.",
		Hint:    "publish v=spf1 -all, or take mail for the domain",
		Source:  "RFC 7505 §4.2",
	}
	CauseRequiredAbsent = &probe.Cause{
		Name: "required-absent", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "The domain does not have what --require asks for.",
		Hint:    "set it up, or leave it out of --require",
		Source:  "mailprobe: --require",
	}
)

// The causes that SPF gives.
var (
	CauseSPFNone = &probe.Cause{
		Name: "spf-none", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The domain has no SPF record.",
		Hint:    "publish a TXT record that begins with \"v=spf1 \", v=spf1 -all if the domain sends no mail",
		Source:  "RFC 7208 §4.5",
	}
	CauseSPFPermanent = &probe.Cause{
		Name: "spf-permerror", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "Receivers cannot evaluate the SPF record, so that it authorises nobody.",
		Hint:    "correct what the message names; one record, at most ten terms that need a look-up, and no unknown mechanism",
		Source:  "RFC 7208 §2.6.7, §4.6",
	}
	CauseSPFEveryone = &probe.Cause{
		Name: "spf-everyone", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "The SPF record authorises every host to send for the domain.",
		Hint:    "end the record with -all or ~all, and authorise only the networks that send",
		Source:  "RFC 7208 §5.1, §11.4",
	}
	CauseSPFNeutral = &probe.Cause{
		Name: "spf-neutral", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The SPF record says nothing of hosts that it does not authorise.",
		Hint:    "end the record with -all or ~all",
		Source:  "RFC 7208 §4.7, §8.2",
	}
	CauseSPFFragile = &probe.Cause{
		Name: "spf-fragile", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The SPF record is near a limit or uses what receivers do not rely on.",
		Hint:    "replace includes and hosts that seldom change by ip4 and ip6, and remove ptr and terms without an answer",
		Source:  "RFC 7208 §3.4, §4.6.4, §5.5",
	}
	CauseSPFUnreached = &probe.Cause{
		Name: "spf-unreached", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "Terms of the SPF record stand behind all and are never looked at.",
		Hint:    "move all to the end of the record",
		Source:  "RFC 7208 §5.1",
	}
	CauseSPFSenders = &probe.Cause{
		Name: "spf-not-authorised", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The SPF record does not authorise a host that sends for the domain.",
		Hint:    "add the host to the record; if the exchangers do not send, name those that do with --sending ADDR",
		Source:  "RFC 7208 §8",
	}
)

// The causes that DKIM and DMARC give.
var (
	CauseDKIMMissing = &probe.Cause{
		Name: "dkim-key-missing", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "There is no public key for the selector, so that no signature by it can be verified.",
		Hint:    "publish the key that the signer uses, or let it use another selector",
		Source:  "RFC 6376 §3.6.1, §6.1.2",
	}
	CauseDKIMInvalid = &probe.Cause{
		Name: "dkim-key-invalid", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "The record of the selector cannot be used: no signature by it is valid.",
		Hint:    "publish one record with the key as the signer's tools print it",
		Source:  "RFC 6376 §3.6.1, RFC 8301 §3",
	}
	CauseDKIMWeak = &probe.Cause{
		Name: "dkim-key-weak", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The key is short, is said to be for tests, or its record is not as it should be.",
		Hint:    "make a new key of 2048 bits under another selector, without t=y and with v=DKIM1 first",
		Source:  "RFC 8301 §3.2, RFC 6376 §3.6.1",
	}
	CauseDMARCNone = &probe.Cause{
		Name: "dmarc-none", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "No DMARC record applies to the domain.",
		Hint:    "publish a TXT record at _dmarc, first with p=none and rua=, then with p=quarantine or p=reject",
		Source:  "RFC 9989 §4.10",
	}
	CauseDMARCSeveral = &probe.Cause{
		Name: "dmarc-several", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "There are several DMARC records at one name, all of which receivers discard.",
		Hint:    "leave one of them",
		Source:  "RFC 9989 §4.10.1",
	}
	CauseDMARCInvalid = &probe.Cause{
		Name: "dmarc-invalid", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "The DMARC record, or its policy, is ignored by receivers as it is not valid.",
		Hint:    "correct what the message names",
		Source:  "RFC 9989 §4.7, §4.8",
	}
	CauseDMARCWeak = &probe.Cause{
		Name: "dmarc-not-enforced", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The DMARC policy does not ask receivers to act on mail that fails.",
		Hint:    "once the reports show that the domain's own mail passes, publish p=quarantine or p=reject without t=y",
		Source:  "RFC 9989 §4.7",
	}
	CauseDMARCOdd = &probe.Cause{
		Name: "dmarc-ignored", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "A record or a tag of DMARC has no effect.",
		Hint:    "correct it, or take it out",
		Source:  "RFC 9989 §4.7, §4.10",
	}
	CauseDMARCUnreported = &probe.Cause{
		Name: "dmarc-unreported", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The DMARC record asks nobody for reports.",
		Hint:    "add rua=mailto:ADDRESS to the record",
		Source:  "RFC 9990 §3",
	}
	CauseReportsRefused = &probe.Cause{
		Name: "reports-refused", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "DMARC reports cannot be sent to a destination that the record names.",
		Hint:    "name a mailto: address of the domain itself, or let the destination's domain publish the record that the message names",
		Source:  "RFC 9990 §4",
	}
)

// Causes are all that the check of a domain can give, those of every kind apart.
func Causes() []*probe.Cause {
	return []*probe.Cause{
		CauseBogus, CauseSignaturesEnd, CauseResolverStrips, CauseLame, CauseDelegationDiffers, CauseMXDead, CauseMXImplicit,
		CauseNullMXSends, CauseRequiredAbsent, smtpcheck.CauseNullMX, smtpcheck.CauseBadMX, smtpcheck.CauseAliasMX,
		CauseSPFNone, CauseSPFPermanent, CauseSPFEveryone, CauseSPFNeutral, CauseSPFFragile, CauseSPFUnreached,
		CauseSPFSenders, CauseDKIMMissing, CauseDKIMInvalid, CauseDKIMWeak, CauseDMARCNone, CauseDMARCSeveral,
		CauseDMARCInvalid, CauseDMARCWeak, CauseDMARCOdd, CauseDMARCUnreported, CauseReportsRefused,
	}
}
