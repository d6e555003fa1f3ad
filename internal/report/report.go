// Package report prints results: for people as a table, for programs as JSON, for
// monitoring systems in their own formats, for tests as a transcript.
//
// It knows results and no protocol. Any text of a result may come from a hostile server,
// so all texts pass through clean before a format escapes them for its own grammar.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"mailprobe/probe"
)

// Options configure New. The zero value is right for a pipe.
type Options struct {
	// Verbose adds the transcript and shows everything.
	Verbose bool
	// Quiet leaves out results that are OK, unless a monitoring system needs them.
	Quiet bool
	// Color allows colours.
	Color bool
	// Width is the width of the terminal in columns, 0 if there is none.
	Width int
	// Labels are constant labels of every Prometheus series.
	Labels Labels
	// File is the file of checks of all results, a label of mailprobe_build_info; empty
	// for none.
	File string
	// OpenMetrics has WriteRun write that format.
	OpenMetrics bool
	// Munin configures the formats for Munin.
	Munin Munin
}

// Printer prints results one after the other.
type Printer interface {
	// Print prints a result, or keeps what Close needs of it. It does not change the
	// result.
	Print(*probe.Result) error
	// Close prints what depends on all results. It does not close the writer.
	Close() error
}

// format is a way to print results.
type format struct {
	name string
	new  func(io.Writer, Options) Printer
	// polled is set if a monitoring system reads the output, and treats none as a fault:
	// Options.Quiet has no effect.
	polled bool
	// selfContained is set if readers take the verdict from the output alone, and treat
	// an exit code other than 0 as a failure of the program.
	selfContained bool
	// problem returns the output that says why there are no results; nil if that belongs
	// on standard error.
	problem func(text string) string
}

// formats lists all formats, the default first.
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

// IsPolled reports whether a monitoring system reads a format, and treats no output as a
// fault.
func IsPolled(name string) bool {
	return slices.ContainsFunc(formats, func(f format) bool { return f.name == name && f.polled })
}

// IsSelfContained reports whether readers of a format take the verdict from the output
// alone, and treat an exit code other than 0 as a failure of the program.
func IsSelfContained(name string) bool {
	return slices.ContainsFunc(formats, func(f format) bool { return f.name == name && f.selfContained })
}

// Problem returns the line, without its end, by which a format says why there are no
// results; ok is false for a format that leaves that to standard error.
func Problem(name, text string) (line string, ok bool) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == name && f.problem != nil })
	if i < 0 {
		return "", false
	}
	return formats[i].problem(text), true
}

// New returns the printer of a format. The error for an unknown one lists all formats.
func New(name string, w io.Writer, o Options) (Printer, error) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no output format %q; there are %s", name, strings.Join(Formats(), ", "))
	}
	return formats[i].new(w, o), nil
}

// hides reports whether a result is left out. Skipped counts as OK: both exit with 0.
func (o Options) hides(s probe.Status) bool {
	return o.Quiet && s.ExitCode() == 0
}
