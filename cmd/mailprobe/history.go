package main

import (
	"context"
	"errors"
	"fmt"
	"os"
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

// past is which part of the history is asked for.
type past struct {
	state string
	since time.Duration
}

func (p *past) bind(flags *pflag.FlagSet) {
	p.since = 30 * 24 * time.Hour
	bindOptions(flags, []probe.Option{
		{Name: "since", Type: probe.TypeDuration, Value: &p.since, Usage: "how far to look back: 30d, 2w, 12h"},
		{Name: "state", Type: probe.TypeDirectory, Value: &p.state, Usage: "the `directory` of the history; by default $XDG_STATE_HOME/mailprobe, for root\n/var/lib/mailprobe, for others ~/.local/state/mailprobe"},
	})
}

// newHistory makes the command that shows the history to people and programs.
func newHistory(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history [FLAGS] [CHECK]",
		Short: "show incidents, uptime and times of the checks kept",
		Long: `Show what mailprobe check has kept: incidents, uptime, and percentiles of times.
Of one CHECK every day, every step and a plot are shown; without CHECK all of
them in a line each. Up to two days are told by the hour.

Uptime is the share of results that were OK or WARNING among those that were
determined; a WARNING whose recipient or log-in was refused is not up. Times are those of what went well. Days are UTC.

The exit status is 0 when the history could be read, whatever is in it.`,
		Example: `  mailprobe history
  mailprobe history relay --since 90d
  mailprobe history -o csv --since 1w > week.csv`,
		DisableFlagsInUseLine: true,
		Args:                  cobra.MaximumNArgs(1),
	}
	var p past
	var format string
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVarP(&format, "output", "o", "table", "the `format`: table, json, csv")
	p.bind(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !slices.Contains([]string{"table", "json", "csv"}, format) {
			return fmt.Errorf("-o there is no output format %q; there are table, json, csv", format)
		}
		data, err := p.gather(cmd.Context(), strings.Join(args, ""), time.Now())
		if err != nil {
			return err
		}
		switch format {
		case "json":
			return data.JSON(a.stdout)
		case "csv":
			return data.CSV(a.stdout)
		}
		return data.Table(a.stdout, a.tableOptions())
	}
	return cmd
}

// tableOptions are what the terminal allows.
func (a *app) tableOptions() report.Options {
	var o report.Options
	if fd, ok := terminal(a.stdout); ok {
		o.Width, _, _ = term.GetSize(fd)
		o.Color = os.Getenv("NO_COLOR") == "" && obedient(a.stdout)
	}
	return o
}

// gather reads the history of a check, or of all.
func (p *past) gather(ctx context.Context, name string, now time.Time) (data *show.Data, err error) {
	if p.since == 0 {
		return nil, errors.New("--since 0 is no time to look back; a time such as 30d would be right")
	}
	path, err := history.File(p.state)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("there is no history yet: %w; mailprobe check begins one, --state says where it is", err)
	}
	s, err := history.Open(ctx, path, history.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := known(ctx, s, name); err != nil {
		return nil, err
	}
	return show.Gather(ctx, s, history.Filter{Name: name, Since: now.Add(-p.since)}, now)
}

// maxListed bounds how many names an error lists.
const maxListed = 20

// known tells by its error which checks there are, where the one named is not.
func known(ctx context.Context, s *history.Store, name string) error {
	names, err := s.Names(ctx)
	if err != nil || name == "" || slices.Contains(names, name) {
		return err
	}
	list := strings.Join(names[:min(len(names), maxListed)], ", ")
	if len(names) > maxListed {
		list += fmt.Sprintf(" and %d more", len(names)-maxListed)
	}
	if list == "" {
		list = "none yet"
	}
	return fmt.Errorf("the history has no check %q; there are: %s", name, list)
}
