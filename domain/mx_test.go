package domain_test

import (
	"fmt"
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
			zone("nullredirect.org", "@ MX 0 .\n@ TXT \"v=spf1 redirect=null.org\""),
			zone("nullneutral.org", "@ MX 0 .\n@ TXT \"v=spf1 ?ip4:192.0.2.1 -all\""),
			zone("nullmacro.org", "@ MX 0 .\n@ TXT \"v=spf1 exists:%{i}.x.org -all\""),
			zone("nullten.org", "@ MX 10 ."),
			zone("nulltwice.org", "@ MX 0 .\n@ MX 10 ."),
			zone("localhost.org", "@ MX 10 localhost."),
			zone("onelocal.org", "@ MX 10 a\n@ MX 20 localhost.\na A 192.0.2.1"),
			zone("loopback.org", "@ MX 10 a\na A 127.0.0.1"),
			zone("private.org", "@ MX 10 a\na A 10.0.0.1\na AAAA fd00::1"),
			zone("nowhere.org", "@ MX 10 a\na A 0.0.0.0\na AAAA ff02::1"),
			zone("onenowhere.org", "@ MX 10 a\n@ MX 20 b\na A 0.0.0.0\nb A 192.0.2.1"),
			zone("equal.org", "@ MX 10 b\n@ MX 10 a\na A 192.0.2.1\nb A 192.0.2.2"),
			zone("twice.org", "@ MX 10 a\n@ MX 20 A\na A 192.0.2.1"),
			zone("underscore.org", "@ MX 10 a_b\na_b A 192.0.2.1"),
			zone("blank.org", "@ MX 10 a\\;b\na\\;b A 192.0.2.1"),
			zone("oneblank.org", "@ MX 10 a\\032b\n@ MX 20 a\na\\032b A 192.0.2.1\na A 192.0.2.1"),
			zone("tld.org", "@ MX 10 mx.nosuchtld."),
			zone("dot.org", "@ MX 10 mx.dot.org\n@ MX 20 mx\nmx A 192.0.2.1"),
			zone("dotless.org", "@ MX 10 mx.provider.net"),
			zone("brackets.org", "@ MX 10 [192.0.2.7]."),
			zone("six.org", "@ MX 10 a\na AAAA 2001:db8::1"),
			zone("cname.org", "www CNAME host\nhost MX 10 a.good.org.\nbare CNAME addr\naddr A 192.0.2.1\nloop CNAME loop2\nloop2 CNAME loop"),
			zone("aliasloop.org", "@ MX 10 a\na CNAME b\nb CNAME a"),
			zone("aliasdead.org", "@ MX 10 a\na CNAME gone"),
			zone("aliasout.org", "@ MX 10 a\na CNAME a.good.org."),
			zone("wild.org", "@ MX 10 a.any\n*.any A 192.0.2.1"),
			zone("deadunsure.org", "@ MX 10 gone\n@ MX 20 a.unsure.org."),
			zone("tobogus.org", "@ MX 10 a.bogus.org."),
			zone("half.org", "@ MX 10 a\na A 192.0.2.1"),
			zone("sub.org", "only TXT x\nbelow.empty TXT x"),
			{Name: "bogus.org", Records: "@ MX 10 a\na A 192.0.2.1", Fault: dnstest.Expired},
		},
		Rules: []dnstest.Rule{{Name: "broken.org", Type: "MX", Rcode: "SERVFAIL"}, {Name: "a.unsure.org", Rcode: "SERVFAIL"}, {Name: "a.half.org", Type: "AAAA", Rcode: "SERVFAIL"}},
	}, "mx", []row{
		{"good.org", ok, "", "", "10 a.good.org, 20 b.good.org"},
		{"null.org", ok, "", "", "null MX"},
		{"nullbare.org", ok, "", "", ""},
		{"nullsends.org", warning, "null-mx-sends", "", ""},
		{"nullbeside.org", critical, "null-mx", "", ""},
		{"implicit.org", warning, "mx-implicit", "mx=none", ""},
		{"nothing.org", critical, "mx-without-address", "mx=none", ""},
		{"alias.org", warning, "mx-is-alias", "", "of b.alias.org"},
		{"onedead.org", warning, "mx-without-address", "", "gone.onedead.org does not exist"},
		{"dead.org", critical, "mx-without-address", "", ""},
		{"literal.org", warning, "mx-not-a-host", "", "192.0.2.7"},
		{"literals.org", critical, "mx-without-address", "", ""},
		{"broken.org", unknown, "resolver-failed", "", "SERVFAIL"},
		{"unsure.org", unknown, "resolver-failed", "", "a.unsure.org"},
		{"bogus.org", unknown, "dnssec-bogus", "", "bogus"},
		{"nullredirect.org", ok, "", "", "null MX"}, // the record that it leads to authorises nobody
		{"nullneutral.org", ok, "", "", ""},
		{"nullmacro.org", warning, "null-mx-sends", "", ""},
		{"nullten.org", ok, "", "", "null MX"},
		{"nulltwice.org", ok, "", "", ""},
		{"localhost.org", critical, "mx-without-address", "", "every sender's own machine"},
		{"onelocal.org", warning, "mx-not-a-host", "", "every sender's own machine"},
		{"loopback.org", ok, "", "", "only the machine itself can reach"},
		{"private.org", ok, "", "", "10.0.0.1, which only its own network can reach"},
		{"nowhere.org", critical, "mx-without-address", "", "0.0.0.0, which no host can have"},
		{"onenowhere.org", warning, "mx-without-address", "", "0.0.0.0"},
		{"equal.org", ok, "", "", "10 a.equal.org, 10 b.equal.org"},
		{"twice.org", ok, "", "", "10 a.twice.org, 20 a.twice.org"},
		{"underscore.org", ok, "", "", "a_b"},
		{"blank.org", critical, "mx-without-address", "", "cannot be the name of a host"},
		{"oneblank.org", warning, "mx-not-a-host", "", "cannot be the name of a host"},
		{"tld.org", critical, "mx-without-address", "", "mx.nosuchtld does not exist"},
		{"dot.org", warning, "mx-without-address", "", "if mx.dot.org is meant, the dot behind it is missing"},
		{"dotless.org", critical, "mx-without-address", "", "if mx.provider.net is meant"},
		{"brackets.org", critical, "mx-without-address", "", "[192.0.2.7] holds an address"},
		{"six.org", ok, "", "", ""},
		{"www.cname.org", ok, "", "", "10 a.good.org"},
		{"bare.cname.org", warning, "mx-implicit", "", ""},
		{"loop.cname.org", unknown, "alias-loop", "", ""},
		{"aliasloop.org", unknown, "alias-loop", "", "a.aliasloop.org"},
		{"aliasdead.org", critical, "mx-without-address", "", ""},
		{"aliasout.org", warning, "mx-is-alias", "", "of a.good.org"},
		{"wild.org", ok, "", "", ""},
		{"deadunsure.org", warning, "mx-without-address", "", "a.unsure.org are not known"},
		{"tobogus.org", unknown, "dnssec-bogus", "", ""},
		{"half.org", ok, "", "", "whether a.half.org has more addresses is not known"},
		{"only.sub.org", critical, "mx-without-address", "", "no MX record and no address"},
		{"empty.sub.org", critical, "mx-without-address", "", "no MX record and no address"},
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

// TestMXOdd: an answer about other names denies nothing, and a long way by aliases is no circle.
func TestMXOdd(t *testing.T) {
	chain := "@ MX 10 c0\nc15 A 192.0.2.1\n"
	for i := range 15 {
		chain += fmt.Sprintf("c%d CNAME c%d\n", i, i+1)
	}
	try(t, dnstest.World{
		Zones: []dnstest.Zone{{Name: "chain.org", Records: chain}, {Name: "other.org", Records: "@ MX 10 mx\nmx A 192.0.2.1"}},
		Rules: []dnstest.Rule{{Name: "other.org", Type: "MX", Records: "example.net. MX 10 a.example.net."}},
	}, "mx", []row{
		{"chain.org", probe.Unknown, "alias-loop", "", "c0.chain.org is the first of more than 12 aliases"},
		{"other.org", probe.Unknown, "resolver-unable", "", "records of other names than other.org"},
	})
}

// TestUnprovenZone: that no zone begins at a name in a signed zone has to be proven.
func TestUnprovenZone(t *testing.T) {
	try(t, dnstest.World{
		Zones: []dnstest.Zone{{Name: "example.org", Records: "sub MX 10 mx\nmx A 192.0.2.1"}},
		Rules: []dnstest.Rule{{Name: "sub.example.org", Type: "NS", NoProof: true}},
	}, "delegation", []row{
		{"mx.example.org", probe.OK, "", "dnssec=secure", ""},
		{"sub.example.org", probe.Unknown, "resolver-strips-dnssec", "", "strips DNSSEC"},
	})
}
