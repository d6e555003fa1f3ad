package domain

import (
	"slices"
	"testing"

	"mailprobe/probe"
)

// TestSettleFixes: each record is proposed once, and the records of one name and type by
// one step alone.
func TestSettleFixes(t *testing.T) {
	r := &probe.Result{Steps: []probe.Step{
		{Name: "a", Fix: []string{"x.org. IN TXT \"one\"", "_25._tcp.x.org. IN TLSA 3 1 1 aa", "_25._tcp.x.org. IN TLSA 3 1 1 bb", "x.org. IN TXT \"one\""}},
		{Name: "b", Fix: []string{"X.org. IN TXT \"two\"", "x.org. IN MX 10 x.org."}},
		{Name: "c", Fix: []string{"x.org. IN TXT \"one\""}},
	}}
	settleFixes(r)
	for i, want := range [][]string{
		{"x.org. IN TXT \"one\"", "_25._tcp.x.org. IN TLSA 3 1 1 aa", "_25._tcp.x.org. IN TLSA 3 1 1 bb"}, {"x.org. IN MX 10 x.org."}, nil,
	} {
		if !slices.Equal(r.Steps[i].Fix, want) {
			t.Errorf("%s proposes %q", r.Steps[i].Name, r.Steps[i].Fix)
		}
	}
}
