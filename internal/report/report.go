// Package report shows results: to people as a table, to programs as JSON, to
// monitoring systems in their own formats, to tests as a transcript.
//
// It knows results only, and no protocol. Whatever a result says may come from a
// hostile server, so every text goes through clean before a format escapes it for
// its own grammar.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"mailprobe/probe"
)

// Options are the wishes that every format is told. The zero value is right for
// a pipe.
type Options struct {
	// Verbose adds what was said on the wire, and leaves nothing out.
	Verbose bool
	// Quiet leaves out results that are OK, where the format can do without.
	Quiet bool
	// Color allows escape sequences for colours.
	Color bool
	// Width is that of the terminal in columns, 0 where there is none.
	Width int
	// Labels are constant labels of every Prometheus series.
	Labels Labels
	// Munin is what the formats for Munin depend on.
	Munin Munin
}

// Printer shows results one after the other.
type Printer interface {
	// Print shows a result, or keeps what Close needs of it. The result is not
	// changed.
	Print(*probe.Result) error
	// Close shows what can be shown only when all results are known. It does
	// not close the writer.
	Close() error
}

// format is a way to show results.
type format struct {
	name string
	new  func(io.Writer, Options) Printer
	// polled reports that a monitoring system reads it, to which no output is a fault:
	// it shows all results, whatever Options.Quiet says.
	polled bool
	// selfContained reports that its readers learn the verdict from the output alone, and
	// take an exit code other than 0 for a program that failed.
	selfContained bool
	// problem returns the output that says why there are no results; nil where that is
	// said elsewhere.
	problem func(text string) string
}

// formats are all there are, the default first.
var formats = []format{
	{name: "table", new: newTable},
	{name: "json", new: newJSON},
	{name: "jsonl", new: newJSONLines},
	{name: "nagios", new: newNagios, polled: true, problem: nagiosProblem},
	{name: "prometheus", new: newPrometheus, polled: true},
	{name: "line", new: newLine, polled: true, problem: lineProblem},
	{name: "munin", new: newMunin, polled: true, selfContained: true},
	{name: "munin-config", new: newMuninConfig, polled: true, selfContained: true},
	{name: "csv", new: newCSV},
	{name: "transcript", new: newTranscript},
}

// Formats returns the names that New takes, the default first.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// IsPolled reports whether a format is read by a monitoring system, to which no output
// is a fault.
func IsPolled(name string) bool {
	return slices.ContainsFunc(formats, func(f format) bool { return f.name == name && f.polled })
}

// IsSelfContained reports whether the readers of a format learn the verdict from the
// output alone, and take an exit code other than 0 for a program that failed.
func IsSelfContained(name string) bool {
	return slices.ContainsFunc(formats, func(f format) bool { return f.name == name && f.selfContained })
}

// Problem returns the output of a format that says why there are no results, a line
// without its end; ok is false for a format whose readers look for that elsewhere.
func Problem(name, text string) (line string, ok bool) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == name && f.problem != nil })
	if i < 0 {
		return "", false
	}
	return formats[i].problem(text), true
}

// New returns the printer of a format. Its error names the formats there are.
func New(name string, w io.Writer, o Options) (Printer, error) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no output format %q; there are %s", name, strings.Join(Formats(), ", "))
	}
	return formats[i].new(w, o), nil
}

// hides tells whether a result is left out. Skipped is as good as OK: both exit
// with 0.
func (o Options) hides(r *probe.Result) bool {
	return o.Quiet && r.Status.ExitCode() == 0
}
