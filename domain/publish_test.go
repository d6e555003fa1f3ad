package domain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"mailprobe/dnssec/dnstest"
)

// TestPublish: the records to publish are lines of a zone, and none of them has a name
// in it that another zone could not have.
func TestPublish(t *testing.T) {
	world := dnstest.World{Zones: []dnstest.Zone{
		{Name: "bare.org", Records: "@ A 192.0.2.1"}, {Name: "other.org", Records: "@ TXT verification"},
		{Name: "strange.org", Records: "@ MX 10 a\\;b\na\\;b A 192.0.2.1"}, {Name: "2.0.192.in-addr.arpa"},
		{Name: "null.org", Records: "@ MX 0 .\n@ TXT \"v=spf1 ip4:192.0.2.1 -all\""},
		{Name: "reports.org", Records: "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:a@x.net\""}, {Name: "x.net"},
		{Name: "web.org", Records: "@ A 192.0.2.1\n@ TXT \"v=spf1 -all\"\n_dmarc TXT \"v=DMARC1; p=reject\"\n_smtp._tls TXT \"v=TLSRPTv1; rua=x\""},
		{Name: "old.org", Records: "_dmarc TXT \"v=DMARC1; p=reject; pct=100; rf=afrf; rua=mailto:a@old.org\"\n_smtp._tls TXT \"v=TLSRPTv1; rua=x\"\n@ TXT \"v=spf1 -all\""},
		{Name: "half.org", Records: "_dmarc TXT \"v=DMARC1; p=reject; pct=50; rua=mailto:a@half.org\"\n_smtp._tls TXT \"v=TLSRPTv1; rua=x\"\n@ TXT \"v=spf1 -all\""},
		{Name: "sub.reports.org", Records: "_smtp._tls TXT \"v=TLSRPTv1; rua=x\"\n@ TXT \"v=spf1 -all\""},
	}}
	addr, anchors := start(t, world)
	for name, want := range map[string][]string{
		"bare.org": {
			"bare.org. IN MX 10 bare.org.", `bare.org. IN TXT "v=spf1 mx ~all"`,
			`_dmarc.bare.org. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@bare.org"`,
			`_smtp._tls.bare.org. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@bare.org"`},
		"null.org": {
			`null.org. IN TXT "v=spf1 -all"`, // and none for DMARC: no report gets to it
			`_smtp._tls.null.org. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@null.org"`},
		"other.org": { // a record for SPF would replace the other text
			`_dmarc.other.org. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@other.org"`,
			`_smtp._tls.other.org. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@other.org"`},
		"strange.org": { // no name for the address: that of the exchanger is none for a host
			`strange.org. IN TXT "v=spf1 mx ~all"`, `_dmarc.strange.org. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@strange.org"`,
			`_smtp._tls.strange.org. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@strange.org"`},
		"reports.org": {`reports.org. IN TXT "v=spf1 -all"`, `reports.org._report._dmarc.x.net. IN TXT "v=DMARC1"`,
			`_smtp._tls.reports.org. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@reports.org"`},
		"old.org": {`_dmarc.old.org. IN TXT "v=DMARC1; p=reject; rua=mailto:a@old.org"`}, "half.org": nil,
		"web.org":         nil, // no MX: nobody means to send, or take, mail there
		"sub.reports.org": {`reports.org._report._dmarc.x.net. IN TXT "v=DMARC1"`},
	} {
		var got []string
		for _, s := range whole(t, addr, anchors, name, "--require", "tlsrpt").Steps {
			got = append(got, s.Fix...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q\nwant %q", name, got, want)
		}
		for _, line := range got {
			if _, err := dns.NewRR(line); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
}

// TestPublishSPF: records to publish authorise no more than those that they replace, and
// are proposed only where nothing has to be decided.
func TestPublishSPF(t *testing.T) {
	long := strings.Repeat("ip4:192.0.2.1 ", 25)
	zone := `
		neutral  TXT "v=spf1 ip4:192.0.2.1 ?all"
		noall    TXT "v=spf1  ip4:192.0.2.1"
		behind   TXT "v=spf1 ip4:192.0.2.1 -all mx a:b.fix.org"
		open     TXT "v=spf1 ip4:192.0.2.1 +all"
		openbare TXT "v=spf1 +all"
		zero     TXT "v=spf1 ip4:0.0.0.0/0 ?all"
		good     TXT "v=spf1 ip4:192.0.2.1 -all"
		long     TXT ` + quoted("v=spf1 "+long+"?all") + `
		exp      TXT "v=spf1 exp=e.fix.org ip4:192.0.2.1 ?all"
		redir    TXT "v=spf1 ip4:192.0.2.1 redirect=neutral.fix.org"
		two      TXT "v=spf1 ip4:192.0.2.1 include:good.fix.org -all"
		two      TXT "v=spf1 ip4:192.0.2.2 INCLUDE:good.fix.org -all"
		twodiffer TXT "v=spf1 ip4:192.0.2.1 -all"
		twodiffer TXT "v=spf1 ip4:192.0.2.2 ~all"
		twominus TXT "v=spf1 -ip4:192.0.2.1 ip4:192.0.2.0/24 -all"
		twominus TXT "v=spf1 ip4:192.0.2.0/24 -all"
		twobad   TXT "v=spf1 ip4:192.0.2.1 -all"
		twobad   TXT "v=spf1 ipv4:192.0.2.1 -all"
		tworedir TXT "v=spf1 ip4:192.0.2.1 -all"
		tworedir TXT "v=spf1 redirect=good.fix.org"
		twomany  TXT ` + quoted("v=spf1"+strings.Repeat(" include:good.fix.org", 6)+strings.Repeat(" a:h.fix.org", 4)+" mx:h.fix.org -all") + `
		twomany  TXT "v=spf1 exists:%{i}.a.org exists:%{i}.b.org exists:%{i}.c.org exists:%{i}.d.org exists:%{i}.e.org exists:%{i}.f.org exists:%{i}.g.org exists:%{i}.h.org exists:%{i}.i.org -all"
		twosame  TXT "v=spf1 mx -all"
		twosame  TXT "v=spf1 MX -ALL"
		verified TXT "v=spf1 ip4:192.0.2.1 ?all"
		verified TXT "verification"
		strange  TXT "v=spf1 exists:%{i}.$(x)` + "`" + `.org ?all"
		bad      TXT "v=spf1 ipv4:192.0.2.1 ?all"
		h        A   192.0.2.1
		alias    CNAME h
		open2    CNAME open`
	addr, anchors := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "fix.org", Records: zone}}})
	for name, want := range map[string]string{
		"neutral": `"v=spf1 ip4:192.0.2.1 ~all"`, "noall": `"v=spf1 ip4:192.0.2.1 ~all"`, "behind": `"v=spf1 ip4:192.0.2.1 -all"`,
		"open": `"v=spf1 ip4:192.0.2.1 ~all"`, "openbare": "", "zero": "", "good": "", "redir": "", "exp": `"v=spf1 ip4:192.0.2.1 exp=e.fix.org ~all"`,
		"long": quoted("v=spf1 " + long + "~all"), "two": `"v=spf1 ip4:192.0.2.1 include:good.fix.org ip4:192.0.2.2 -all"`,
		"twodiffer": "", "twominus": "", "twobad": "", "tworedir": "", "twomany": "", "twosame": `"v=spf1 mx -all"`,
		"verified": "", "strange": "", "bad": "", "gone": "", "alias": "", "open2": "", "h": `"v=spf1 mx ~all"`,
	} {
		var wanted []string
		if want != "" {
			wanted = []string{name + ".fix.org. IN TXT " + want}
		}
		if got := check(t, addr, anchors, name+".fix.org", "spf").Fix; !slices.Equal(got, wanted) {
			t.Errorf("%s: %q\nwant %q", name, got, wanted)
		}
	}
}
