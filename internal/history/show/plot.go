package show

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/guptarohit/asciigraph"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

const (
	plotHeight = 10
	plotMargin = 14 // columns for the scale
)

// plot returns a plot of the 50th and the 95th percentile of each day.
func (t table) plot() string {
	days := t.merged()
	var half, most []float64
	for _, d := range days {
		total := d.Times[history.Total]
		if total == nil {
			half, most = append(half, math.NaN()), append(most, math.NaN())
			continue
		}
		half, most = append(half, total.Percentile(50).Seconds()), append(most, total.Percentile(95).Seconds())
	}
	if len(days) < 3 || !slices.ContainsFunc(half, func(v float64) bool { return !math.IsNaN(v) }) {
		return ""
	}
	options := []asciigraph.Option{
		asciigraph.Height(plotHeight), asciigraph.Width(min(t.Columns()-plotMargin, 100)), asciigraph.LowerBound(0),
		asciigraph.Caption("whole check: p50 and, above it, p95; " + t.date(days[0].Date) + " to " + t.date(days[len(days)-1].Date)),
		asciigraph.YAxisValueFormatter(func(v float64) string {
			return probe.FormatDuration(time.Duration(v * float64(time.Second)).Round(time.Microsecond))
		}),
	}
	if t.Color {
		options = append(options, asciigraph.SeriesColors(asciigraph.Gray, asciigraph.Green))
	}
	return asciigraph.PlotMany([][]float64{most, half}, options...) + "\n"
}

// stepNames returns the names of all times of a check but the total: those of the last
// result in its order, then the others.
func stepNames(c Check, all history.Day) []string {
	var names []string
	add := func(name string) {
		if t := all.Times[name]; t != nil && t.Count > 0 && name != history.Total && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if c.Latest != nil {
		for _, s := range c.Latest.Steps {
			add(s.Name)
			for _, f := range s.Facts {
				add(f.Name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all.Times)) {
		add(name)
	}
	return names
}
