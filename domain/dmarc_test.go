package domain_test

import (
	"fmt"
	"strings"
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
)

func TestDMARC(t *testing.T) {
	const ok, warning, critical, unknown = probe.OK, probe.Warning, probe.Critical, probe.Unknown
	const rua = "; rua=mailto:d@dm.org"
	zone := func(name, record string) dnstest.Zone {
		return dnstest.Zone{Name: name, Records: "_dmarc TXT \"" + record + "\"\nsub A 192.0.2.1\na.b.c.d.e.f.g.h.i A 192.0.2.1"}
	}
	try(t, dnstest.World{
		Zones: []dnstest.Zone{
			zone("reject.org", "v=DMARC1; p=reject"+rua),
			zone("quarantine.org", "v=DMARC1;p=quarantine"+rua),
			zone("noneyet.org", "v=DMARC1; p=none"+rua),
			zone("testing.org", "v=DMARC1; p=reject; t=y"+rua),
			zone("testing2.org", "v=DMARC1; p=quarantine; t=y"+rua),
			zone("gone.org", "v=DMARC1; p=reject; pct=50"+rua),
			zone("norua.org", "v=DMARC1; p=reject"),
			zone("bare.org", "v=DMARC1;"),
			zone("badp.org", "v=DMARC1; p=rejekt"+rua),
			zone("badpnorua.org", "v=DMARC1; p=rejekt"),
			zone("badsp.org", "v=DMARC1; p=reject; sp=all"+rua),
			zone("badnp.org", "v=DMARC1; p=reject; np=all"),
			zone("twice.org", "v=DMARC1; p=reject; p=none"+rua),
			zone("lower.org", "v=dmarc1; p=reject"+rua),
			zone("vlast.org", "p=reject; v=DMARC1"),
			zone("badtag.org", "v=DMARC1; p=reject; adkim=x"+rua),
			zone("unknowntag.org", "v=DMARC1; p=reject; zz=1"+rua),
			{Name: "nullself.org", Records: "@ MX 0 .\n_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@nullself.org\""}, {Name: "deadself.org", Records: "@ MX 1 gone\n_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@deadself.org\""},
			zone("both.org", "v=DMARC1; p=reject; sp=quarantine; np=none"+rua),
			zone("suffix.org", "v=DMARC1; p=reject; psd=y; sp=none"+rua),
			zone("own.suffix.org", "v=DMARC1; p=quarantine"+rua),
			{Name: "twins.org", Records: "_dmarc TXT \"v=DMARC1; p=reject\"\n_dmarc TXT \"v=DMARC1; p=none\""},
			{Name: "empty.org", Records: "sub A 192.0.2.1"},
			{Name: "stop.org", Records: `
				_dmarc         TXT "v=DMARC1; p=none; rua=mailto:a@stop.org"
				_dmarc.mid     TXT "v=DMARC1; p=reject; psd=n; rua=mailto:a@stop.org"
				low.mid        A 192.0.2.1
				_dmarc.between TXT "v=DMARC1; p=none"
				low.between    A 192.0.2.1
				_dmarc.twin    TXT "v=DMARC1; p=none"
				_dmarc.twin    TXT "v=DMARC1; p=reject"
				_dmarc.hides   TXT "v=DMARC1;"`},
		},
		Rules: []dnstest.Rule{{Name: "_dmarc.down.reject.org", Rcode: "SERVFAIL"}},
	}, "dmarc", []row{
		{"reject.org", ok, "", "dmarc_from=_dmarc.reject.org dmarc_org=reject.org dmarc_policy=reject dmarc_queries=2", "reject, from _dmarc.reject.org"},
		{"quarantine.org", ok, "", "dmarc_policy=quarantine", ""},
		{"noneyet.org", warning, "dmarc-not-enforced", "dmarc_policy=none", ""},
		{"testing.org", warning, "dmarc-not-enforced", "dmarc_policy=quarantine", "t=y"},
		{"testing2.org", warning, "dmarc-not-enforced", "dmarc_policy=none", ""},
		{"gone.org", warning, "dmarc-ignored", "dmarc_policy=reject", "pct"},
		{"norua.org", warning, "dmarc-unreported", "dmarc_policy=reject", ""},
		{"bare.org", critical, "dmarc-invalid", "dmarc_from=_dmarc.bare.org dmarc_org=bare.org", "neither p= nor"},
		{"badp.org", critical, "dmarc-invalid", "dmarc_policy=none", "p=rejekt"},
		{"badpnorua.org", critical, "dmarc-invalid", "dmarc_from=_dmarc.badpnorua.org", ""},
		{"badsp.org", critical, "dmarc-invalid", "dmarc_policy=none", "sp=all"},
		{"badnp.org", critical, "dmarc-invalid", "", "np=all"},
		{"twice.org", critical, "dmarc-invalid", "", "twice"},
		{"lower.org", critical, "dmarc-invalid", "", "v=dmarc1"},
		{"vlast.org", critical, "dmarc-invalid", "", ""},
		{"badtag.org", warning, "dmarc-ignored", "dmarc_policy=reject", "adkim=x"},
		{"unknowntag.org", ok, "", "dmarc_policy=reject", ""},
		{"twins.org", critical, "dmarc-several", "dmarc_org=twins.org", "discarded"},
		{"empty.org", critical, "dmarc-none", "dmarc_queries=2", ""},
		{"sub.empty.org", critical, "dmarc-none", "dmarc_queries=3", "there is no DMARC record for sub.empty.org"},
		{"gone.empty.org", critical, "dmarc-none", "dmarc_queries=3", "gone.empty.org does not exist in DNS: there is no DMARC record"},
		{"both.org", ok, "", "dmarc_policy=reject", ""},
		{"sub.both.org", ok, "", "dmarc_policy=quarantine dmarc_from=_dmarc.both.org dmarc_org=both.org", "by sp="},
		{"nothing.both.org", warning, "dmarc-not-enforced", "dmarc_policy=none", "by np="},
		{"sub.reject.org", ok, "", "dmarc_policy=reject dmarc_from=_dmarc.reject.org", ""},
		{"a.b.c.d.e.f.g.h.i.reject.org", ok, "", "dmarc_queries=8 dmarc_policy=reject dmarc_org=reject.org", ""},
		{"own.suffix.org", ok, "", "dmarc_org=own.suffix.org dmarc_policy=quarantine", ""},
		{"other.suffix.org", warning, "dmarc-not-enforced", "dmarc_from=_dmarc.suffix.org dmarc_org=other.suffix.org dmarc_policy=none", ""},
		{"low.mid.stop.org", ok, "", "dmarc_from=_dmarc.mid.stop.org dmarc_org=mid.stop.org dmarc_queries=2", ""},
		{"low.between.stop.org", warning, "dmarc-not-enforced", "dmarc_from=_dmarc.stop.org dmarc_org=stop.org", "_dmarc.between.stop.org has no effect"},
		{"twin.stop.org", critical, "dmarc-several", "dmarc_from=_dmarc.stop.org", "_dmarc.twin.stop.org"},
		{"low.twin.stop.org", warning, "dmarc-several", "dmarc_from=_dmarc.stop.org", ""},
		{"hides.stop.org", critical, "dmarc-invalid", "dmarc_from=_dmarc.hides.stop.org dmarc_org=stop.org", ""},
		{"down.reject.org", unknown, "resolver-failed", "", "SERVFAIL"},
	})
}

func TestReports(t *testing.T) {
	const ok, warning, critical, unknown, skipped = probe.OK, probe.Warning, probe.Critical, probe.Unknown, probe.Skipped
	zone := func(name, rua string) dnstest.Zone {
		return dnstest.Zone{Name: name, Records: "@ A 192.0.2.9\nmail A 192.0.2.9\n_dmarc TXT \"v=DMARC1; p=reject; rua=" + rua + "\"\nsub A 192.0.2.1"}
	}
	takes := func(name, records string) dnstest.Zone {
		return dnstest.Zone{Name: name, Records: "@ MX 10 mail\nmail A 192.0.2.9\n" + records}
	}
	long := strings.Repeat(strings.Repeat("a", 49)+".", 4) // with long.org 208 letters
	var many, distinct []string
	for i := range 100 {
		many, distinct = append(many, "mailto:d@many.org"), append(distinct, fmt.Sprintf("mailto:d@r%d.refuses.net", i))
	}
	try(t, dnstest.World{
		Zones: []dnstest.Zone{
			zone("own.org", "mailto:d@own.org"), zone("below.org", "mailto:d@mail.below.org"), zone("yes.org", "mailto:d@reports.net"),
			zone("no.org", "mailto:d@refuses.net"), zone("half.org", "mailto:d@refuses.net,mailto:d@half.org"),
			zone("http.org", "https://reports.net/"), zone("some.org", "https://reports.net/,mailto:d@some.org"), zone("bare.org", "d@bare.org"),
			zone("wild.org", "mailto:d@wild.net"), zone("hidden.org", "mailto:d@hidden.net"), zone("down.org", "mailto:d@down.net"),
			zone("size.org", "mailto:d@size.org!10m"), zone("percent.org", "mailto:d%2Bx@percent.org"), zone("percentat.org", "mailto:d%40percentat.org"),
			zone("null.org", "mailto:d@null.net"), zone("gone.org", "mailto:d@nowhere.gone.org"), zone("dead.org", "mailto:d@dead.net"),
			zone("unclear.org", "mailto:d@mail.unclear.org"), zone("instead.org", "mailto:d@instead.net"), zone("elsewhere.org", "mailto:d@elsewhere.net"),
			zone("several.org", "mailto:d@several.net"), zone("old.org", "mailto:d@old.net"), zone("case.org", "MAILTO:d@CASE.org"),
			{Name: "nullself.org", Records: "@ MX 0 .\n_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@nullself.org\""}, {Name: "deadself.org", Records: "@ MX 1 gone\n_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@deadself.org\""},
			zone("both.org", "mailto:d@down.net,mailto:d@both.org"), zone("walk.org", "mailto:d@walk.net"),
			zone("many.org", strings.Join(many, "\" \",")), zone("distinct.org", strings.Join(distinct, "\" \",")),
			zone("long.org", "mailto:d@"+long+"long.net"), takes("long.net", "*._report._dmarc."+long[:150]+" TXT \"v=DMARC1\""),
			zone("apart.org", "mailto:d@dep.apart.org"), zone("dep.apart.org", "mailto:d@dep.apart.org; psd=n"),
			zone("suffix.org", "mailto:d@suffix.org; psd=y"), takes("shop.suffix.org", ""), takes("cross.suffix.org", "_dmarc TXT \"v=DMARC1; p=none; rua=mailto:d@shop.suffix.org\""),
			{Name: "norua.org", Records: "_dmarc TXT \"v=DMARC1; p=reject\""}, {Name: "none.org"},
			zone("ownhost.org", "mailto:d@text.ownhost.org\"\ntext TXT \"x"),
			takes("reports.net", "yes.org._report._dmarc TXT \"v=DMARC1\""), takes("refuses.net", ""),
			takes("wild.net", "*._report._dmarc TXT \"v=DMARC1;\""), takes("down.net", ""), takes("walk.net", ""),
			takes("hidden.net", "*._report._dmarc TXT \"v=DMARC1;\"\nx.hidden.org._report._dmarc TXT \"else\""),
			{Name: "null.net", Records: "@ MX 0 .\n*._report._dmarc TXT \"v=DMARC1\""}, {Name: "dead.net", Records: "@ MX 10 gone\n*._report._dmarc TXT \"v=DMARC1\""},
			takes("instead.net", "*._report._dmarc TXT \"v=DMARC1; rua=mailto:x@instead.net\""),
			takes("elsewhere.net", "*._report._dmarc TXT \"v=DMARC1; rua=mailto:x@reports.net\""),
			takes("several.net", "*._report._dmarc TXT \"v=DMARC1\"\n*._report._dmarc TXT \"v=DMARC1; p=none\"\n*._report._dmarc TXT \"else\""),
			takes("old.net", "*._report._dmarc TXT \"p=none; v=DMARC1\""),
		},
		Rules: []dnstest.Rule{{Name: "_report._dmarc.down.net", Below: true, Rcode: "SERVFAIL"}, {Name: "mail.unclear.org", Type: "MX", Rcode: "SERVFAIL"},
			{Name: "_dmarc.walk.net", Rcode: "SERVFAIL"}},
	}, "dmarc-reports", []row{
		{"own.org", ok, "", "rua=mailto:d@own.org", ""},
		{"sub.own.org", ok, "", "", ""},
		{"below.org", ok, "", "", ""},
		{"case.org", ok, "", "", ""},
		{"size.org", ok, "", "rua=mailto:d@size.org", ""}, // RFC 9989 §4.8: the size is ignored
		{"percent.org", ok, "", "", ""},                   // RFC 6068 §2
		{"percentat.org", critical, "reports-refused", "", "percentat"},
		{"yes.org", ok, "", "", ""},
		{"sub.yes.org", ok, "", "", ""}, // the query names the domain where the record was found
		{"no.org", critical, "reports-refused", "", "no.org._report._dmarc.refuses.net"},
		{"half.org", warning, "reports-refused", "", "refuses.net would have to publish"},
		{"http.org", critical, "reports-refused", "", "https://reports.net/"},
		{"bare.org", critical, "reports-refused", "", "d@bare.org"},
		{"some.org", warning, "reports-refused", "rua=mailto:d@some.org", ""},
		{"wild.org", ok, "", "", ""},
		{"hidden.org", critical, "reports-refused", "", ""}, // an empty non-terminal hides the wildcard
		{"down.org", unknown, "resolver-failed", "", "SERVFAIL"},
		{"both.org", unknown, "resolver-failed", "", "SERVFAIL"},
		{"walk.org", unknown, "resolver-failed", "", "SERVFAIL"}, // whose organization it is cannot be known
		{"unclear.org", unknown, "resolver-failed", "", "mail.unclear.org"},
		{"null.org", warning, "reports-undeliverable", "", "null MX"},
		{"nullself.org", warning, "reports-undeliverable", "", "null MX"},
		{"deadself.org", ok, "", "", ""},                                     // for step mx to judge
		{"ownhost.org", ok, "", "", ""}, {"sub.ownhost.org", ok, "", "", ""}, // of the organization's own hosts
		{"gone.org", warning, "reports-undeliverable", "", "does not exist"},
		{"dead.org", warning, "reports-undeliverable", "", "no exchanger with an address"},
		{"instead.org", ok, "", "", "sent to mailto:x@instead.net"},
		{"elsewhere.org", critical, "reports-refused", "", "another host"}, // RFC 9990 §4: neither the one nor the other
		{"several.org", ok, "", "", ""},                                    // RFC 9990 §4, step 8: one is enough
		{"old.org", critical, "reports-refused", "", ""},                   // step 6: v=DMARC1 comes first
		{"long.org", critical, "reports-refused", "", ""},                  // step 4: the name would be too long
		{"many.org", ok, "", "rua=mailto:d@many.org", ""},
		{"distinct.org", warning, "reports-refused", "", "92 more destinations are not checked"},
		{"apart.org", critical, "reports-refused", "", "apart.org._report._dmarc.dep.apart.org"}, // psd=n makes it another organization
		{"dep.apart.org", ok, "", "", ""},
		{"suffix.org", ok, "", "", ""},
		{"shop.suffix.org", ok, "", "", ""}, // by the suffix's record, whose destination is the suffix's own
		{"cross.suffix.org", critical, "reports-refused", "", "cross.suffix.org._report._dmarc.shop.suffix.org"},
		{"norua.org", skipped, "", "", "no aggregate reports"},
		{"none.org", skipped, "", "", "no DMARC record"},
	})
}

// TestReportsBounded: a record that names a hundred destinations does not have the
// resolver asked a thousand questions.
func TestReportsBounded(t *testing.T) {
	var uris []string
	for i := range 100 {
		uris = append(uris, fmt.Sprintf("mailto:d@a.b.c.d.e.f.r%d.net", i))
	}
	server, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{
		{Name: "many.org", Records: "_dmarc TXT \"v=DMARC1; p=reject; rua=" + strings.Join(uris, "\" \",") + "\""}, {Name: "net"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	anchors := writeAnchors(t, server)
	s := check(t, server.Addr(), anchors, "many.org", "dmarc-reports")
	if asked := len(server.Queries()); asked > 200 || !strings.Contains(s.Detail, "92 more destinations are not checked") {
		t.Errorf("%d questions: %s", asked, s.Detail)
	}
}

// TestDMARCProposals: what is proposed can stand at its name, and reports arrive.
func TestDMARCProposals(t *testing.T) {
	const first = "v=DMARC1; p=none; rua=mailto:postmaster@"
	world := dnstest.World{Zones: []dnstest.Zone{
		{Name: "none.org", Records: "@ MX 10 mx\nmx A 192.0.2.1"},
		{Name: "address.org", Records: "@ A 192.0.2.1"},
		{Name: "dead.org", Records: "@ MX 10 mx"},
		{Name: "parked.org", Records: "@ MX 0 .\n@ TXT \"v=spf1 -all\""},
		{Name: "sends.org", Records: "@ MX 0 .\n@ TXT \"v=spf1 ip4:192.0.2.1 -all\""},
		{Name: "nullonly.org", Records: "@ MX 0 ."},
		{Name: "alias.org", Records: "@ MX 10 mx\nmx A 192.0.2.1\n_dmarc CNAME nothing.none.org."},
		{Name: "hosted.org", Records: "@ MX 10 mx\nmx A 192.0.2.1\n_dmarc CNAME record.provider.net.\n_mta-sts CNAME sts.provider.net."},
		{Name: "provider.net", Records: "record TXT \"v=DMARC1; p=reject; pct=100; rua=mailto:d@hosted.org\"\nsts TXT \"v=STSv1; id=\""},
		{Name: "old.org", Records: "@ MX 10 mx\nmx A 192.0.2.1\n_dmarc TXT \"v=DMARC1; p=reject; pct=100; rua=mailto:d@old.org\""},
	}}
	addr, anchors := start(t, world)
	for name, want := range map[string]string{
		"none.org": first + "none.org", "address.org": first + "address.org", "dead.org": first + "dead.org", "parked.org": "v=DMARC1; p=reject",
		"sends.org": "", "nullonly.org": "", "alias.org": "", "hosted.org": "", "old.org": "v=DMARC1; p=reject; rua=mailto:d@old.org",
	} {
		got := strings.Join(check(t, addr, anchors, name, "dmarc").Fix, "\n")
		if want != "" {
			want = fmt.Sprintf("_dmarc.%s. IN TXT %q", name, want)
		}
		if got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
	if fix := check(t, addr, anchors, "hosted.org", "mta-sts").Fix; len(fix) > 0 {
		t.Errorf("proposed at an alias: %q", fix)
	}
}
