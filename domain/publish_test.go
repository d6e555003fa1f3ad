package domain_test

import (
	"slices"
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
	}}
	addr, anchors := start(t, world)
	for name, want := range map[string][]string{
		"bare.org": {
			"bare.org. IN MX 10 bare.org.", `bare.org. IN TXT "v=spf1 mx ~all"`,
			`_dmarc.bare.org. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@bare.org"`,
			`_smtp._tls.bare.org. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@bare.org"`},
		"null.org": {
			`null.org. IN TXT "v=spf1 -all"`, `_dmarc.null.org. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@null.org"`,
			`_smtp._tls.null.org. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@null.org"`},
		"other.org": { // a record for SPF would replace the other text
			`_dmarc.other.org. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@other.org"`,
			`_smtp._tls.other.org. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@other.org"`},
		"strange.org": { // no name for the address: that of the exchanger is none for a host
			`strange.org. IN TXT "v=spf1 mx ~all"`, `_dmarc.strange.org. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@strange.org"`,
			`_smtp._tls.strange.org. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@strange.org"`},
		"reports.org": {`reports.org. IN TXT "v=spf1 -all"`, `reports.org._report._dmarc.x.net. IN TXT "v=DMARC1"`,
			`_smtp._tls.reports.org. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@reports.org"`},
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
