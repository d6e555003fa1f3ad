package show

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/plainjson"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// The limits of a list of failures: of a table, and of JSON and CSV.
const (
	MaxFailureRows = 50
	MaxFailures    = 10_000
)

// Failures are the results of a check that were not OK.
type Failures struct {
	Name         string
	Since, Until time.Time
	// All are the results, the latest first; More is the number of earlier ones.
	All  []history.Single
	More int
}

// Table writes a line for each failure, for people.
func (f *Failures) Table(w io.Writer, o report.Options) error {
	t := table{&Data{}, o}
	head := []string{"STATUS", "TIME (UTC)", "CAUSE", "TARGET", "SUMMARY"}
	several := f.targets() > 1
	if !several {
		head = append(head[:3], "SUMMARY")
	}
	var rows [][]string
	for i, one := range f.All {
		r, said := one.Result, report.Clean(one.Result.Summary)
		if i > 0 && f.All[i-1].Result.Summary == r.Summary {
			said = "the same"
		}
		if r.Silenced != nil {
			said = "(silenced) " + said
		}
		row := []string{t.Word(r.Status), r.Start.UTC().Format(time.DateTime), report.Clean(causeOf(r).Name)}
		if several {
			row = append(row, report.Clean(one.Target))
		}
		rows = append(rows, append(row, said))
	}
	text := "no failures\n"
	if len(rows) > 0 {
		t.Fit(head, rows, len(head)-2, len(head)-1)
		text = t.Grid(head, rows)
	}
	if f.More > 0 {
		text += fmt.Sprintf("%d earlier ones are not shown; -o csv lists up to %d\n", f.More, MaxFailures)
	}
	_, err := io.WriteString(w, fmt.Sprintf("%s, %s to %s UTC\n\n%s", report.Clean(f.Name),
		f.Since.UTC().Format(stamp), f.Until.UTC().Format(stamp), text))
	return err
}

// targets returns the number of different targets.
func (f *Failures) targets() int {
	seen := map[string]bool{}
	for _, one := range f.All {
		seen[one.Target] = true
	}
	return len(seen)
}

// causeOf returns the cause of a result, an empty one if it is not known.
func causeOf(r *probe.Result) probe.Cause {
	if r.Cause == nil {
		return probe.Cause{}
	}
	return *r.Cause
}

// The names below are a promise: they are what "mailprobe history --failures -o json"
// prints.

type failuresJSON struct {
	Name     string        `json:"name"`
	Since    time.Time     `json:"since"`
	Until    time.Time     `json:"until"`
	Failures []failureJSON `json:"failures"`
	More     int           `json:"more"`
}

type failureJSON struct {
	Start    time.Time    `json:"start"`
	Check    string       `json:"check"`
	Target   string       `json:"target"`
	Status   probe.Status `json:"status"`
	Cause    string       `json:"cause,omitempty"`
	Blame    probe.Blame  `json:"blame,omitempty"`
	Refused  bool         `json:"refused,omitempty"`
	Silenced bool         `json:"silenced,omitempty"`
	Elapsed  float64      `json:"elapsed"`
	Summary  string       `json:"summary"`
	Whole    bool         `json:"whole"`
}

// JSON writes the failures as one object.
func (f *Failures) JSON(w io.Writer) error {
	out := failuresJSON{Name: report.Clean(f.Name), Since: f.Since, Until: f.Until, Failures: []failureJSON{}, More: f.More}
	for _, one := range f.All {
		out.Failures = append(out.Failures, encodeFailure(one))
	}
	return plainjson.Write(w, out)
}

func encodeFailure(one history.Single) failureJSON {
	r := one.Result
	return failureJSON{
		Start: r.Start.UTC(), Check: report.Clean(one.Kind), Target: report.Clean(one.Target), Status: r.Status,
		Cause: report.Clean(causeOf(r).Name), Blame: causeOf(r).Blame, Refused: r.Refused, Silenced: r.Silenced != nil, Elapsed: r.Elapsed.Seconds(),
		Summary: report.Clean(r.Summary), Whole: one.Whole,
	}
}

// failuresHeader has the names of the columns, which are a promise.
var failuresHeader = []string{"start", "name", "check", "target", "status", "cause", "blame", "elapsed", "summary", "silenced"}

// CSV writes a line for each failure (RFC 4180).
func (f *Failures) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(failuresHeader); err != nil {
		return err
	}
	for _, one := range f.All {
		r, c := one.Result, causeOf(one.Result)
		err := out.Write([]string{
			r.Start.UTC().Format(time.RFC3339), report.Inert(f.Name), report.Inert(one.Kind), report.Inert(one.Target), r.Status.String(),
			report.Inert(c.Name), report.Inert(string(c.Blame)), strconv.FormatFloat(r.Elapsed.Seconds(), 'f', 6, 64), report.Inert(r.Summary),
			strconv.FormatBool(r.Silenced != nil),
		})
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
