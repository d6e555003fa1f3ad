package transport

import "mailprobe/probe"

// The causes of look-ups that are validated, and of what TLSA records say.
var (
	CauseBogus = &probe.Cause{
		Name: "dnssec-bogus", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "The zone is signed and its signatures do not hold, so that resolvers that validate return no answer.",
		Hint:    "sign the zone that the message names again, or correct its DS records in the zone above; if it names the root, the trust anchor and the resolver do not belong together",
		Source:  "RFC 4035 §4.3, §5",
	}
	CauseResolverStrips = &probe.Cause{
		Name: "resolver-strips-dnssec", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The resolver answers by itself, removes DNSSEC or has another root than the trusted keys, so that nothing can be validated.",
		Hint:    "ask a resolver that passes DNSSEC on with --resolver ADDR, or give the keys of a DNS of your own with --trust-anchor FILE",
		Source:  "RFC 4035 §3.2, RFC 3225",
	}
	CauseDANEFailed = &probe.Cause{
		Name: "tlsa-lookup-failed", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "The TLSA records of an exchanger in a signed zone cannot be looked up, so that senders that validate defer.",
		Hint:    "see whether the name servers answer questions for TLSA, and whether the zone is signed well",
		Source:  "RFC 7672 §2.1",
	}
	CauseDANEUnsigned = &probe.Cause{
		Name: "tlsa-unsigned", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "There are TLSA records in a zone that is not signed, where senders ignore them.",
		Hint:    "sign the zones of the domain and of its exchangers, or remove the records",
		Source:  "RFC 7672 §2.2",
	}
	CauseDANEUnusable = &probe.Cause{
		Name: "tlsa-unusable", Blame: probe.BlameDNS, Status: probe.Warning,
		Meaning: "The TLSA records of an exchanger are of a sort that SMTP does not use.",
		Hint:    "publish records of usage 3, selector 1 and matching type 1",
		Source:  "RFC 7672 §3.1",
	}
	CauseDANEMismatch = &probe.Cause{
		Name: "tlsa-mismatch", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "No TLSA record of an exchanger matches the certificate that it has, so that senders that validate defer.",
		Hint:    "publish the TLSA record of the certificate in use; the next time, publish the new record before the certificate is replaced",
		Source:  "RFC 7672 §2.1, §3.1",
	}
	CauseDANEMissing = &probe.Cause{
		Name: "tlsa-missing", Blame: probe.BlameDNS, Status: probe.Critical,
		Meaning: "The server has no TLSA record, and --tls=dane demands one.",
		Hint:    "publish the record of the server's certificate in a signed zone, or use --tls=require",
		Source:  "RFC 7672 §2.2; --tls=dane",
	}
)

// DANECauses returns the causes of look-ups that are validated and of TLSA records, which
// not every check can give.
func DANECauses() []*probe.Cause {
	return []*probe.Cause{CauseBogus, CauseResolverStrips, CauseDANEFailed, CauseDANEUnsigned, CauseDANEUnusable,
		CauseDANEMismatch, CauseDANEMissing}
}
