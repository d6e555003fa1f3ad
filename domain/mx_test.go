package domain_test

import (
	"testing"
	"time"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
)

func TestMX(t *testing.T) {
	const ok, warning, critical, unknown = probe.OK, probe.Warning, probe.Critical, probe.Unknown
	zone := func(name, records string) dnstest.Zone { return dnstest.Zone{Name: name, Records: records} }
	try(t, dnstest.World{
		Zones: []dnstest.Zone{
			zone("good.org", "@ MX 20 b\n@ MX 10 a\na A 192.0.2.1\nb AAAA 2001:db8::2"),
			zone("null.org", "@ MX 0 .\n@ TXT \"v=spf1 -all\""),
			zone("nullbare.org", "@ MX 0 ."),
			zone("nullsends.org", "@ MX 0 .\n@ TXT \"v=spf1 ip4:192.0.2.1 -all\""),
			zone("nullbeside.org", "@ MX 0 .\n@ MX 10 a\na A 192.0.2.1"),
			zone("implicit.org", "@ A 192.0.2.1"),
			zone("nothing.org", ""),
			zone("alias.org", "@ MX 10 a\na CNAME b\nb A 192.0.2.1"),
			zone("onedead.org", "@ MX 10 a\n@ MX 20 gone\na A 192.0.2.1"),
			zone("dead.org", "@ MX 10 gone\n@ MX 20 text\ntext TXT x"),
			zone("literal.org", "@ MX 10 a\n@ MX 20 192.0.2.7.\na A 192.0.2.1"),
			zone("literals.org", "@ MX 20 192.0.2.7."),
			zone("broken.org", "@ MX 10 a\na A 192.0.2.1"),
			zone("unsure.org", "@ MX 10 a\na A 192.0.2.1"),
			{Name: "bogus.org", Records: "@ MX 10 a\na A 192.0.2.1", Fault: dnstest.Expired},
		},
		Rules: []dnstest.Rule{{Name: "broken.org", Type: "MX", Rcode: "SERVFAIL"}, {Name: "a.unsure.org", Rcode: "SERVFAIL"}},
	}, "mx", []row{
		{"good.org", ok, "", "", "10 a.good.org, 20 b.good.org"},
		{"null.org", ok, "", "", "null MX"},
		{"nullbare.org", ok, "", "", ""},
		{"nullsends.org", warning, "null-mx-sends", "", ""},
		{"nullbeside.org", critical, "null-mx", "", ""},
		{"implicit.org", warning, "mx-implicit", "mx=none", ""},
		{"nothing.org", critical, "mx-without-address", "mx=none", ""},
		{"alias.org", warning, "mx-is-alias", "", "of b.alias.org"},
		{"onedead.org", warning, "mx-without-address", "", "gone.onedead.org has no address"},
		{"dead.org", critical, "mx-without-address", "", ""},
		{"literal.org", warning, "mx-not-a-host", "", "192.0.2.7"},
		{"literals.org", critical, "mx-without-address", "", ""},
		{"broken.org", unknown, "resolver-failed", "", "SERVFAIL"},
		{"unsure.org", unknown, "resolver-failed", "", "a.unsure.org"},
		{"bogus.org", unknown, "dnssec-bogus", "", "bogus"},
		{"gone.example", critical, "no-such-name", "", ""},
	})
}

// TestMXRequired: what is optional is Critical where it is required.
func TestMXRequired(t *testing.T) {
	world := dnstest.World{Zones: []dnstest.Zone{
		{Name: "six.org", Records: "@ MX 10 a\na AAAA 2001:db8::1"}, {Name: "four.org", Records: "@ MX 10 a\na A 192.0.2.1", Algorithm: dnstest.Unsigned}}}
	try(t, world, "mx", []row{{"six.org", probe.OK, "", "", ""}, {"four.org", probe.Critical, "required-absent", "", "IPv6"}}, "--require", "ipv6")
	try(t, world, "delegation", []row{{"six.org", probe.OK, "", "", ""}, {"four.org", probe.Critical, "required-absent", "", "not signed"}}, "--require", "dnssec,ipv6")
}

func TestDelegation(t *testing.T) {
	const ok, warning, critical, unknown = probe.OK, probe.Warning, probe.Critical, probe.Unknown
	rows := []row{
		{"good.org", ok, "", "dnssec=secure", "DNSSEC secure"},
		{"sub.good.org", ok, "", "dnssec=secure", "in the zone good.org"},
		{"plain.org", ok, "", "dnssec=insecure", "not signed"},
		{"soon.org", warning, "signatures-expire", "dnssec=secure", "expires on"},
		{"expired.org", critical, "dnssec-bogus", "dnssec=bogus", "expired"},
		{"wrongds.org", critical, "dnssec-bogus", "dnssec=bogus", ""},
		{"lame.org", unknown, "resolver-failed", "", ""},
		{"gone.org", critical, "no-such-name", "", ""},
	}
	world := dnstest.World{Zones: []dnstest.Zone{
		{Name: "good.org", Records: "sub A 192.0.2.1"}, {Name: "plain.org", Algorithm: dnstest.Unsigned}, {Name: "soon.org", Valid: 50 * time.Hour},
		{Name: "expired.org", Fault: dnstest.Expired}, {Name: "wrongds.org", Fault: dnstest.WrongDS}, {Name: "lame.org", Fault: dnstest.Lame},
	}}
	try(t, world, "delegation", rows)
	world.Strips = true
	try(t, world, "delegation", []row{{"good.org", unknown, "resolver-strips-dnssec", "dnssec=indeterminate", ""}})
}
