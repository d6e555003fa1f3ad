package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// row is one figure.
type row struct{ figure, mine, peer, ratio, goal string }

// table is what is printed.
type table struct{ rows []row }

func (t *table) add(r row) { t.rows = append(t.rows, r) }

// String returns the table in Markdown.
func (t *table) String() string {
	var b strings.Builder
	b.WriteString("| figure | mailprobe | peer | ratio | goal |\n|---|---|---|---|---|\n")
	for _, r := range t.rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.figure, r.mine, r.peer, r.ratio, r.goal)
	}
	return b.String()
}

// compared are the medians of a comparison.
type compared struct{ mine, peer, ratio float64 }

// pairs lets two measurements take turns, mine first, after one of each that
// does not count.
func pairs(n int, mine, peer func() (float64, error)) (compared, error) {
	var a, b, ratios []float64
	for i := range n + 1 {
		x, err := mine()
		if err != nil {
			return compared{}, err
		}
		y, err := peer()
		if err != nil {
			return compared{}, err
		}
		if i > 0 {
			a, b, ratios = append(a, x), append(b, y), append(ratios, x/y)
		}
	}
	return compared{median(a), median(b), median(ratios)}, nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// goal is what a ratio ought to be.
type goal struct {
	text string
	met  func(ratio float64) bool
}

func (g goal) verdict(ratio float64) string { return verdict(g.text, g.met(ratio)) }

// verdict marks whether a goal is met.
func verdict(goal string, met bool) string {
	if met {
		return goal + ": met"
	}
	return goal + ": **missed**"
}

func milliseconds(s float64) string {
	return fmt.Sprintf("%.1f ms", s*float64(time.Second/time.Millisecond))
}

func perSecond(rate float64) string { return fmt.Sprintf("%.0f/s", rate) }

func mebibytes(n float64) string { return fmt.Sprintf("%.1f MiB", n/(1<<20)) }

func kibibytes(n float64) string { return fmt.Sprintf("%.1f KiB", n/(1<<10)) }
