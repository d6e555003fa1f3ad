package domain_test

import (
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
)

// TestNoSuchDomain: of a domain that does not exist that alone is found, and nothing is
// proposed for it. A policy of the domain above it applies all the same.
func TestNoSuchDomain(t *testing.T) {
	addr, anchors := start(t, dnstest.World{Zones: []dnstest.Zone{
		{Name: "example.org", Records: "@ MX 10 mx\nmx A 192.0.2.1\n" + `_dmarc TXT "v=DMARC1; p=none; np=reject; rua=mailto:d@example.org"`}, {Name: "org"},
	}})
	for name, said := range map[string]map[string]probe.Status{
		"nosuch.example.org": {"delegation": probe.Critical, "dmarc": probe.OK, "dmarc-reports": probe.OK},
		"nosuch.org":         {"delegation": probe.Critical},
	} {
		r := whole(t, addr, anchors, name, "--selector", "s1", "--require", "dnssec,tlsrpt")
		for _, s := range r.Steps {
			want, ok := said[s.Name]
			if !ok {
				want = probe.Skipped
			}
			if s.Status != want || len(s.Fix) > 0 {
				t.Errorf("%s: %s %s %q", s.Name, s.Status, s.Detail, s.Fix)
			}
		}
		if r.Summary != "delegation: "+name+" does not exist in DNS" {
			t.Error(r.Summary)
		}
	}
}
