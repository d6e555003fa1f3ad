package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
	"mailprobe/internal/settings"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// suitePrinter shows the outcome of a run.
type suitePrinter struct {
	app    *app
	flags  *suiteFlags
	mode   string
	format report.Printer
}

// suitePrinter makes the printer before the run, so that a wrong flag is reported at once.
func (a *app) suitePrinter(f *suiteFlags) (*suitePrinter, error) {
	p := &suitePrinter{app: a, flags: f, mode: f.print}
	if _, ok := terminal(a.stdout); p.mode == "" && (ok || f.isPolled()) {
		p.mode = "always"
	}
	p.mode = cmp.Or(p.mode, "change")
	var err error
	p.format, err = f.printer(a.stdout)
	return p, err
}

// print shows results, and problems beside them that are new.
func (p *suitePrinter) print(r *suite.Report) error {
	if !r.Known || p.mode == "always" {
		for _, err := range r.Problems {
			p.app.warn(err)
		}
	}
	for _, err := range r.Unsolved {
		p.app.warn(err)
	}
	switch p.mode {
	case "change":
		if p.flags.format == report.Formats()[0] {
			_, err := io.WriteString(p.app.stdout, r.Announcement())
			return err
		}
		return p.all(r.Changed())
	case "failure":
		return p.all(failed(r.Results()))
	case "always":
		if p.flags.format == "prometheus" {
			return r.Metrics(p.flags.labels).Write(p.app.stdout)
		}
		return errors.Join(p.whole(r.Results()), p.resting(r))
	}
	return nil
}

// all shows results in the format; nothing where there are none.
func (p *suitePrinter) all(results []*probe.Result) error {
	if len(results) == 0 {
		return nil
	}
	return p.whole(results)
}

// whole shows results in the format, or that there are none.
func (p *suitePrinter) whole(results []*probe.Result) error {
	for _, result := range results {
		if err := p.format.Print(result); err != nil {
			return err
		}
	}
	return p.format.Close()
}

func failed(all []*probe.Result) []*probe.Result {
	var bad []*probe.Result
	for _, r := range all {
		if r.Status.ExitCode() != 0 {
			bad = append(bad, r)
		}
	}
	return bad
}

// resting names the checks that were not due.
func (p *suitePrinter) resting(r *suite.Report) error {
	if len(r.Resting) == 0 || p.flags.streams() || p.flags.isPolled() {
		return nil
	}
	var names []string
	for _, rest := range r.Resting {
		names = append(names, rest.ID)
	}
	text := fmt.Sprintf("not due, as they were last: %s", strings.Join(names, ", "))
	_, err := io.WriteString(p.app.stdout, strings.Join(report.Wrap(text, 78, 4), "\n  ")+"\n")
	return err
}

// validate reports what is wrong with a file.
func (a *app) validate(ctx context.Context, f *suiteFlags, s *suite.Suite, problems settings.Problems) error {
	problems = append(s.Prepare(ctx, problems), namesakes(ctx, f, s)...)
	if why := unheard(s, "cron", mailers); why != "" {
		problems = append(problems, settings.Problem{File: s.Name, Warning: true, Text: why})
	}
	fmt.Fprint(a.stdout, problems.String())
	if len(problems.Errors()) > 0 {
		a.status = probe.Unknown
		fmt.Fprintf(a.stdout, "%s: %s\n", s.Name, problems.Tally())
		return nil
	}
	fmt.Fprintf(a.stdout, "%s: %s, %s\n", s.Name, probe.Count(len(s.Items()), "check"), problems.Tally())
	if !f.online {
		return nil
	}
	items, err := s.Select(f.only)
	if err != nil {
		return err
	}
	f.print = "always"
	printer, err := a.suitePrinter(f)
	if err != nil {
		return err
	}
	r := s.Rehearse(ctx, suite.Options{Items: items, Deadline: f.deadline,
		Runner: suite.Runner{Jobs: f.jobs, PerHost: f.perHost, Dial: a.dial, DNS: a.dns}})
	a.status = r.Status
	return printer.print(r)
}

// namesakes warns of checks that other files of the same state directory have by the
// same name: what is known of them is kept apart, and the history shows all by name.
func namesakes(ctx context.Context, f *suiteFlags, s *suite.Suite) (problems settings.Problems) {
	path, err := history.File(f.state)
	if err != nil {
		return nil
	}
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	o := s.History()
	o.ReadOnly = true
	store, err := history.Open(ctx, path, o)
	if err != nil {
		return nil // a run says what is wrong with it
	}
	defer func() { _ = store.Close() }() // it was only read
	same, err := store.Namesakes(ctx)
	if err != nil {
		return nil
	}
	for _, other := range slices.Sorted(maps.Keys(same)) {
		problems = append(problems, settings.Problem{File: s.Name, Warning: true, Text: fmt.Sprintf(
			"%s keeps its state in the same directory and has %s, too: mailprobe history shows both under one name; give one another name, or another --state",
			other, strings.Join(same[other], ", "))})
	}
	return problems
}

// listSuite lists checks and how they stand, or with --dry-run which are due.
func (a *app) listSuite(ctx context.Context, f *suiteFlags, s *suite.Suite, items []*suite.Item, dir string) error {
	states, silences := map[string]history.State{}, &suite.Silences{Maintenance: s.Maintenance}
	now := time.Now()
	store, err := history.Open(ctx, filepath.Join(dir, history.FileName), s.History())
	if err == nil {
		defer a.closeHistory(store)
		var unread error
		silences, unread = s.ReadSilences(ctx, store, now)
		states, err = store.States(ctx)
		err = errors.Join(err, unread)
	}
	if err != nil {
		a.warn(err)
	}
	var rows [][]string
	for _, i := range items {
		if state := states[i.ID]; !f.dryRun || i.IsDue(state, now) {
			rows = append(rows, listRow(i, state, silences.Of(i, now)))
		}
	}
	head := []string{"NAME", "KIND", "TARGET", "EVERY", "TAGS", "STATE", "ANNOUNCED", "SILENCED"}
	head = withoutEmpty(head, rows)
	o := a.tableOptions()
	if text := (report.Options{}).Grid(head, rows); o.Width > 0 && widest(text) > o.Width { // a pipe gets a line for each check
		head = stacked(head, rows)
		o.Fit(head, rows, 0)
	}
	_, err = io.WriteString(a.stdout, o.Grid(head, rows))
	return err
}

// widest returns the length of the longest line of a text, in characters.
func widest(text string) (n int) {
	for line := range strings.Lines(text) {
		n = max(n, utf8.RuneCountInString(line)-1)
	}
	return n
}

// stacked puts the kind and the target of each check below its name, and leaves out its
// tags, for a narrow terminal. It returns the header that is left.
func stacked(head []string, rows [][]string) []string {
	tags := slices.Index(head, "TAGS")
	for i, row := range rows {
		row[0] += "\n  " + row[1] + " " + row[2]
		if tags >= 0 {
			row = slices.Delete(row, tags, tags+1)
		}
		rows[i] = slices.Delete(row, 1, 3)
	}
	if tags >= 0 {
		head = slices.Delete(head, tags, tags+1)
	}
	return slices.Delete(head, 1, 3)
}

// listRow returns the row of a check in the list of checks.
func listRow(i *suite.Item, state history.State, why *suite.Silenced) []string {
	every, announced, silenced := "each run", "", ""
	if why != nil {
		silenced = "until " + why.Until.Local().Format("2006-01-02 15:04")
	}
	if i.Check.Every > 0 {
		every = interval(i.Check.Every)
	}
	if !state.LastRun.IsZero() && state.Status != state.LastStatus {
		announced = state.Status.String()
	}
	return []string{report.Clean(i.ID), i.Check.Kind.Name, report.Clean(i.Target.Text),
		every, report.Clean(strings.Join(i.Check.Tags, ",")), standing(i, state), announced, silenced}
}

// withoutEmpty removes the columns in which no row has a text, and returns the header that
// is left. Where others have one, a row without shows a hyphen.
func withoutEmpty(head []string, rows [][]string) []string {
	for col := len(head) - 1; col >= 0; col-- {
		used := len(rows) == 0 || slices.ContainsFunc(rows, func(row []string) bool { return row[col] != "" })
		if !used {
			head = slices.Delete(head, col, col+1)
		}
		for i := range rows {
			if rows[i][col] = cmp.Or(rows[i][col], "-"); !used {
				rows[i] = slices.Delete(rows[i], col, col+1)
			}
		}
	}
	return head
}

// interval writes a time in its two largest units, the second one if it is not zero.
func interval(d time.Duration) string {
	return strings.TrimSuffix(strings.TrimSuffix(probe.FormatSpan(d), " 0 h"), " 0 min")
}

func standing(i *suite.Item, s history.State) string {
	if _, passive := i.Passive(); passive && s.LastRun.IsZero() {
		return "no push yet"
	}
	if s.LastRun.IsZero() {
		return "never run"
	}
	return s.LastStatus.String() + " since " + s.Since.Local().Format("2006-01-02 15:04")
}
