package domain

import (
	"mailprobe/probe"
	"mailprobe/smtpcheck"
	"mailprobe/transport"
)

// The causes that a session with --dane gives, too.
var (
	CauseBogus          = transport.CauseBogus
	CauseResolverStrips = transport.CauseResolverStrips
	CauseDANEFailed     = transport.CauseDANEFailed
	CauseDANEUnsigned   = transport.CauseDANEUnsigned
	CauseDANEUnusable   = transport.CauseDANEUnusable
	CauseDANEMismatch   = transport.CauseDANEMismatch
)

// The causes that delegation, DNSSEC and exchangers give.
var (
	CauseSignaturesEnd = &probe.Cause{
		Name: "signatures-expire", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "A signature between the root and the domain expires in a few days; then resolvers that validate return no answer.",
		Hint:    "check that the signer of the named zone still runs",
		Source:  "RFC 6781 §4.4.2",
	}
	CauseLame = &probe.Cause{
		Name: "lame-delegation", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "A name server in the delegation does not serve the zone.",
		Hint:    "load the zone on this server, or remove the server from the NS records of the zone and of the one above",
		Source:  "RFC 1912 §2.8",
	}
	CauseDelegationDiffers = &probe.Cause{
		Name: "delegation-differs", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The zone and the zone above it name different name servers.",
		Hint:    "change the NS records at the registrar to those of the zone, or the other way round",
		Source:  "RFC 1034 §4.2.2",
	}
	CauseMXDead = &probe.Cause{
		Name: "mx-without-address", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "An exchanger has no address, so that no mail gets there.",
		Hint:    "give the host that the MX record names an A or AAAA record, or remove the MX record",
		Source:  "RFC 5321 §5.1",
	}
	CauseMXImplicit = &probe.Cause{
		Name: "mx-implicit", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The domain has no MX record, so that mail goes to its own address.",
		Hint:    "name the host that takes the mail in an MX record, or publish a null MX (0 .) if there is none; mailprobe smtp HOST checks a single server",
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
		Hint:    "publish what is missing, or leave it out of --require",
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
		Hint:    "correct or remove the term that the message names; a domain has one record, with at most ten look-ups and no unknown mechanism",
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
		Meaning: "The SPF record is near a limit, or uses mechanisms that receivers treat differently.",
		Hint:    "replace includes and hosts that seldom change with ip4 and ip6 terms, and remove ptr and terms without an answer",
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
		Hint:    "publish the signer's public key at SELECTOR._domainkey, or configure the signer to use a selector that is published",
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
	CauseDKIMUnaligned = &probe.Cause{
		Name: "dkim-not-aligned", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The message is signed by other domains alone, which counts for nothing in DMARC.",
		Hint:    "let the signer sign with d= of the domain in From:, or one of the same organization",
		Source:  "RFC 9989 §4.4.1",
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
		Hint:    "keep one of them and remove the others",
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
		Hint:    "correct it, or remove it",
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
	CauseReportsUndeliverable = &probe.Cause{
		Name: "reports-undeliverable", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The domain that DMARC reports are to be sent to takes no mail.",
		Hint:    "name an address in rua= whose domain has an exchanger",
		Source:  "RFC 9990 §3.5, RFC 5321 §5.1, RFC 7505",
	}
)

// The causes that reverse names, block lists, TLS and what is optional give.
var (
	CauseReverseMissing = &probe.Cause{
		Name: "reverse-unconfirmed", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "An address that sends has no name, or one that does not lead back to it.",
		Hint:    "ask the provider of the address to publish a PTR record with a name that resolves to this address",
		Source:  "RFC 1912 §2.1",
	}
	CauseReverseDiffers = &probe.Cause{
		Name: "reverse-differs", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The server calls itself by another name than its address has.",
		Hint:    "let the server greet by the name in the PTR record of its address, or change the record",
		Source:  "RFC 5321 §4.1.4, §4.3.1",
	}
	CauseListed = &probe.Cause{
		Name: "block-listed", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "A DNS block list has an address that sends for the domain.",
		Hint:    "look up the reason on the list's website, fix it, then request removal",
		Source:  "RFC 5782 §2.1",
	}
	CauseListRefuses = &probe.Cause{
		Name: "block-list-refuses", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The block list does not answer the resolver that asks, such as a public one.",
		Hint:    "ask by a resolver of your own with --resolver ADDR, or subscribe to the list",
		Source:  "Spamhaus: return codes 127.255.255.0/24",
	}
	CauseListBroken = &probe.Cause{
		Name: "block-list-broken", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The block list does not answer as such a list must, so that its answers mean nothing.",
		Hint:    "see whether the list still exists, and ask another",
		Source:  "RFC 5782 §5",
	}
	CauseSTSUnusable = &probe.Cause{
		Name: "mta-sts-unusable", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The domain announces an MTA-STS policy that senders cannot fetch or read.",
		Hint:    "serve the policy by HTTPS at mta-sts.DOMAIN without redirects and with a certificate of this name, or remove the TXT record",
		Source:  "RFC 8461 §3",
	}
	CauseSTSUnreachable = &probe.Cause{
		Name: "mta-sts-unreachable", Blame: probe.BlameUnclear, Status: probe.Unknown, Transient: true,
		Meaning: "The server of the MTA-STS policy did not answer, or HTTPS is blocked here.",
		Hint:    "see whether other servers can be reached by HTTPS from this host",
		Source:  "RFC 8461 §3.3",
	}
	CauseSTSMismatch = &probe.Cause{
		Name: "mta-sts-mismatch", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "An exchanger is not in the MTA-STS policy, so that senders do not deliver to it.",
		Hint:    "add the exchanger to the policy and change the id of the TXT record, or remove it from the MX records",
		Source:  "RFC 8461 §4.1",
	}
	CauseSTSWeak = &probe.Cause{
		Name: "mta-sts-weak", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The MTA-STS policy protects little, or will not for long.",
		Hint:    "once the reports are good, publish mode enforce with a max_age of weeks and the exchangers that there are",
		Source:  "RFC 8461 §3.2, §5",
	}
	CauseTLSRPTInvalid = &probe.Cause{
		Name: "tlsrpt-invalid", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The record for reports on TLS cannot be used.",
		Hint:    "publish one record, v=TLSRPTv1; rua=mailto:ADDRESS",
		Source:  "RFC 8460 §3",
	}
	CauseExchangerDown = &probe.Cause{
		Name: "exchanger-down", Blame: probe.BlameServer, Status: probe.Warning, Transient: true,
		Meaning: "A session with an exchanger ended before mail could be handed over.",
		Hint:    "see with `mailprobe smtp` how the session ends, and the server's log",
		Source:  "RFC 5321 §5.1",
	}
	CausePortSilent = &probe.Cause{
		Name: "port-25-silent", Blame: probe.BlameUnclear, Status: probe.Unknown, Transient: true,
		Meaning: "No exchanger answers on port 25, which many networks block for outgoing connections.",
		Hint:    "check from a host that may connect to port 25, or use --no-sessions",
		Source:  "RFC 5068 §3",
	}
	CauseDANEPartly = &probe.Cause{
		Name: "tlsa-partly", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "Some exchangers have TLSA records and others have none.",
		Hint:    "publish TLSA records for every exchanger",
		Source:  "RFC 7672 §2.2",
	}
	CauseCAADenies = &probe.Cause{
		Name: "caa-denies", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The CAA records let no authority issue a certificate for an exchanger.",
		Hint:    "name the authority that issues the exchanger's certificate in an issue property",
		Source:  "RFC 8659 §4.2",
	}
	CauseBIMI = &probe.Cause{
		Name: "bimi-without-effect", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The BIMI record is not valid, or the DMARC policy is too weak for it.",
		Hint:    "correct the record, and publish a DMARC policy of quarantine or reject",
		Source:  "draft-brand-indicators-for-message-identification §4.2, §7.1",
	}
	CauseService = &probe.Cause{
		Name: "srv-target", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "An SRV record for mail programs names an alias or a host without address.",
		Hint:    "name a host that has an address itself",
		Source:  "RFC 2782, RFC 6186",
	}
	CauseAutoconfig = &probe.Cause{
		Name: "autoconfig-broken", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The settings that mail programs look for cannot be fetched, or contradict DNS.",
		Hint:    "serve them by HTTPS with a good certificate, and name there the servers that the SRV records name",
		Source:  "Thunderbird: Autoconfiguration; MS-OXDISCO §3.1.5",
	}
)

// Causes are all that the check of a domain can give, those of every kind apart. An
// exchanger may refuse a session with all that an SMTP server says.
func Causes() []*probe.Cause {
	return probe.MergeCauses(smtpcheck.SessionCauses(), []*probe.Cause{
		CauseBogus, CauseSignaturesEnd, CauseResolverStrips, CauseLame, CauseDelegationDiffers, CauseMXDead, CauseMXImplicit,
		CauseNullMXSends, CauseRequiredAbsent, smtpcheck.CauseNullMX, smtpcheck.CauseBadMX, smtpcheck.CauseAliasMX,
		CauseSPFNone, CauseSPFPermanent, CauseSPFEveryone, CauseSPFNeutral, CauseSPFFragile, CauseSPFUnreached,
		CauseSPFSenders, CauseDKIMMissing, CauseDKIMInvalid, CauseDKIMWeak, CauseDKIMUnaligned, CauseDMARCNone, CauseDMARCSeveral,
		CauseDMARCInvalid, CauseDMARCWeak, CauseDMARCOdd, CauseDMARCUnreported, CauseReportsRefused, CauseReportsUndeliverable,
		CauseReverseMissing, CauseReverseDiffers, CauseListed, CauseListRefuses, CauseListBroken, CauseSTSUnusable, CauseSTSUnreachable,
		CauseSTSMismatch, CauseSTSWeak, CauseTLSRPTInvalid, CauseDANEFailed, CauseDANEUnsigned, CauseDANEUnusable,
		CauseDANEPartly, CauseDANEMismatch, CauseExchangerDown, CausePortSilent, CauseCAADenies, CauseBIMI, CauseService, CauseAutoconfig,
		CauseZoneUnreadable, CauseZoneOutside, CauseZoneIncomplete, CauseZoneDot, CauseZoneAlias, CauseZoneTargetAlias,
		CauseZoneTargetMissing, CauseZoneGlue, CauseZoneHidden, CauseZoneTextCut, CauseZoneTextJoined, CauseZoneTextLong,
		CauseZoneTextTwice, CauseZoneTTL, CauseZoneDuplicate, CauseZoneSerial, CauseZoneSignature, CauseZoneUnsigned,
	})
}
