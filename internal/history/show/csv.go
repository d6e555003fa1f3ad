package show

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
)

// csvHeader has the names of the columns, which are a promise. Times are in seconds,
// uptime is from 0 to 1 and empty if it is not known; refused is the number of warnings in
// which the server refused what the check is for, and silenced that of the results within
// silences and maintenance windows, which are in no other number.
var csvHeader = []string{
	"start", "name", "check", "target", "uptime", "ok", "warning", "critical", "unknown", "skipped",
	"time", "count", "min", "average", "p50", "p95", "p99", "max", "refused", "silenced",
}

// CSV writes a line for each check, day, and time (RFC 4180): that of the whole result,
// which is called total, of each step, and of each fact that is a time.
func (d *Data) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	for _, c := range d.Checks {
		for _, day := range c.Days {
			for _, line := range c.lines(day) {
				if err := out.Write(line); err != nil {
					return err
				}
			}
		}
	}
	out.Flush()
	return out.Error()
}

// lines returns the lines of one day: at least one, even if nothing was timed.
func (c Check) lines(d history.Day) [][]string {
	up := ""
	if share, known := d.Up(); known {
		up = strconv.FormatFloat(share, 'f', 6, 64)
	}
	head := []string{d.Date.Format(time.RFC3339), report.Inert(c.Name), report.Inert(c.Kind), report.Inert(c.Target), up}
	for _, n := range []int64{d.OK, d.Warning, d.Critical, d.Unknown, d.Skipped} {
		head = append(head, fmt.Sprint(n))
	}
	if len(d.Times) == 0 {
		return [][]string{append(head, history.Total, "0", "", "", "", "", "", "", fmt.Sprint(d.Refused), fmt.Sprint(d.Silenced))}
	}
	var lines [][]string
	for _, name := range slices.Sorted(maps.Keys(d.Times)) {
		t := d.Times[name]
		line := append(slices.Clone(head), report.Inert(name), fmt.Sprint(t.Count))
		for _, v := range []time.Duration{t.Min, t.Average(), t.Percentile(50), t.Percentile(95), t.Percentile(99), t.Max} {
			line = append(line, strconv.FormatFloat(v.Seconds(), 'f', 6, 64))
		}
		lines = append(lines, append(line, fmt.Sprint(d.Refused), fmt.Sprint(d.Silenced)))
	}
	return lines
}
