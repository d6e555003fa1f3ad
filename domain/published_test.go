package domain_test

import (
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
)

// publishedOf are the published facts of a result.
func publishedOf(r *probe.Result) map[string]string {
	all := map[string]string{}
	for _, s := range r.Steps {
		for _, f := range s.Facts {
			if f.Role == probe.Published {
				all[f.Name] = f.Text
			}
		}
	}
	return all
}

// TestPublished: each record is a fact of its own, the same in whatever order the answer
// has them; "none" where there is none; and nothing where a look-up failed.
func TestPublished(t *testing.T) {
	records := func(a, b string) string {
		return "@ NS " + a + ".good.org.\n@ NS " + b + ".good.org.\n@ MX 10 " + a + "\n@ MX 10 " + b + "\n" + `
			@ TXT "v=spf1 mx -all"
			@ TXT "other"
			@ CAA 0 issue "ca.example"
			mxa A 192.0.2.1
			mxb A 192.0.2.2
			_25._tcp.mxa TLSA 3 1 1 ` + digest + `
			_dmarc TXT "v=DMARC1; p=reject; rua=mailto:d@good.org"
			_mta-sts TXT "v=STSv1; id=7"
			_smtp._tls TXT "v=TLSRPTv1; rua=mailto:t@good.org"
			default._bimi TXT "v=BIMI1; l=https://good.org/l.svg"
			_imaps._tcp SRV 0 1 993 ` + a + `
			_imaps._tcp SRV 0 1 993 ` + b + "\ns1._domainkey TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n"
	}
	world := dnstest.World{Zones: []dnstest.Zone{{Name: "good.org", Records: records("mxa", "mxb")}, {Name: "bare.org", Records: "@ A 192.0.2.3"}}}
	addr, anchors := start(t, world)
	good := publishedOf(whole(t, addr, anchors, "good.org", "--selector", "s1"))
	for name, want := range map[string]string{
		"ns": "mxa.good.org, mxb.good.org", "signed": "yes", "mx": "10 mxa.good.org, 10 mxb.good.org", "spf": "v=spf1 mx -all",
		"dkim_s1": "ed25519 256 bits, sha256 " + good["dkim_s1"][max(0, len(good["dkim_s1"])-16):],
		"dmarc":   "v=DMARC1; p=reject; rua=mailto:d@good.org", "tlsa_records": "_25._tcp.mxa.good.org 3 1 1 " + digest,
		"sts": "v=STSv1; id=7", "tlsrpt": "mailto:t@good.org", "bimi": "v=BIMI1; l=https://good.org/l.svg",
		"caa": `good.org issue "ca.example"`, "srv": "_imaps 0 1 993 mxa.good.org | _imaps 0 1 993 mxb.good.org",
	} {
		if good[name] != want {
			t.Errorf("%s is %q, want %q", name, good[name], want)
		}
	}
	for name, text := range publishedOf(whole(t, addr, anchors, "bare.org", "--selector", "s1")) {
		if want := map[string]string{"ns": "ns.bare.org", "signed": "yes"}[name]; text != noneOr(want) {
			t.Errorf("%s is %q", name, text)
		}
	}

	world.Zones[0].Records = records("mxb", "mxa")
	addr, anchors = start(t, world)
	for name, text := range publishedOf(whole(t, addr, anchors, "good.org", "--selector", "s1")) {
		if good[name] != text {
			t.Errorf("%s depends on the order: %q and %q", name, good[name], text)
		}
	}

	world.Rules = []dnstest.Rule{{Name: "good.org", Below: true, Rcode: "SERVFAIL"}}
	addr, anchors = start(t, world)
	if all := publishedOf(whole(t, addr, anchors, "good.org", "--selector", "s1")); len(all) > 0 {
		t.Errorf("without answers %v is known", all)
	}
}

func noneOr(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
