package domain_test

import (
	"testing"
	"time"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
)

// chains are zones whose chain of trust is good, broken or none.
func chains() dnstest.World {
	zone := func(name string, fault dnstest.Fault) dnstest.Zone {
		return dnstest.Zone{Name: name, Records: "@ MX 10 mx\n@ TXT \"v=spf1 -all\"\nmx A 192.0.2.1", Fault: fault}
	}
	unsigned := zone("plain.org", 0)
	unsigned.Algorithm = dnstest.Unsigned
	ending, fourDays := zone("ending.org", 0), zone("fourdays.org", 0)
	ending.Valid, fourDays.Valid = 2*24*time.Hour, 4*24*time.Hour
	unknown := zone("unknown.org", 0)
	unknown.Algorithm = dnstest.UnknownAlgorithm
	w := dnstest.World{Zones: []dnstest.Zone{
		zone("good.org", 0), unsigned, ending, fourDays, unknown, zone("nods.org", dnstest.NoDS),
		zone("expired.org", dnstest.Expired), zone("olddata.org", dnstest.ExpiredData), zone("early.org", dnstest.NotYetValid),
		zone("wrongds.org", dnstest.WrongDS), zone("wrongsig.org", dnstest.WrongSignature), zone("nosig.org", dnstest.NoSignatures),
		zone("revoked.org", dnstest.Revoked), zone("stripped.org", 0), zone("servfail.org", 0), zone("refused.org", 0),
	}}
	w.Rules = []dnstest.Rule{
		{Name: "stripped.org", Type: "NS", Strip: true},
		{Name: "servfail.org", Below: true, Rcode: "SERVFAIL", EDE: 22, Text: "no \x1b[31mserver"},
		{Name: "refused.org", Below: true, Rcode: "REFUSED"},
	}
	return w
}

// TestChains: what is said of chains of trust by a resolver that does not validate.
func TestChains(t *testing.T) {
	const ok, warning, critical, unknown = probe.OK, probe.Warning, probe.Critical, probe.Unknown
	try(t, chains(), "delegation", []row{
		{"good.org", ok, "", "dnssec=secure resolver_validates=", "DNSSEC secure, signatures good for 13 days"},
		{"GOOD.org", ok, "", "dnssec=secure", ""},
		{"plain.org", ok, "", "dnssec=insecure dnssec_days_left=", "not signed"},
		{"unknown.org", ok, "", "dnssec=insecure", ""},
		{"nods.org", ok, "", "dnssec=insecure", ""},
		{"ending.org", warning, "signatures-expire", "dnssec=secure", "expires on"},
		{"fourdays.org", ok, "", "dnssec=secure", ""},
		{"mx.good.org", ok, "", "dnssec=secure", "in the zone good.org"},
		{"nothing.org", critical, "no-such-name", "dnssec=", "does not exist"},
		{"nothing.good.org", critical, "no-such-name", "", "does not exist"},
		{"expired.org", critical, "dnssec-bogus", "dnssec=bogus resolver_validates=no", "does not validate, and answers all the same"},
		{"olddata.org", critical, "dnssec-bogus", "dnssec=bogus", "expired on"},
		{"early.org", critical, "dnssec-bogus", "dnssec=bogus", "not valid before"},
		{"wrongds.org", critical, "dnssec-bogus", "dnssec=bogus", "matches its DS"},
		{"wrongsig.org", critical, "dnssec-bogus", "dnssec=bogus", "does not match"},
		{"revoked.org", critical, "dnssec-bogus", "dnssec=bogus", "matches its DS"},
		{"nosig.org", unknown, "resolver-strips-dnssec", "dnssec=indeterminate", "strips DNSSEC"},
		{"stripped.org", unknown, "resolver-strips-dnssec", "dnssec=indeterminate", "strips DNSSEC"},
		{"servfail.org", unknown, "resolver-failed", "dnssec=indeterminate", `no reachable authority ("no \x1b[31mserver")`},
		{"refused.org", unknown, "resolver-refused", "dnssec=indeterminate", "REFUSED"},
	})
}

// TestChainsValidated: the same where the resolver validates.
func TestChainsValidated(t *testing.T) {
	world := chains()
	world.Validates = true
	try(t, world, "delegation", []row{
		{"good.org", probe.OK, "", "dnssec=secure resolver_validates=", ""},
		{"expired.org", probe.Critical, "dnssec-bogus", "dnssec=bogus resolver_validates=yes", "your resolver validates too, and refuses it"},
		{"nosig.org", probe.Critical, "dnssec-bogus", "dnssec=bogus resolver_validates=yes", "validates too"},
	})
}

// TestBogusSteps: what a bogus zone has counts for no step, and is not known either: who
// validates gets SERVFAIL.
func TestBogusSteps(t *testing.T) {
	for _, step := range []string{"mx", "spf", "dmarc"} {
		var rows []row
		for _, name := range []string{"expired.org", "olddata.org", "wrongds.org"} {
			rows = append(rows, row{name, probe.Unknown, "dnssec-bogus", "", "bogus"})
		}
		try(t, chains(), step, rows)
	}
}
