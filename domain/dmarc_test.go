package domain_test

import (
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
		{"bare.org", warning, "dmarc-not-enforced", "dmarc_policy=none", ""},
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
		{"sub.empty.org", critical, "dmarc-none", "dmarc_queries=3", ""},
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
		{"hides.stop.org", warning, "dmarc-not-enforced", "dmarc_from=_dmarc.hides.stop.org dmarc_org=stop.org dmarc_policy=none", ""},
		{"down.reject.org", unknown, "resolver-failed", "", "SERVFAIL"},
	})
}

func TestReports(t *testing.T) {
	const ok, warning, critical, unknown, skipped = probe.OK, probe.Warning, probe.Critical, probe.Unknown, probe.Skipped
	zone := func(name, rua string) dnstest.Zone {
		return dnstest.Zone{Name: name, Records: "_dmarc TXT \"v=DMARC1; p=reject; rua=" + rua + "\"\nsub A 192.0.2.1"}
	}
	try(t, dnstest.World{
		Zones: []dnstest.Zone{
			zone("own.org", "mailto:d@own.org"), zone("below.org", "mailto:d@mail.below.org"), zone("yes.org", "mailto:d@reports.net"),
			zone("no.org", "mailto:d@refuses.net"), zone("half.org", "mailto:d@refuses.net,mailto:d@half.org"),
			zone("http.org", "https://reports.net/"), zone("some.org", "https://reports.net/,mailto:d@some.org"),
			zone("wild.org", "mailto:d@wild.net"), zone("hidden.org", "mailto:d@hidden.net"), zone("down.org", "mailto:d@down.net"),
			{Name: "norua.org", Records: "_dmarc TXT \"v=DMARC1; p=reject\""}, {Name: "none.org"},
			{Name: "reports.net", Records: "yes.org._report._dmarc TXT \"v=DMARC1\""}, {Name: "refuses.net"},
			{Name: "wild.net", Records: "*._report._dmarc TXT \"v=DMARC1;\""},
			{Name: "hidden.net", Records: "*._report._dmarc TXT \"v=DMARC1;\"\nx.hidden.org._report._dmarc TXT \"else\""}, {Name: "down.net"},
		},
		Rules: []dnstest.Rule{{Name: "_report._dmarc.down.net", Below: true, Rcode: "SERVFAIL"}},
	}, "dmarc-reports", []row{
		{"own.org", ok, "", "rua=mailto:d@own.org", ""},
		{"sub.own.org", ok, "", "", ""},
		{"below.org", ok, "", "", ""},
		{"yes.org", ok, "", "", ""},
		{"sub.yes.org", ok, "", "", ""}, // the query names the domain where the record was found
		{"no.org", critical, "reports-refused", "", "no.org._report._dmarc.refuses.net"},
		{"half.org", warning, "reports-refused", "", ""},
		{"http.org", critical, "reports-refused", "", "https://reports.net/"},
		{"some.org", warning, "reports-refused", "rua=mailto:d@some.org", ""},
		{"wild.org", ok, "", "", ""},
		{"hidden.org", critical, "reports-refused", "", ""}, // an empty non-terminal hides the wildcard
		{"down.org", unknown, "resolver-failed", "", "SERVFAIL"},
		{"norua.org", skipped, "", "", "no aggregate reports"},
		{"none.org", skipped, "", "", "no DMARC record"},
	})
}
