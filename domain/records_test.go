package domain_test

import (
	"fmt"
	"strings"
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
)

const digest = "ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47"

func TestDANE(t *testing.T) {
	const ok, warning, critical, unknown, skipped = probe.OK, probe.Warning, probe.Critical, probe.Unknown, probe.Skipped
	host := "\na A 192.0.2.1\n"
	tlsa := "_25._tcp.a TLSA 3 1 1 " + digest + "\n"
	world := dnstest.World{
		Zones: []dnstest.Zone{
			{Name: "good.org", Records: "@ MX 10 a" + host + tlsa},
			{Name: "none.org", Records: "@ MX 10 a" + host},
			{Name: "plain.org", Records: "@ MX 10 a" + host + tlsa, Algorithm: dnstest.Unsigned},
			{Name: "plainmx.org", Records: "@ MX 10 a.good.org.", Algorithm: dnstest.Unsigned},
			{Name: "plainhost.org", Records: "@ MX 10 a.plain.org."},
			{Name: "partly.org", Records: "@ MX 10 a\n@ MX 20 a.none.org." + host + tlsa},
			{Name: "pkix.org", Records: "@ MX 10 a" + host + "_25._tcp.a TLSA 1 1 1 " + digest},
			{Name: "failing.org", Records: "@ MX 10 a" + host},
			{Name: "insecurefailing.org", Records: "@ MX 10 a" + host, Algorithm: dnstest.Unsigned},
			{Name: "bogus.org", Records: "a A 192.0.2.1", Fault: dnstest.Expired},
			{Name: "tobogus.org", Records: "@ MX 10 a.bogus.org."},
			{Name: "alias.org", Records: "@ MX 10 b\nb CNAME a" + host + tlsa},
			{Name: "aliasown.org", Records: "@ MX 10 b\nb CNAME a" + host + "_25._tcp.b TLSA 3 1 1 " + digest},
			{Name: "null.org", Records: "@ MX 0 ."},
			{Name: "unproven.org", Records: "@ MX 10 a" + host, Fault: dnstest.NoDenial},
		},
		Rules: []dnstest.Rule{{Name: "_25._tcp.a.failing.org", Rcode: "SERVFAIL"}, {Name: "_25._tcp.a.insecurefailing.org", Rcode: "SERVFAIL"}},
	}
	try(t, world, "dane", []row{
		{"good.org", ok, "", "tlsa=1", "1 usable TLSA record"},
		{"none.org", skipped, "", "", ""},
		{"plain.org", warning, "tlsa-unsigned", "tlsa=1", "no effect"},
		{"plainmx.org", warning, "tlsa-unsigned", "", ""},
		{"plainhost.org", warning, "tlsa-unsigned", "", ""},
		{"partly.org", warning, "tlsa-partly", "", "a.none.org"},
		{"pkix.org", warning, "tlsa-unusable", "", "usage 1"},
		{"failing.org", critical, "tlsa-lookup-failed", "", "defer"},
		{"insecurefailing.org", skipped, "", "", ""},
		{"tobogus.org", critical, "tlsa-lookup-failed", "", ""},
		{"alias.org", ok, "", "tlsa=1", ""},
		{"aliasown.org", ok, "", "tlsa=1", ""},
		{"null.org", skipped, "", "", "takes no mail"},
		{"unproven.org", unknown, "resolver-strips-dnssec", "", "_25._tcp.a.unproven.org is not known for sure"},
	})
	try(t, world, "dane", []row{
		{"good.org", ok, "", "", ""}, {"none.org", critical, "required-absent", "", ""}, {"partly.org", critical, "required-absent", "", ""},
	}, "--require", "dane")
	world.Strips = true
	try(t, world, "dane", []row{{"good.org", unknown, "resolver-strips-dnssec", "", ""}})
}

func TestPTR(t *testing.T) {
	const ok, warning, unknown, skipped = probe.OK, probe.Warning, probe.Unknown, probe.Skipped
	zone := func(name, addr string) dnstest.Zone {
		return dnstest.Zone{Name: name, Records: "@ MX 10 a\na A " + addr}
	}
	try(t, dnstest.World{
		Zones: []dnstest.Zone{
			zone("good.org", "192.0.2.1"), zone("missing.org", "192.0.2.2"), zone("other.org", "192.0.2.3"), zone("several.org", "192.0.2.4"),
			zone("broken.org", "192.0.2.5"), {Name: "six.org", Records: "@ MX 10 a\na AAAA 2001:db8::1"}, {Name: "none.org"},
			zone("mxdown.org", "192.0.2.1"), zone("hostdown.org", "192.0.2.1"), {Name: "partdown.org", Records: "@ MX 10 a.hostdown.org.\n@ MX 20 a.good.org."}, {Name: "bogus.org", Records: "@ MX 10 a.good.org.", Fault: dnstest.Expired},
			zone("classless.org", "192.0.2.10"), zone("classlessmissing.org", "192.0.2.11"), zone("classlesswrong.org", "192.0.2.12"),
			zone("toalias.org", "192.0.2.13\nb CNAME a"), zone("generic.org", "192.0.2.14\n14-2-0-192.dyn A 192.0.2.14"), zone("dead.org", "192.0.2.15"),
			zone("halfdown.org", "192.0.2.16\nc A 192.0.2.16"), zone("wholedown.org", "192.0.2.17"), zone("many.org", "192.0.2.18"),
			{Name: "both.org", Records: "@ MX 10 a\na A 192.0.2.19\na AAAA 2001:db8::19"},
			{Name: "2.0.192.in-addr.arpa", Records: "1 PTR a.good.org.\n3 PTR a.good.org.\n4 PTR nowhere.org.\n4 PTR a.several.org." +
				"\n10 CNAME 10.8-15\n10.8-15 PTR a.classless.org.\n11 CNAME 11.8-15\n12 CNAME 12.8-15\n12.8-15 PTR a.good.org." +
				"\n13 PTR b.toalias.org.\n14 PTR 14-2-0-192.dyn.generic.org.\n15 PTR gone.dead.org.\n16 PTR down.org.\n16 PTR c.halfdown.org.\n17 PTR down.org." +
				strings.ReplaceAll(strings.Repeat("\n18 PTR x#.many.org.", 12), "#", "y") + "\n18 PTR a.many.org.\n19 PTR a.both.org."},
			{Name: "8.b.d.0.1.0.0.2.ip6.arpa", Records: "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 PTR a.six.org."},
		},
		Rules: []dnstest.Rule{{Name: "5.2.0.192.in-addr.arpa", Rcode: "SERVFAIL"}, {Name: "down.org", Rcode: "SERVFAIL"},
			{Name: "mxdown.org", Type: "MX", Rcode: "SERVFAIL"}, {Name: "a.hostdown.org", Rcode: "SERVFAIL"}},
	}, "ptr", []row{
		{"good.org", ok, "", "", "192.0.2.1 a.good.org"},
		{"missing.org", warning, "reverse-unconfirmed", "", "192.0.2.2 has no name"},
		{"other.org", warning, "reverse-unconfirmed", "", "a.good.org"},
		{"several.org", ok, "", "", ""},
		{"broken.org", unknown, "resolver-failed", "", ""},
		{"six.org", ok, "", "", ""},
		{"classless.org", ok, "", "", "192.0.2.10 a.classless.org"},
		{"classlessmissing.org", warning, "reverse-unconfirmed", "", "192.0.2.11 has no name"},
		{"classlesswrong.org", warning, "reverse-unconfirmed", "", "a.good.org"},
		{"toalias.org", ok, "", "", "b.toalias.org"},
		{"generic.org", ok, "", "", "is made of the address"},
		{"dead.org", warning, "reverse-unconfirmed", "", "gone.dead.org, which does not have this address"},
		{"halfdown.org", ok, "", "", ""},
		{"wholedown.org", unknown, "resolver-failed", "", "down.org"},
		{"many.org", ok, "", "", ""},
		{"both.org", warning, "reverse-unconfirmed", "", "2001:db8::19 has no name"},
		{"none.org", skipped, "", "", ""},
		{"mxdown.org", unknown, "resolver-failed", "", "the exchangers are not known"}, // and so it is not known who sends
		{"hostdown.org", unknown, "resolver-failed", "", "the addresses of a.hostdown.org are not known"},
		{"partdown.org", unknown, "resolver-failed", "", "SERVFAIL for a.hostdown.org; 192.0.2.1 a.good.org"},
		{"bogus.org", unknown, "dnssec-bogus", "", ""},
	})
}

func TestTLSRPT(t *testing.T) {
	const ok, warning, critical, unknown, skipped = probe.OK, probe.Warning, probe.Critical, probe.Unknown, probe.Skipped
	world := dnstest.World{
		Zones: []dnstest.Zone{
			{Name: "good.org", Records: "_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:t@good.org\""},
			{Name: "https.org", Records: "_smtp._tls TXT \"v=TLSRPTv1;rua=https://good.org/r\"\n_smtp._tls TXT else"},
			{Name: "two.org", Records: "_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:t@good.org\"\n_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:u@good.org\""},
			{Name: "bad.org", Records: "_smtp._tls TXT \"v=TLSRPTv1; rua=t@good.org\""},
			{Name: "partly.org", Records: "_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:t@good.org,http://good.org/\""},
			{Name: "norua.org", Records: "_smtp._tls TXT \"v=TLSRPTv1;\""},
			{Name: "case.org", Records: "_smtp._tls TXT \"v=tlsrptv1; rua=mailto:t@good.org\""},
			{Name: "other.org", Records: "_smtp._tls TXT \"v=spf1 -all\""},
			{Name: "alias.org", Records: "_smtp._tls CNAME _smtp._tls.good.org."},
			{Name: "none.org"}, {Name: "down.org"},
		},
		Rules: []dnstest.Rule{{Name: "_smtp._tls.down.org", Rcode: "SERVFAIL"}},
	}
	try(t, world, "tlsrpt", []row{
		{"good.org", ok, "", "tlsrpt=mailto:t@good.org", ""},
		{"https.org", ok, "", "", ""},
		{"two.org", warning, "tlsrpt-invalid", "", ""},
		{"bad.org", warning, "tlsrpt-invalid", "tlsrpt=", ""},
		{"partly.org", warning, "tlsrpt-invalid", "tlsrpt=mailto:t@good.org", "http://good.org/"},
		{"norua.org", warning, "tlsrpt-invalid", "", "no rua="},
		{"case.org", warning, "tlsrpt-invalid", "", "v=tlsrptv1"}, // somebody wanted one
		{"other.org", skipped, "", "", ""},
		{"alias.org", ok, "", "", ""},
		{"none.org", skipped, "", "", ""},
		{"down.org", unknown, "resolver-failed", "", ""},
	})
	try(t, world, "tlsrpt", []row{
		{"none.org", critical, "required-absent", "", ""}, {"two.org", critical, "required-absent", "", ""}, {"bad.org", critical, "required-absent", "", ""},
		{"case.org", critical, "required-absent", "", ""}, {"partly.org", warning, "tlsrpt-invalid", "", ""}, {"good.org", ok, "", "", ""}, {"down.org", unknown, "resolver-failed", "", ""},
	}, "--require", "tlsrpt")
}

func TestBlockLists(t *testing.T) {
	const ok, warning, critical, unknown, skipped = probe.OK, probe.Warning, probe.Critical, probe.Unknown, probe.Skipped
	zone := func(name, addr string) dnstest.Zone {
		return dnstest.Zone{Name: name, Records: "@ MX 10 a\na A " + addr}
	}
	nibbles := strings.Repeat(".0", 23) + ".8.b.d.0.1.0.0.2"
	mapped := ".0.0.0.0.0.f.7.f.f.f.f" + strings.Repeat(".0", 20)
	list := "1.2.0.192 A 127.0.0.10\n1.2.0.192 TXT \"see\\009 https://list.net/?ip=192.0.2.1 \\027[31m" + strings.Repeat("x", 150) + "\"\n2.0.0.127 A 127.0.0.2\n1.2.0.192 A 127.0.0.4\n3.2.0.192 A 127.255.255.254\n4.2.0.192 A 203.0.113.1\n6.2.0.192 A 127.0.0.3\n6.2.0.192 A 127.255.255.252\n"
	world := dnstest.World{
		Zones: []dnstest.Zone{
			zone("listed.org", "192.0.2.1"), zone("clean.org", "192.0.2.2"), zone("refused.org", "192.0.2.3"), zone("strange.org", "192.0.2.4"),
			zone("down.org", "192.0.2.5"), zone("mixed.org", "192.0.2.6"), zone("mxdown.org", "192.0.2.1"), {Name: "partdown.org", Records: "@ MX 10 mail.mxdown.org.\n@ MX 20 a.clean.org."},
			zone("six.org", "192.0.2.2\na AAAA 2001:db8::1"), zone("onlysix.org", "192.0.2.2\n@ MX 5 b\nb AAAA 2001:db8::2"),
			{Name: "six.net", Records: "2.0.0.127 A 127.0.0.2\n2" + mapped + " A 127.0.0.2\n1" + nibbles + " A 127.0.0.2"},
			{Name: "allsix.net", Records: "2.0.0.127 A 127.0.0.2\n*.8.b.d.0.1.0.0.2 A 127.0.0.2\n1" + mapped + " A 127.0.0.2\n2" + mapped + " A 127.0.0.2"},
			{Name: "list.net", Records: list}, {Name: "dead.net"}, {Name: "all.net", Records: "*.127 A 127.0.0.2\n*.1.127 A 127.0.0.2\n1.0.0.127 A 127.0.0.2\n2.0.0.127 A 127.0.0.2\n2.2.0.192 A 127.0.0.2"},
		},
		Rules: []dnstest.Rule{{Name: "5.2.0.192.list.net", Rcode: "SERVFAIL"}, {Name: "mxdown.org", Type: "MX", Rcode: "SERVFAIL"}, {Name: "mail.mxdown.org", Rcode: "SERVFAIL"}},
	}
	try(t, world, "dnsbl", []row{
		{"listed.org", critical, "block-listed", "dnsbl_listed=1", `192.0.2.1 by list.net (127.0.0.10 127.0.0.4: "see https://list.net/?ip=192.0.2.1 [31mxxx`},
		{"clean.org", ok, "", "dnsbl_listed=0", "not listed"},
		{"refused.org", unknown, "block-list-refuses", "dnsbl_listed=0", "127.255.255.254"},
		{"mixed.org", unknown, "block-list-refuses", "dnsbl_listed=0", ""},
		{"strange.org", warning, "block-list-broken", "", ""},
		{"down.org", unknown, "resolver-failed", "", ""},
		{"mxdown.org", unknown, "resolver-failed", "", "the exchangers are not known"},
		{"partdown.org", unknown, "resolver-failed", "dnsbl_listed=0", "the addresses of mail.mxdown.org are not known"},
	}, "--dnsbl", "list.net")
	try(t, world, "dnsbl", []row{
		{"clean.org", ok, "", "dnsbl_listed=0", "list.net has no IPv6 addresses"},
		{"six.org", ok, "", "dnsbl_listed=0", ""},
	}, "--dnsbl", "list.net", "--sending", "192.0.2.2", "--sending", "2001:db8::2")
	try(t, world, "dnsbl", []row{{"six.org", critical, "block-listed", "dnsbl_listed=1", "2001:db8::1 by six.net (127.0.0.2)"}, {"onlysix.org", ok, "", "", "not listed"}}, "--dnsbl", "six.net")
	try(t, world, "dnsbl", []row{{"onlysix.org", warning, "block-list-broken", "dnsbl_listed=0", "lists everything"}}, "--dnsbl", "allsix.net")
	try(t, world, "dnsbl", []row{{"clean.org", warning, "block-list-broken", "", "127.0.0.2"}}, "--dnsbl", "dead.net")
	try(t, world, "dnsbl", []row{{"clean.org", warning, "block-list-broken", "dnsbl_listed=0", "lists everything, even 127.0.0.1"}}, "--dnsbl", "all.net")
	try(t, world, "dnsbl", []row{{"clean.org", skipped, "", "", "--dnsbl"}})
}

func TestOptional(t *testing.T) {
	const ok, warning, critical, unknown, skipped = probe.OK, probe.Warning, probe.Critical, probe.Unknown, probe.Skipped
	zone := func(name, records string) dnstest.Zone {
		return dnstest.Zone{Name: name, Records: "@ MX 10 a\na A 192.0.2.1\n" + records}
	}
	reject, logo := "_dmarc TXT \"v=DMARC1; p=reject\"\n", "default._bimi TXT \"v=BIMI1; l=https://logo.org/l.svg\"\n"
	many := ""
	for i := range 20 {
		many += fmt.Sprintf("_imaps._tcp SRV 0 1 993 h%d\nh%d A 192.0.2.1\n", i, i)
	}
	const deep = "a.b.c.d.e.f.g.h.i.j.k"
	world := dnstest.World{Zones: []dnstest.Zone{
		zone("none.org", ""), zone("issues.org", "@ CAA 0 issue \"ca.example\""), zone("denies.org", "@ CAA 0 issue \";\""),
		zone("own.org", "@ CAA 0 issue \";\"\na CAA 0 issue \"ca.example\""), zone("iodef.org", "@ CAA 0 iodef \"mailto:x@iodef.org\""),
		zone("wild.org", "@ CAA 0 issuewild \";\""), {Name: "deep.org", Records: "@ MX 10 " + deep + "\n" + deep + " A 192.0.2.1\n@ CAA 0 issue \";\""},
		{Name: "alias.net", Records: "@ MX 10 b\nb CNAME a.denies.org.\n@ CAA 0 issue \"ca.example\""}, {Name: "aliascaa.net", Records: "@ MX 10 b\nb CNAME a.own.org.\n@ CAA 0 issue \"ca.example\""},
		zone("caadown.org", ""), {Name: "null.org", Records: "@ MX 0 .\n@ CAA 0 issue \";\""}, {Name: "half.org", Records: "@ MX 10 a\n@ MX 20 a.denies.org.\na A 192.0.2.1"},
		zone("logo.org", reject+logo+"sub A 192.0.2.1"), zone("weak.org", logo), zone("noneyet.org", "_dmarc TXT \"v=DMARC1; p=none\"\n"+logo),
		zone("testing.org", "_dmarc TXT \"v=DMARC1; p=quarantine; t=y\"\n"+logo), zone("spnone.org", "_dmarc TXT \"v=DMARC1; p=reject; sp=none\"\n"+logo),
		zone("badlogo.org", reject+"default._bimi TXT \"v=BIMI1; l=http://logo.org/l.svg\""), zone("twologos.org", reject+logo+"default._bimi TXT \"v=BIMI1; l=https://logo.org/m.svg\"\n"),
		zone("declines.org", reject+"default._bimi TXT \"v=BIMI1; l=; a=;\""), zone("logodown.org", reject), zone("dmarcdown.org", logo),
		zone("srv.org", "_imaps._tcp SRV 0 1 993 a\n_pop3._tcp SRV 0 0 0 ."), zone("dead.org", "_imaps._tcp SRV 0 1 993 gone"),
		zone("alias.org", "_submissions._tcp SRV 0 1 465 b\nb CNAME a"), zone("some.org", "_imaps._tcp SRV 0 1 993 a\n_imaps._tcp SRV 9 1 993 gone"), zone("many.org", many),
		zone("srvdown.org", ""), zone("hostdown.org", "_imaps._tcp SRV 0 1 993 b"),
	}, Rules: []dnstest.Rule{{Name: "a.caadown.org", Type: "CAA", Rcode: "SERVFAIL"}, {Name: "default._bimi.logodown.org", Rcode: "SERVFAIL"}, {Name: "_dmarc.dmarcdown.org", Rcode: "SERVFAIL"},
		{Name: "_imap._tcp.srvdown.org", Rcode: "SERVFAIL"}, {Name: "b.hostdown.org", Rcode: "SERVFAIL"}}}
	try(t, world, "caa", []row{
		{"none.org", skipped, "", "", ""}, {"issues.org", ok, "", "", "a.issues.org by issues.org"}, {"denies.org", warning, "caa-denies", "", ""},
		{"own.org", ok, "", "", "a.own.org by a.own.org"}, {"iodef.org", ok, "", "", ""}, {"wild.org", ok, "", "", ""},
		{"deep.org", warning, "caa-denies", "", "of deep.org let"},
		{"alias.net", ok, "", "", "b.alias.net by alias.net"}, // RFC 8659 §3: the tree above the alias, not above its target
		{"aliascaa.net", ok, "", "", "b.aliascaa.net by b.aliascaa.net"}, {"caadown.org", unknown, "resolver-failed", "", ""},
		{"null.org", skipped, "", "", ""}, {"half.org", warning, "caa-denies", "", "a.denies.org"},
	})
	try(t, world, "bimi", []row{
		{"none.org", skipped, "", "", ""}, {"logo.org", ok, "", "", "https://logo.org/l.svg"}, {"sub.logo.org", ok, "", "", "https://logo.org/l.svg"},
		{"weak.org", warning, "bimi-without-effect", "", "DMARC"}, {"noneyet.org", warning, "bimi-without-effect", "", "DMARC"}, {"testing.org", warning, "bimi-without-effect", "", "DMARC"},
		{"spnone.org", warning, "bimi-without-effect", "", "sp="}, {"badlogo.org", warning, "bimi-without-effect", "", ""}, {"twologos.org", warning, "bimi-without-effect", "", "2 records"},
		{"declines.org", ok, "", "", "declines"}, {"logodown.org", unknown, "resolver-failed", "", ""}, {"dmarcdown.org", unknown, "resolver-failed", "", "not known"},
	})
	try(t, world, "bimi", []row{{"none.org", critical, "required-absent", "", ""}, {"declines.org", critical, "required-absent", "", ""}, {"logo.org", ok, "", "", ""}}, "--require", "bimi")
	try(t, world, "srv", []row{
		{"none.org", skipped, "", "", ""}, {"srv.org", ok, "", "", "_imaps a.srv.org:993"}, {"dead.org", warning, "srv-target", "", "gone.dead.org"},
		{"alias.org", warning, "srv-target", "", "b.alias.org"}, {"some.org", warning, "srv-target", "", "gone.some.org"}, {"many.org", ok, "", "", "12 more hosts of _imaps are not checked"},
		{"srvdown.org", unknown, "resolver-failed", "", ""}, {"hostdown.org", unknown, "resolver-failed", "", ""},
	})
}
