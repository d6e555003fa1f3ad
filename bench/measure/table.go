// Package measure compares programs that take turns, and prints what came of it as a
// table of Markdown.
package measure

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Row is one figure.
type Row struct{ Figure, Mine, Peer, Ratio, Goal string }

// Table collects the figures of a benchmark. The zero value is empty.
type Table struct{ rows []Row }

// Add adds a row.
func (t *Table) Add(r Row) { t.rows = append(t.rows, r) }

// String returns the table in Markdown.
func (t *Table) String() string {
	var b strings.Builder
	b.WriteString("| figure | mailprobe | peer | ratio | goal |\n|---|---|---|---|---|\n")
	for _, r := range t.rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.Figure, r.Mine, r.Peer, r.Ratio, r.Goal)
	}
	return b.String()
}

// Compared are the medians of a comparison.
type Compared struct{ Mine, Peer, Ratio float64 }

// Pairs runs two measurements n times in turn, mine first, after one of each that
// does not count. The ratio is the median of those of the pairs.
func Pairs(n int, mine, peer func() (float64, error)) (Compared, error) {
	var a, b, ratios []float64
	for i := range n + 1 {
		x, err := mine()
		if err != nil {
			return Compared{}, err
		}
		y, err := peer()
		if err != nil {
			return Compared{}, err
		}
		if i > 0 {
			a, b, ratios = append(a, x), append(b, y), append(ratios, x/y)
		}
	}
	return Compared{Median(a), Median(b), Median(ratios)}, nil
}

// Median returns the median of values, which it sorts.
func Median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// Goal is what a ratio ought to be.
type Goal struct {
	Text string
	Met  func(ratio float64) bool
}

// AtMost is the goal of a ratio that is not above limit.
func AtMost(limit float64) Goal {
	return Goal{fmt.Sprintf("at most %g", limit), func(ratio float64) bool { return ratio <= limit }}
}

// Verdict returns the goal and whether it is met.
func (g Goal) Verdict(ratio float64) string { return Verdict(g.Text, g.Met(ratio)) }

// Verdict returns a goal and whether it is met.
func Verdict(goal string, met bool) string {
	if met {
		return goal + ": met"
	}
	return goal + ": **missed**"
}

// Milliseconds shows a time that is given in seconds.
func Milliseconds(s float64) string {
	return fmt.Sprintf("%.1f ms", s*float64(time.Second/time.Millisecond))
}
