package main

import (
	"context"
	"fmt"
	"io"
	"iter"

	"mailprobe/icmp"
	"mailprobe/internal/report"
	"mailprobe/pingcheck"
	"mailprobe/probe"
)

// target is one target as it was given, or why it is none.
type target struct {
	probe.Target
	label *label // what stood beside it in a list, nil for nothing
	err   error
}

// parseTargets reads the targets of the command line; "-" stands for those on
// standard input, which are read as they are needed. A bad argument is an error;
// a bad line becomes a result, so that the others are not lost. Where the flags
// name the target, it is the only one.
func parseTargets(check *probe.Check, args []string, stdin io.Reader) (iter.Seq[target], error) {
	if t, ok := check.Target(); ok {
		return func(yield func(target) bool) { yield(target{Target: t}) }, nil
	}
	parse := targetParser(check)
	given := make([]iter.Seq[target], len(args))
	lists := 0
	for i, arg := range args {
		if arg == "-" {
			lists++
			given[i] = readTargets(check, stdin)
			continue
		}
		var err error
		if given[i], err = parse(arg, nil); err != nil {
			return nil, err
		}
	}
	if lists > 1 {
		return nil, fmt.Errorf("standard input can be read only once: give - once")
	}
	return func(yield func(target) bool) {
		for _, targets := range given {
			for t := range targets {
				if !yield(t) {
					return
				}
			}
		}
	}, nil
}

// targetParser returns what reads the targets that a word stands for: one, or for pings
// the addresses of a range.
func targetParser(check *probe.Check) func(string, *label) (iter.Seq[target], error) {
	_, ranges := check.Checker().(pingcheck.Sweeper)
	return func(text string, l *label) (iter.Seq[target], error) {
		if r, ok, err := pingcheck.ParseRange(text); ranges && (err != nil || ok && r.First != r.Last) {
			return addressTargets(r, l), err
		}
		t, err := check.Kind.ParseTarget(text)
		return func(yield func(target) bool) { yield(target{Target: t, label: l}) }, err
	}
}

// addressTargets yields the addresses of a range.
func addressTargets(r icmp.Range, l *label) iter.Seq[target] {
	return func(yield func(target) bool) {
		for addr := range r.Addrs() {
			text := addr.String()
			if !yield(target{Target: probe.Target{Text: text, Host: text, Addr: addr}, label: l}) {
				return
			}
		}
	}
}

// readTargets yields the targets of a list, one a line. Beside one that has no port
// its name may stand, as in a file of hosts.
func readTargets(check *probe.Check, in io.Reader) iter.Seq[target] {
	parse := targetParser(check)
	return func(yield func(target) bool) {
		list := listReader{words: len(check.Kind.Schemes) == 0}
		for line := range newLineReader(in).lines() {
			text, beside, ok, err := list.entry(line)
			if !ok {
				continue
			}
			targets := iter.Seq[target](nil)
			if err == nil {
				targets, err = parse(text, beside)
			}
			if err != nil {
				targets = badLine(line.number, err)
			}
			for t := range targets {
				if !yield(t) {
					return
				}
			}
		}
	}
}

// badLine yields a line that is no target, so that it is not lost.
func badLine(number int, err error) iter.Seq[target] {
	return func(yield func(target) bool) { yield(target{Target: lineTarget(number), err: err}) }
}

// lineTarget is a line of a list that is no target.
func lineTarget(number int) probe.Target { return probe.Target{Text: fmt.Sprintf("line %d", number)} }

// canonical returns the target in one form for all its spellings; of a line that is no
// target, where it stands and what is wrong with it.
func (t target) canonical() string {
	if t.err != nil {
		return report.Clean(t.Text + ": " + t.err.Error())
	}
	return t.Canonical()
}

// check puts the check to the target.
func (t target) check(ctx context.Context, check *probe.Check) []*probe.Result {
	if t.err == nil {
		results := check.Do(ctx, t.Target)
		for _, r := range results {
			t.label.stick(r)
		}
		return results
	}
	return []*probe.Result{check.Record(context.WithoutCancel(ctx), t.Target, func(r *probe.Result) error {
		return r.Run("target", func(*probe.Step) error { return badTarget(t.err) })
	})}
}

// badTarget is why a line of a list is no target.
func badTarget(err error) error {
	return probe.Because(probe.CauseUsage.Advise("correct the line; the other targets were checked"), err)
}

// stick puts a label to a result.
func (l *label) stick(r *probe.Result) {
	if l == nil {
		return
	}
	r.Name = l.name
	if l.tag != "" && len(r.Steps) > 0 {
		r.Steps[0].Learn(probe.Text("tag", l.tag))
	}
}
