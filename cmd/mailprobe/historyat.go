package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/history/show"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// pastFormats are the output formats of past results. Those for monitoring systems are
// left out, as a past result would be taken for the current one.
var pastFormats = []string{"table", "json", "jsonl", "csv", "transcript"}

// showAt prints the results of a check at a time, in the formats of live results.
func (a *app) showAt(ctx context.Context, h *historyFlags, name string, now time.Time) error {
	at, err := parsePastTime(h.at, now)
	if err != nil {
		return fmt.Errorf("--at %w", err)
	}
	var all []history.Single
	err = h.read(ctx, name, func(s *history.Store) (err error) {
		all, err = s.At(ctx, name, at)
		return err
	})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("%s had no result by %s UTC", name, stamp(at))
	}
	if err := a.printPast(h, name, at, all); err != nil {
		return err
	}
	for _, one := range all {
		if note := missing(one); note != "" {
			a.warn(errors.New(note))
		}
	}
	return nil
}

func (a *app) printPast(h *historyFlags, name string, at time.Time, all []history.Single) error {
	o := a.tableOptions()
	o.Verbose = h.verbose
	p, err := report.New(h.format, a.stdout, o)
	if err != nil {
		return fmt.Errorf("-o %w", err)
	}
	if h.format == "table" {
		fmt.Fprintln(a.stdout, report.Clean(headline(name, at, all))+"\n")
	}
	for _, one := range all {
		one.Result.Name = name
		if !one.Whole {
			explainPast(one.Result)
		}
		if err := p.Print(one.Result); err != nil {
			return err
		}
	}
	return p.Close()
}

// headline returns a line with the time of the results and, if that is more than an hour
// before the time asked for, the difference.
func headline(name string, at time.Time, all []history.Single) string {
	latest := slices.MaxFunc(all, func(a, b history.Single) int { return a.Result.Start.Compare(b.Result.Start) }).Result.Start
	text := fmt.Sprintf("%s at %s UTC", name, stamp(latest))
	if gap := at.Sub(latest); gap > time.Hour {
		text += fmt.Sprintf(", the last result by %s, %s later", stamp(at), probe.FormatSpan(gap))
	}
	return text
}

// stamp formats a time in UTC, to the second.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// explainPast sets details and hints of a result without texts from its causes.
func explainPast(r *probe.Result) {
	all := knownCauses(kinds())
	for i := range r.Steps {
		s := &r.Steps[i]
		at := slices.IndexFunc(all, func(k knownCause) bool { return k.Is(s.Cause) })
		if at >= 0 {
			s.Detail, s.Hint = all[at].Meaning, all[at].Hint
		}
	}
}

// missing returns a note about what was not stored of a result, empty if all was.
func missing(one history.Single) string {
	of := fmt.Sprintf("%s at %s", one.Target, one.Result.Start.UTC().Format(time.TimeOnly))
	switch {
	case one.Sparse:
		return of + ": from that time only changes of status are kept (see --keep of mailprobe check)"
	case one.Whole:
		return ""
	case one.Nearest.IsZero():
		return of + ": only times and numbers were stored"
	}
	return of + ": only times and numbers were stored; the nearest result stored in full: --at " + one.Nearest.Format(time.RFC3339)
}

// showFailures prints the results of a check that were not OK.
func (a *app) showFailures(ctx context.Context, h *historyFlags, name string, now time.Time) error {
	f := history.Filter{Name: name, Since: now.Add(-h.since)}
	list := show.Failures{Name: name, Since: f.Since, Until: now}
	limit := show.MaxFailures
	if h.format == "table" {
		limit = show.MaxFailureRows
	}
	err := h.read(ctx, name, func(s *history.Store) (err error) {
		list.All, list.More, err = s.Failures(ctx, f, limit)
		return err
	})
	switch {
	case err != nil:
		return err
	case h.format == "json":
		return list.JSON(a.stdout)
	case h.format == "csv":
		return list.CSV(a.stdout)
	}
	return list.Table(a.stdout, a.tableOptions())
}

// check returns an error if flags exclude each other.
func (h *historyFlags) check(name string) error {
	formats := []string{"table", "json", "csv"}
	if h.at != "" {
		formats = pastFormats
	}
	only := cmp.Or(map[bool]string{true: "--at"}[h.at != ""], map[bool]string{true: "--failures"}[h.failures])
	switch {
	case h.at != "" && h.failures:
		return errors.New("--at and --failures exclude each other: --failures lists results, --at shows one")
	case only != "" && name == "":
		return fmt.Errorf("%s needs the name of a check; mailprobe history lists them", only)
	case h.verbose && h.at == "":
		return errors.New("-v shows the transcript of one result: use it with --at")
	case !slices.Contains(formats, h.format):
		return fmt.Errorf("-o there is no output format %q; there are %s", h.format, strings.Join(formats, ", "))
	}
	return nil
}
