package main

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"sync/atomic"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"mailprobe/internal/report"
	"mailprobe/probe"
)

// output holds the flags of every command that prints results.
type output struct {
	format                  string
	verbose, quiet, noColor bool
	jobs                    int
	labels                  report.Labels
	made                    report.Printer     // replaces the printer of the format, if set
	begin                   func(probe.Target) // called before the check of each target, if set
	part                    *portion           // what is taken of the targets, nil for all
}

const defaultJobs = 64

func (o *output) bind(flags *pflag.FlagSet) {
	o.format, o.jobs = report.Formats()[0], cmp.Or(o.jobs, defaultJobs)
	bindOptions(flags, []probe.Option{
		{Name: "output", Short: "o", Type: probe.TypeChoice, Value: &o.format, Choices: report.Formats(), Usage: "the `format` of the results: " + strings.Join(report.Formats(), ", ")},
		{Name: "verbose", Short: "v", Type: probe.TypeBool, Value: &o.verbose, Usage: "also show the transcript"},
		{Name: "quiet", Short: "q", Type: probe.TypeBool, Value: &o.quiet, Usage: "print only results that are not OK"},
		{Name: "no-color", Type: probe.TypeBool, Value: &o.noColor, Usage: "disable colours (so does NO_COLOR)"},
		{Name: "jobs", Type: probe.TypeNumber, Value: &o.jobs, Usage: "run at most `NUMBER` sessions at once, over all targets, exchangers and addresses"},
		{Name: "label", Type: probe.TypeMapping, List: true, Value: &o.labels, Usage: "with -o prometheus: add this label to every series (repeatable)"},
	})
}

// isPolled reports whether a monitoring system reads the output, and treats none as a
// fault.
func (o *output) isPolled() bool { return report.IsPolled(o.format) }

// isPlugin reports whether errors are printed in the format itself.
func (o *output) isPlugin() bool {
	_, ok := report.Problem(o.format, "")
	return ok
}

// printer returns the printer of the format.
func (o *output) printer(w io.Writer) (report.Printer, error) {
	options := report.Options{Verbose: o.verbose, Quiet: o.quiet, Labels: o.labels, Munin: munin()}
	if fd, ok := terminal(w); ok {
		options.Width, _, _ = term.GetSize(fd)
		options.Color = !o.noColor && os.Getenv("NO_COLOR") == "" && obedient(w)
	}
	if o.made != nil {
		return o.made, nil
	}
	p, err := report.New(o.format, w, options)
	if err != nil {
		return nil, fmt.Errorf("-o %w", err)
	}
	return p, nil
}

// announce calls begin for each target when its check begins, and sets all once the check
// of every target has begun.
func (o *output) announce(targets iter.Seq[target], all *atomic.Bool) iter.Seq[target] {
	return func(yield func(target) bool) {
		for t := range targets {
			if o.begin != nil {
				o.begin(t.Target)
			}
			if !yield(t) {
				return
			}
		}
		all.Store(true)
	}
}

// terminal returns the descriptor of a terminal.
func terminal(stream any) (fd int, ok bool) {
	f, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	return int(f.Fd()), true
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	_, ok := terminal(stream)
	return ok
}

// obedient reports whether a stream is a terminal that supports control sequences.
func obedient(stream any) bool {
	_, ok := terminal(stream)
	return ok && os.Getenv("TERM") != "dumb"
}

// oneLine returns an error as one line of clean text: it may contain foreign words.
func oneLine(err error) string {
	return report.Clean(strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; "))
}
