package show

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// The limits of a table.
const (
	maxIncidents = 20
	maxDays      = 92
	stamp        = "2006-01-02 15:04"
)

// Table writes the data for people: for one check its days, its steps, a plot and its
// incidents; for several a line each, and the incidents of all.
func (d *Data) Table(w io.Writer, o report.Options) error {
	t := table{d, o}
	parts := []string{t.head(), t.checks()}
	if d.single() {
		parts = append(parts, t.plot(), t.days(), t.steps())
	}
	parts = append(parts, t.incidents())
	var shown []string
	for _, p := range parts {
		if p != "" {
			shown = append(shown, p)
		}
	}
	_, err := io.WriteString(w, strings.Join(shown, "\n"))
	return err
}

// single reports whether all series are of one check.
func (d *Data) single() bool {
	for _, c := range d.Checks {
		if c.Name != d.Checks[0].Name {
			return false
		}
	}
	return len(d.Checks) > 0
}

type table struct {
	*Data
	report.Options
}

func (t table) head() string {
	text := fmt.Sprintf("%s to %s UTC", t.Since.UTC().Format(stamp), t.Until.UTC().Format(stamp))
	if t.Run != nil {
		text += fmt.Sprintf(", last run %s", t.Run.Start.UTC().Format(stamp))
	}
	return text + "\n"
}

func (t table) checks() string {
	if len(t.Checks) == 0 {
		return "no results\n"
	}
	heads, times := []string{"P50", "P95", "P99", "MAX"}, 4
	if t.Columns() < wide {
		times = 2
	}
	var rows [][]string
	for _, c := range t.Checks {
		row := []string{t.Word(c.Status()), report.Clean(c.Name), report.Clean(c.Kind + " " + c.Target), Uptime(c.All.Counts)}
		row = append(row, spans(c.All.Times[history.Total])[:times]...)
		rows = append(rows, append(row, fmt.Sprint(t.Data.incidents(c.Name))))
	}
	head := append([]string{"STATUS", "CHECK", "TARGET", "UPTIME"}, heads[:times]...)
	head = append(head, "INCIDENTS")
	t.Fit(head, rows, 1, 2)
	return t.Grid(head, rows, 3, 4, 5, 6, 7) +
		t.named("out of date: ", func(c Check) bool { return c.Stale }) +
		t.named("silenced: ", func(c Check) bool { return c.Silenced != nil })
}

// named returns a line with the names of some checks, empty if there are none.
func (t table) named(label string, is func(Check) bool) string {
	var names []string
	for _, c := range t.Checks {
		if is(c) && !slices.Contains(names, report.Clean(c.Name)) {
			names = append(names, report.Clean(c.Name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	if over := len(names) - maxNamed; over > 0 {
		names = append(names[:maxNamed], fmt.Sprintf("%d more", over))
	}
	return label + strings.Join(names, ", ") + "\n"
}

// maxNamed is the maximum number of names in that line.
const maxNamed = 10

// wide is the width from which on all percentiles of a check are shown.
const wide = 100

// spans returns the percentiles of times, a cell each.
func spans(t *history.Times) []string {
	if t == nil || t.Count == 0 {
		return []string{"-", "-", "-", "-"}
	}
	var all []string
	for _, v := range []time.Duration{t.Percentile(50), t.Percentile(95), t.Percentile(99), t.Max} {
		all = append(all, probe.FormatDuration(v))
	}
	return all
}

// Uptime formats a share in percent. It is 100 % only if there was no failure at all.
func Uptime(c history.Counts) string {
	up, known := c.Up()
	switch {
	case !known:
		return "-"
	case up == 1:
		return "100 %"
	}
	return fmt.Sprintf("%.2f %%", min(up*100, 99.99))
}

// days returns the days of a check, all its targets together.
func (t table) days() string {
	all := t.merged()
	var rows [][]string
	for i := len(all) - 1; i >= 0 && len(rows) < maxDays; i-- {
		d := all[i]
		rows = append(rows, append([]string{t.date(d.Date), Uptime(d.Counts), fmt.Sprint(d.Counts.Total()), fmt.Sprint(d.Silenced)}, spans(d.Times[history.Total])...))
	}
	if len(rows) == 0 {
		return ""
	}
	head := []string{"DAY (UTC)", "UPTIME", "RESULTS", "SILENCED", "P50", "P95", "P99", "MAX"}
	if t.Each < 24*time.Hour {
		head[0] = "HOUR (UTC)"
	}
	const silenced = 3
	if !slices.ContainsFunc(rows, func(row []string) bool { return row[silenced] != "0" }) {
		head = slices.Delete(head, silenced, silenced+1)
		for i := range rows {
			rows[i] = slices.Delete(rows[i], silenced, silenced+1)
		}
	}
	return t.Grid(head, rows, 1, 2, 3, 4, 5, 6, 7)
}

// date formats the beginning of an entry.
func (d *Data) date(at time.Time) string {
	if d.Each < 24*time.Hour {
		return at.UTC().Format(stamp)
	}
	return at.UTC().Format(time.DateOnly)
}

// merged returns the days of all series together.
func (d *Data) merged() []history.Day {
	var all []history.Day
	for at := d.Since.UTC().Truncate(d.Each); !at.After(d.Until); at = at.Add(d.Each) {
		sum := history.Day{Date: at}
		for _, c := range d.Checks {
			if day, ok := c.day(at); ok {
				sum.Merge(day)
			}
		}
		if sum.Counts.Total() > 0 {
			all = append(all, sum)
		}
	}
	return all
}

// day returns the entry of a date.
func (c Check) day(at time.Time) (history.Day, bool) {
	for _, d := range c.Days {
		if d.Date.Equal(at) {
			return d, true
		}
	}
	return history.Day{}, false
}

// steps returns the times of each step, all days and targets together.
func (t table) steps() string {
	var all history.Day
	for _, c := range t.Checks {
		all.Merge(c.All)
	}
	var rows [][]string
	for _, name := range stepNames(t.Checks[0], all) {
		rows = append(rows, append([]string{report.Clean(name)}, spans(all.Times[name])...))
	}
	if len(rows) == 0 {
		return ""
	}
	return t.Grid([]string{"STEP", "P50", "P95", "P99", "MAX"}, rows, 1, 2, 3, 4)
}

func (t table) incidents() string {
	var rows [][]string
	for _, i := range t.Incidents[:min(len(t.Incidents), maxIncidents)] {
		took := probe.FormatSpan(i.Duration(t.Until))
		if i.Open() {
			took += " so far"
		}
		rows = append(rows, []string{
			t.Word(i.Worst), i.Opened.UTC().Format(stamp), took, report.Clean(i.Name), acknowledgedBy(i) + report.Clean(i.Summary),
		})
	}
	if len(rows) == 0 {
		return "no incidents\n"
	}
	head := []string{"WORST", "INCIDENT BEGAN", "TOOK", "CHECK", "SUMMARY"}
	t.Fit(head, rows, 3, 4)
	text := t.Grid(head, rows)
	if more := len(t.Incidents) - maxIncidents; more > 0 {
		text += fmt.Sprintf("%d more are not shown; -o json has all\n", more)
	}
	return text
}

// acknowledgedBy returns who has taken an incident on, in brackets before its summary;
// empty where nobody has.
func acknowledgedBy(i history.Incident) string {
	e := i.Acknowledged()
	if e == nil {
		return ""
	}
	return "(acknowledged by " + report.Clean(e.By) + ") "
}
