package probe

import (
	"fmt"
	"strings"
	"testing"

	"mailprobe/wire"
)

func TestBound(t *testing.T) {
	for name, c := range map[string]struct {
		facts, length int
		want          int // of each text
	}{
		"short":        {100, 100, 100},
		"one long":     {1, 1 << 20, maxText},
		"a few long":   {3, 1 << 20, maxText},
		"many long":    {20, 1 << 20, 512},
		"far too many": {5000, 1 << 10, minText},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Result{Steps: []Step{{Name: "look"}}}
			for i := range c.facts {
				r.Steps[0].Learn(Text(fmt.Sprint("fact_", i), strings.Repeat("x", c.length)))
			}
			r.bound()
			for _, f := range r.Steps[0].Facts {
				if len(f.Text) != c.want {
					t.Fatalf("%s has %d bytes, want %d", f.Name, len(f.Text), c.want)
				}
			}
		})
	}
}

// TestBoundAfterRedaction: a secret at the edge of what is kept is masked first.
func TestBoundAfterRedaction(t *testing.T) {
	r := &Result{Steps: []Step{{Name: "look", Detail: strings.Repeat("x", maxText-12) + " wonderland-1865"}}}
	r.Transcript = &wire.Transcript{}
	r.Transcript.Hide("wonderland-1865")
	r.redact()
	r.bound()
	if d := r.Steps[0].Detail; strings.Contains(d, "wonder") || !strings.HasSuffix(d, "x ***") {
		t.Errorf("the detail ends in %q", d[len(d)-20:])
	}
}
