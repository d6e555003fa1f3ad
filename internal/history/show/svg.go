package show

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// Bars is the uptime of each day as a row of bars, in SVG.
type Bars struct {
	Width int // of the drawing, in its own units
	Bars  []Bar
	Label string   // for screen readers
	Dates []string // of the first, the middle and the last bar
}

// Bar is one day: results that are OK at the bottom, others above them, in proportion.
// Statuses differ in shape as well as in colour.
type Bar struct {
	Title string
	Parts []Part
}

// Part is a rectangle; Class is a status in lower case, or none.
type Part struct {
	Class               string
	X, Y, Width, Height int
}

// The dimensions of the bars.
const (
	barWidth  = 8
	barStep   = 10
	barHeight = 32
	leastPart = 9 // of barHeight, so that a failure of minutes is visible
)

// slots returns the beginnings of all entries of the time shown.
func (d *Data) slots() []time.Time {
	var all []time.Time
	for at := d.Since.UTC().Truncate(d.Each); !at.After(d.Until); at = at.Add(d.Each) {
		all = append(all, at)
	}
	return all
}

func (d *Data) Bars(c Check) Bars {
	slots := d.slots()
	days := map[int64]history.Day{}
	for _, day := range c.Days {
		days[day.Date.Unix()] = day
	}
	first, middle, last := d.slotName(slots[0]), d.slotName(slots[len(slots)/2]), d.slotName(slots[len(slots)-1])
	out := Bars{
		Width: max(len(slots)*barStep-(barStep-barWidth), barWidth),
		Label: fmt.Sprintf("uptime from %s to %s: %s", first, last, Uptime(c.All.Counts)), Dates: []string{first},
	}
	if len(slots) > 2 {
		out.Dates = append(out.Dates, middle)
	}
	if len(slots) > 1 {
		out.Dates = append(out.Dates, last)
	}
	for i, at := range slots {
		b := Bar{d.slotName(at) + ": no results", shape("none", barHeight)}
		if day, ok := days[at.Unix()]; ok {
			b = Bar{d.slotName(at) + ": " + countsText(day.Counts), paint(day.Counts)}
		}
		for j := range b.Parts {
			b.Parts[j].X += i * barStep
		}
		out.Bars = append(out.Bars, b)
	}
	return out
}

// paint returns the parts of a bar: below the results that were silenced, above the others.
func paint(c history.Counts) []Part {
	all, silenced := c.Total(), c.Silenced
	c.Silenced = 0
	switch silenced {
	case 0:
		return paintHeard(c, barHeight)
	case all:
		return shape("silenced", barHeight)
	}
	lower := min(max(leastPart, int(silenced*barHeight/all)), barHeight/2)
	parts := shape("silenced", lower)
	parts[0].Y = barHeight - lower
	return append(parts, paintHeard(c, barHeight-lower)...)
}

// paintHeard returns the parts of a bar, divided by the share of results that were not OK.
func paintHeard(c history.Counts, height int) []Part {
	worst := strings.ToLower(c.Worst().String())
	bad := float64(c.Warning+c.Critical+c.Unknown) / float64(c.Total())
	switch {
	case bad == 0 && c.OK == 0:
		return shape("skipped", height)
	case bad == 0:
		return shape("ok", height)
	case bad == 1:
		return shape(worst, height)
	}
	upper := min(max(leastPart, int(bad*float64(height))), height-1)
	return append(shape(worst, upper), Part{"ok", 0, upper, barWidth, height - upper})
}

// shape returns the upper part of a bar: solid for OK, broken for a warning, thin for a
// failure, two lines for unknown, a line in the middle for what was silenced.
func shape(class string, height int) []Part {
	const gap = 4
	switch half := (height - gap) / 2; class {
	case "warning":
		return []Part{{class, 0, 0, barWidth, half}, {class, 0, height - half, barWidth, half}}
	case "critical":
		return []Part{{class, barWidth / 4, 0, barWidth / 2, height}}
	case "silenced":
		return []Part{{class, barWidth * 3 / 8, 0, barWidth / 4, height}}
	case "unknown":
		return []Part{{class, 0, 0, barWidth / 4, height}, {class, barWidth * 3 / 4, 0, barWidth / 4, height}}
	}
	return []Part{{class, 0, 0, barWidth, height}}
}

// Legend returns a bar of each shape, with its meaning as the title; that of what was
// silenced only where there is such.
func Legend(silenced bool) []Bar {
	var all []Bar
	for _, l := range []struct{ class, text string }{
		{"ok", "OK"}, {"warning", "warnings"}, {"critical", "failures"}, {"unknown", "unknown"}, {"none", "no results"},
	} {
		all = append(all, Bar{l.text, shape(l.class, barHeight)})
	}
	if silenced {
		all = append(all, Bar{"silenced", shape("silenced", barHeight)})
	}
	return all
}

// slotName returns the date of an entry.
func (d *Data) slotName(at time.Time) string {
	if d.Each < 24*time.Hour {
		return at.Format("2 Jan 15:04")
	}
	return at.Format("2 Jan 2006")
}

// countsText returns the number of results by status.
func countsText(c history.Counts) string {
	text := Uptime(c) + " up"
	if up, known := c.Up(); !known {
		text = "not known"
	} else if up == 1 && c.Warning+c.Unknown+c.Silenced == 0 {
		return text + fmt.Sprintf(", %d results", c.Total())
	}
	for _, n := range []struct {
		count int64
		word  string
	}{{c.OK, "OK"}, {c.Warning, "warning"}, {c.Refused, "of them refused"}, {c.Critical, "critical"}, {c.Unknown, "unknown"}, {c.Skipped, "skipped"}, {c.Silenced, "silenced"}} {
		if n.count > 0 {
			text += fmt.Sprintf(", %d %s", n.count, n.word)
		}
	}
	return text
}

// Chart has the times of one step over the days, in SVG: a line for the median, and a
// band from the shortest time to the 95th percentile.
type Chart struct {
	Name            string
	Median, Most    string // median and 95th percentile of all days
	Width, Height   int
	Line, Band      string // paths
	Dots            []Dot
	Points          []Point
	Scale, From, To string
}

// Point is an area that shows the values of a day when the pointer is over it.
type Point struct {
	X, Width string
	Title    string
	At, To   string // the limits of its time, as RFC 3339
}

// Dot marks a day without a neighbour to draw a line to.
type Dot struct{ X, Y string }

// The dimensions of a chart, in its own units, and its limits.
const (
	chartWidth   = 320
	chartHeight  = 96
	maxCharts    = 16
	shortestStep = 100 * time.Microsecond // steps that never took longer have no chart
)

// Charts returns the charts of a check: the total first, then the steps in their order.
func (d *Data) Charts(c Check) []Chart {
	var all []Chart
	for _, name := range append([]string{history.Total}, stepNames(c, c.All)...) {
		sum := c.All.Times[name]
		if sum == nil || sum.Count == 0 || sum.Max < shortestStep || len(all) == maxCharts {
			continue
		}
		all = append(all, d.chart(c, name, sum))
	}
	return all
}

// maxPoints is the maximum number of points in a chart, unless Data.Points says another. If
// there are more entries, several are merged, so that a page of many checks is not too
// large for a phone.
const maxPoints = 45

func (d *Data) chart(c Check, name string, sum *history.Times) Chart {
	slots := d.slots()
	limit := cmp.Or(d.Points, maxPoints)
	each := (len(slots) + limit - 1) / limit
	times := make([]history.Times, (len(slots)+each-1)/each)
	for _, day := range c.Days {
		i := int(day.Date.Sub(slots[0])/d.Each) / each
		if t := day.Times[name]; t != nil && i >= 0 && i < len(times) {
			times[i].Merge(t)
		}
	}
	p := newPlotter(times)
	out := Chart{
		Name: report.Clean(name), Median: probe.FormatDuration(sum.Percentile(50)), Most: probe.FormatDuration(sum.Percentile(95)),
		Width: chartWidth, Height: chartHeight, Scale: probe.FormatDuration(p.top),
		From: d.slotName(slots[0]), To: d.slotName(slots[len(slots)-1]),
	}
	for i := range times {
		if t := &times[i]; t.Count > 0 {
			p.add(i, t)
			at := p.point(i, d.slotsName(slots, i*each, each), t)
			if d.Points > 0 { // they can be zoomed into
				at.At, at.To = slots[i*each].Format(time.RFC3339), slots[i*each].Add(time.Duration(each)*d.Each).Format(time.RFC3339)
			}
			out.Points = append(out.Points, at)
		}
	}
	out.Line, out.Band, out.Dots = p.paths()
	return out
}

// slotsName returns the dates of several entries.
func (d *Data) slotsName(slots []time.Time, first, n int) string {
	last := min(first+n, len(slots)) - 1
	if last == first {
		return d.slotName(slots[first])
	}
	return d.slotName(slots[first]) + " to " + d.slotName(slots[last])
}

// plotter converts times to coordinates of a chart.
type plotter struct {
	top   time.Duration // the time at the upper edge
	step  float64       // between two entries
	runs  [][]place     // entries without a gap between them
	lastI int
}

type place struct{ x, low, middle, high float64 }

// newPlotter returns a plotter scaled to the highest 95th percentile.
func newPlotter(times []history.Times) *plotter {
	p := &plotter{step: float64(chartWidth) / float64(len(times)), lastI: -2}
	for i := range times {
		p.top = max(p.top, times[i].Percentile(95))
	}
	p.top = roundUp(p.top)
	return p
}

// roundUp returns the next round number.
func roundUp(d time.Duration) time.Duration {
	for unit := time.Microsecond / 10; ; unit *= 10 {
		for _, n := range []time.Duration{10, 12, 15, 20, 25, 30, 40, 50, 60, 80} {
			if n*unit >= d || unit > 1000*time.Hour {
				return n * unit
			}
		}
	}
}

func (p *plotter) y(d time.Duration) float64 {
	return math.Max(0, chartHeight*(1-float64(d)/float64(p.top)))
}

func (p *plotter) add(i int, t *history.Times) {
	at := place{(float64(i) + 0.5) * p.step, p.y(t.Min), p.y(t.Percentile(50)), p.y(t.Percentile(95))}
	if i != p.lastI+1 {
		p.runs = append(p.runs, nil)
	}
	last := &p.runs[len(p.runs)-1]
	*last = append(*last, at)
	p.lastI = i
}

func (p *plotter) point(i int, name string, t *history.Times) Point {
	return Point{
		X: short(float64(i) * p.step), Width: short(p.step),
		Title: fmt.Sprintf("%s: median %s, 95 %% %s, %s to %s, mean %s, %d times", name,
			probe.FormatDuration(t.Percentile(50)), probe.FormatDuration(t.Percentile(95)),
			probe.FormatDuration(t.Min), probe.FormatDuration(t.Max), probe.FormatDuration(t.Average()), t.Count),
	}
}

// paths returns the line of the medians, the band around it, and the isolated days.
func (p *plotter) paths() (line, band string, dots []Dot) {
	var l, b strings.Builder
	for _, run := range p.runs {
		if len(run) == 1 {
			dots = append(dots, Dot{short(run[0].x), short(run[0].middle)})
			continue
		}
		for i, at := range run {
			mark := "L"
			if i == 0 {
				mark = "M"
			}
			l.WriteString(mark + short(at.x) + " " + short(at.middle))
			b.WriteString(mark + short(at.x) + " " + short(at.high))
		}
		for i := len(run) - 1; i >= 0; i-- {
			b.WriteString("L" + short(run[i].x) + " " + short(run[i].low))
		}
		b.WriteString("Z")
	}
	return l.String(), b.String(), dots
}

// short formats a coordinate.
func short(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}
