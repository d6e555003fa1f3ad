package suite

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

// chain is a file of n checks, each of which depends on the one before it.
func chain(n int, first string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "checks:\n- {name: c0, kind: fake, target: h0%s}\n", first)
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "- {name: c%d, kind: fake, target: h%d, depends_on: c%d}\n", i, i, i-1)
	}
	return b.String()
}

func TestCycles(t *testing.T) {
	for name, c := range map[string]struct{ checks, want string }{
		"chain":            {"a: b, b: c, c:", ""},
		"diamond":          {"a: b c, b: d, c: d, d:", ""},
		"itself":           {"a: a", "a a"},
		"two":              {"a: b, b: a", "a b a"},
		"behind":           {"a: b, b: c, c: b", "b c b"},
		"two circles":      {"a: b, b: a, c: d, d: c", "a b a|c d c"},
		"turned":           {"c: b, b: a, a: b", "b a b"},
		"found from later": {"x: d, a: b, b: d, d: a", "a b d a"},
		"figure of eight":  {"a: b c, b: a, c: a", "a b a|a c a"},
		"nobody":           {"a: nobody", ""},
	} {
		t.Run(name, func(t *testing.T) {
			byName := map[string]*entry{}
			var entries []*entry
			for text := range strings.SplitSeq(c.checks, ",") {
				check, on, _ := strings.Cut(strings.TrimSpace(text), ":")
				e := &entry{Check: &Check{Name: check}}
				e.DependsOn = strings.Fields(on)
				entries = append(entries, e)
				byName[check] = e
			}
			var got []string
			for _, cycle := range findCycles(entries, byName) {
				got = append(got, strings.Join(cycle, " "))
			}
			if strings.Join(got, "|") != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// proportionate fails the test where something takes far longer than ten times as long
// with ten times as much: a hundred times is what one step for each pair takes. On a busy
// machine either measurement may be wrong, so one of several tries is enough.
func proportionate(t *testing.T, n int, do func(n int)) {
	t.Helper()
	const tries, most = 5, 40
	var ratios []string
	for range tries {
		few, many := took(func() { do(n) }), took(func() { do(10 * n) })
		if many < most*few {
			return
		}
		ratios = append(ratios, fmt.Sprintf("%.0f (%s, %s)", float64(many)/float64(few), few, many))
	}
	t.Errorf("ten times as much takes %s times as long", strings.Join(ratios, ", "))
}

func took(do func()) time.Duration {
	begin := time.Now()
	do()
	return time.Since(begin)
}

// TestLongChain: ten thousand checks in a chain are read in ten times the time of a
// thousand; to look at each of them from each other would take hours. A circle of as
// many is reported in a line.
func TestLongChain(t *testing.T) {
	f := &fake{}
	proportionate(t, 1_000, func(n int) {
		s, problems := Parse("checks.yaml", []byte(chain(n, "")), f.kinds())
		if problems = s.Prepare(t.Context(), problems); len(problems) > 0 {
			t.Error(problems)
		}
	})
	_, problems := Parse("checks.yaml", []byte(chain(10_000, ", depends_on: c9999")), f.kinds())
	want := "check c0 depends on itself: c0 -> c9999 -> c9998 -> c9997 -> c9996 -> c9995 -> c9994 -> c9993 -> c9992 -> c9991 -> (9990 more) -> c0"
	if len(problems) != 1 || problems[0].Text != want {
		t.Errorf("%v, want %q", problems, want)
	}
}

// TestLongChainRuns: where the first of a chain is down each of the others says so in
// a line that is no longer for the last than for the third.
func TestLongChainRuns(t *testing.T) {
	f := reporting(func(string) probe.Status { return probe.Critical })
	s := f.parse(t, chain(10_000, ""))
	runner := Runner{Jobs: 10, PerHost: 4}
	all := runner.Run(context.Background(), s.Items(), nil)
	for i, want := range map[int]string{
		0:    "look: the server answered \"452 full\"",
		1:    "c0 is CRITICAL: look: the server answered \"452 full\"",
		2:    "c1 is SKIPPED: c0 is CRITICAL: look: the server answered \"452 full\"",
		9999: "c9998 is SKIPPED: c0 is CRITICAL: look: the server answered \"452 full\"",
	} {
		if got := all[i].Worst().Summary; got != want {
			t.Errorf("check %d: %q, want %q", i, got, want)
		}
	}
}
