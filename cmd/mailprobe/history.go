package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"mailprobe/internal/history"
	"mailprobe/internal/history/show"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// stateUsage describes --state, which several commands have.
const stateUsage = "the state `directory`, with the history (default $XDG_STATE_HOME/mailprobe; without it /var/lib/mailprobe for root, ~/.local/state/mailprobe for others)"

// past has the flags that select part of the history.
type past struct {
	state string
	since time.Duration
}

func (p *past) bind(flags *pflag.FlagSet) {
	p.since = 30 * 24 * time.Hour
	bindOptions(flags, []probe.Option{
		{Name: "since", Type: probe.TypeDuration, Value: &p.since, Usage: "how far to look back: 30d, 2w, 12h"},
		{Name: "state", Type: probe.TypeDirectory, Value: &p.state, Usage: stateUsage},
	})
}

// historyFlags are the flags of the command history.
type historyFlags struct {
	past
	format, at        string
	failures, verbose bool
}

func (h *historyFlags) bind(flags *pflag.FlagSet) {
	h.format = "table"
	bindOptions(flags, []probe.Option{
		{Name: "output", Short: "o", Type: probe.TypeChoice, Value: &h.format, Choices: []string{"table", "json", "jsonl", "csv", "transcript"}, Usage: "the `format`: table, json, csv; with --at jsonl and transcript, too"},
		{Name: "at", Value: &h.at, Usage: "show the result of CHECK at a `time` (UTC): 2h (ago), 03:10, \"2026-11-28 03:10\", 2026-11-28T03:10:05Z"},
		{Name: "verbose", Short: "v", Type: probe.TypeBool, Value: &h.verbose, Usage: "with --at: also show the transcript"},
		{Name: "failures", Type: probe.TypeBool, Value: &h.failures, Usage: "list the results of CHECK that were not OK"},
	})
	h.past.bind(flags)
}

// newHistory returns the command that shows the history.
func newHistory(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history [FLAGS] [CHECK]",
		Short: "show incidents, uptime, times and past results of checks",
		Long: `Show what mailprobe check has stored: incidents, uptime, and percentiles of times.
With CHECK every day, every step and a plot of that check are shown, otherwise one
line per check. Up to two days are shown by the hour.

Uptime is the share of results that were OK or WARNING among those that were OK,
WARNING or CRITICAL; a WARNING for a recipient or log-in that was refused does not
count as up. Times are those of successful steps. Days are UTC.

--at shows the last result at or before a time with its steps, in the formats of a
live check. Results that failed or changed are stored in full: -v shows their
transcripts. Of others the times, numbers and causes are stored. A time without
seconds includes its whole minute.

The exit status is 0 if the history could be read, whatever it contains.`,
		Example: `  mailprobe history
  mailprobe history relay --since 90d
  mailprobe history relay --failures
  mailprobe history relay --at 03:10 -v
  mailprobe history -o csv --since 1w > week.csv`,
		DisableFlagsInUseLine: true,
		Args:                  atMostOne("CHECK"),
	}
	var h historyFlags
	cmd.Flags().SortFlags = false
	h.bind(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.showHistory(cmd.Context(), &h, strings.Join(args, ""), time.Now())
	}
	return cmd
}

func (a *app) showHistory(ctx context.Context, h *historyFlags, name string, now time.Time) error {
	if err := h.check(name); err != nil {
		return err
	}
	switch {
	case h.at != "":
		return a.showAt(ctx, h, name, now)
	case h.failures:
		return a.showFailures(ctx, h, name, now)
	}
	data, err := h.gather(ctx, name, now)
	if err != nil {
		return err
	}
	switch h.format {
	case "json":
		return data.JSON(a.stdout)
	case "csv":
		return data.CSV(a.stdout)
	}
	return data.Table(a.stdout, a.tableOptions())
}

// tableOptions returns the width and colours of the terminal.
func (a *app) tableOptions() report.Options {
	var o report.Options
	if fd, ok := terminal(a.stdout); ok {
		o.Width, _, _ = term.GetSize(fd)
		o.Color = os.Getenv("NO_COLOR") == "" && obedient(a.stdout)
	}
	return o
}

// gather reads the history of a check, or of all checks if the name is empty.
func (p *past) gather(ctx context.Context, name string, now time.Time) (data *show.Data, err error) {
	err = p.read(ctx, name, func(s *history.Store) (err error) {
		data, err = show.Gather(ctx, s, history.Filter{Name: name, Since: now.Add(-p.since)}, now)
		return err
	})
	return data, err
}

// read opens the history, checks that it has the check, and calls do.
func (p *past) read(ctx context.Context, name string, do func(*history.Store) error) error {
	if p.since == 0 {
		return errors.New("--since 0 selects nothing; use a time such as 30d")
	}
	path, err := history.File(p.state)
	if err != nil {
		return err
	}
	switch _, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("no history in %s: mailprobe check creates it; --state names another directory", filepath.Dir(path))
	case err != nil:
		return fmt.Errorf("the history cannot be read: %w; --state names another directory", err)
	}
	s, err := history.Open(ctx, path, history.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	if err = known(ctx, s, name); err == nil {
		err = do(s)
	}
	return errors.Join(err, s.Close())
}

// maxListed is the maximum number of names in an error.
const maxListed = 20

// known returns an error if the history has no check of a name, with the name that was
// probably meant or else all names.
func known(ctx context.Context, s *history.Store, name string) error {
	names, err := s.Names(ctx)
	if err != nil || name == "" || slices.Contains(names, name) {
		return err
	}
	list := probe.Names(names, maxListed)
	if list == "" {
		list = "none yet"
	}
	return fmt.Errorf("the history has no check %q; %s", name, probe.Meant(name, names, "there are: "+list))
}
