package dnssec_test

import (
	"strings"
	"testing"

	"mailprobe/dnssec"
)

// through are the names of which less can be said by way of a resolver, and why.
var through = map[string]map[string]dnssec.Status{
	"named": {
		"x.wild.i2500.org A": dnssec.Indeterminate, // it leaves out a denial with so many iterations
	},
	"named without validation": {
		"x.wild.wrongdenial.org A": dnssec.Indeterminate, // nor NSEC records that are not what it takes to be needed
		"x.wild.i2500.org A":       dnssec.Indeterminate,
		"beneath.org MX":           dnssec.Indeterminate, // it leaves out signatures in the name of a zone below
	},
	// It answers the root's NS from its list of root servers, without signature; does not
	// look for the proof of a wildcard; and fails in spite of CD where a denial does not
	// hold. As the zone's own SOA is good it is not known why it fails.
	"pdns-recursor": {
		"tobogus.links.org A":        dnssec.Indeterminate, // it gives not even the alias
		"mx1.dbogus.links.org A":     dnssec.Indeterminate,
		". NS":                       dnssec.Indeterminate,
		"x.wild.nodenial.org A":      dnssec.Indeterminate,
		"nothing.olddata.org A":      dnssec.Bogus, // by the SOA, as there is no answer
		"nothing.nodenial.org A":     dnssec.Indeterminate,
		"nothing.partdenial.org A":   dnssec.Indeterminate,
		"nothing.partdenial3.org A":  dnssec.Indeterminate,
		"nothing.wrongdenial.org A":  dnssec.Indeterminate,
		"nothing.wrongdenial3.org A": dnssec.Indeterminate,
	},
}

// TestThroughResolvers: real resolvers in between change no verdict, but that those
// which validate settle what was open.
func TestThroughResolvers(t *testing.T) {
	for _, r := range resolvers {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, world())
			client := clientAt(t, r.run(t, s), s.Anchors())
			for _, v := range verdicts {
				a, err := client.Lookup(t.Context(), v.name, v.kind)
				want, denial, why := v.status, v.denial, v.why
				if v.proofIsAbsent && r.validates {
					want = dnssec.Bogus
				}
				if other, ok := through[r.name][v.name+" "+v.kind.String()]; ok {
					want, denial, why = other, a.Denial, ""
				}
				if err != nil || a.Status != want || a.Denial != denial || !strings.Contains(a.Why, why) {
					t.Errorf("%s %s: %s, %s, %s %v, %q, %v; want %s", v.name, v.kind, a.Status, a.Denial, a.Rcode, a.EDE, a.Why, err, want)
				}
			}
			if got, err := client.Validates(t.Context(), "expired.org", dnssec.TypeMX); err != nil || got != r.validates {
				t.Errorf("validates: %v, %v", got, err)
			}
			// A name for special use is the resolver's own, or does not exist; it is not bogus.
			a, err := client.Lookup(t.Context(), "1.0.0.10.in-addr.arpa", dnssec.TypePTR)
			if err != nil || a.Status == dnssec.Bogus || a.Found() {
				t.Errorf("a private address: %s, %s, %q, %v", a.Status, a.Rcode, a.Why, err)
			}
			t.Logf("a private address: %s, %q", a.Status, a.Why)
		})
	}
}
