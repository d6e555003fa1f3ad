package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mailprobe/internal/history"
	"mailprobe/internal/plainjson"
	"mailprobe/internal/report"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// silenceFlags are the flags of `mailprobe silence`.
type silenceFlags struct {
	format, state    string
	reason, end, ack string
	list             bool
}

func (f *silenceFlags) bind(flags *pflag.FlagSet) {
	f.format = "table"
	bindOptions(flags, []probe.Option{
		{Name: "reason", Value: &f.reason, Usage: "why, a `text` in a line for those who wonder; needed to silence and to acknowledge"},
		{Name: "list", Type: probe.TypeBool, Value: &f.list, Usage: "list what is silenced, as without arguments"},
		{Name: "end", Value: &f.end, Usage: "end a silence early: by its `ID`, or all that were set by a name, tag or group; and withdraw an acknowledgement likewise"},
		{Name: "ack", Value: &f.ack, Usage: "acknowledge the open `INCIDENT` with an ID, or those of the checks with a name, tag or group: no more reminders"},
		{Name: "output", Short: "o", Type: probe.TypeChoice, Value: &f.format, Choices: []string{"table", "json"}, Usage: "the `format`: table or json"},
		{Name: "state", Type: probe.TypeDirectory, Value: &f.state, Usage: stateUsage},
	})
}

// newSilence makes the command that silences checks.
func newSilence(a *app) *cobra.Command {
	var f silenceFlags
	cmd := &cobra.Command{
		Use:   "silence [FLAGS] [CHECK|TAG|GROUP DURATION] [FILE]",
		Short: "announce nothing of some checks for a time, or list what is silenced",
		Long: `Silence checks of a file for a time, by the name of a check, a tag or a group. They
go on running and being recorded, but nobody is notified of failures, changes and
reminders, and their results do not count for the uptime. What still fails when
the silence ends is announced then. That something has recovered which was
announced before is always told. No server needs to run: mailprobe check and
mailprobe serve read the silences each time they judge a result.

Times for which this is known beforehand belong into the file, as maintenance:.
An incident that is acknowledged (--ack) causes no more reminders; that it gets
worse, changes or ends is announced.

The exit status is 0 if it was done.`,
		Example: `  mailprobe silence mx1 2h --reason "new disk"
  mailprobe silence                          list
  mailprobe silence --end mx1                end it early
  mailprobe silence --ack mx2 --reason "the provider works on it"`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeSilence,
	}
	cmd.Flags().SortFlags = false
	f.bind(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		file, err := f.check(args)
		if err != nil {
			return err
		}
		return a.silence(cmd.Context(), &f, args, file)
	}
	return cmd
}

// check finds what is wrong with the command line, and returns the file of checks on it.
func (f *silenceFlags) check(args []string) (file string, err error) {
	ways, most := 0, 3
	for _, used := range []bool{f.list, f.end != "", f.ack != ""} {
		if used {
			ways++
			most = 1
		}
	}
	switch {
	case ways > 1:
		return "", errors.New("--list, --end and --ack exclude each other")
	case len(args) > most:
		return "", fmt.Errorf("%q is too many; see mailprobe silence --help", args[most])
	case ways == 1:
		return strings.Join(args, ""), nil
	case len(args) == 1:
		return "", fmt.Errorf("for how long? mailprobe silence %s 2h --reason ...; --list lists what is silenced", args[0])
	case len(args) == 3:
		return args[2], nil
	}
	return "", nil
}

// silence does what the command line says.
func (a *app) silence(ctx context.Context, f *silenceFlags, args []string, file string) error {
	name, err := suite.Find(file)
	if err != nil {
		return err
	}
	s, problems, err := suite.Load(name, kinds())
	if err != nil {
		return err
	}
	if len(s.Checks) == 0 {
		if err := usable(name, problems); err != nil {
			return a.shown(err)
		}
	}
	fmt.Fprint(a.stderr, problems.Errors()) // the names are known, whatever else is wrong
	dir, err := probe.StateDir(f.state)
	if err != nil {
		return err
	}
	store, err := history.Open(ctx, filepath.Join(dir, history.FileName), s.History())
	if err != nil {
		return err
	}
	defer a.closeHistory(store)
	by := silencer{a, f, s, store, time.Now()}
	switch {
	case f.end != "":
		return by.end(ctx)
	case f.ack != "":
		return by.acknowledge(ctx)
	case len(args) > 1:
		return by.set(ctx, args[0], args[1])
	}
	return by.list(ctx)
}

// silencer carries out one command.
type silencer struct {
	*app
	flags *silenceFlags
	suite *suite.Suite
	store *history.Store
	now   time.Time
}

// set silences the checks that a word selects.
func (s silencer) set(ctx context.Context, word, length string) error {
	d, err := probe.ParseDuration(length)
	if err != nil {
		return fmt.Errorf("%q is no time such as 30m, 2h or 3d", length)
	}
	if strings.TrimSpace(s.flags.reason) == "" {
		return errors.New("--reason is needed: say why, for those who wonder")
	}
	set, err := s.suite.Silence(ctx, s.store, suite.NewSilence{Word: word, For: d, By: userName(), Reason: s.flags.reason}, s.now)
	if err != nil {
		return err
	}
	listed := s.suite.ListSilence(set)
	if s.flags.format == "json" {
		return plainjson.Write(s.stdout, listed)
	}
	_, err = fmt.Fprintf(s.stdout, "%s (%s) is silenced until %s; mailprobe silence --end %s ends that\n",
		report.Clean(word), probe.Count(len(listed.Checks), "check"), localTime(set.Until), set.ID)
	return err
}

// end ends silences, or withdraws acknowledgements.
func (s silencer) end(ctx context.Context) error {
	ended, err := s.suite.EndSilence(ctx, s.store, s.flags.end, userName(), s.now)
	if err != nil {
		return err
	}
	list := suite.SilenceList{Silences: []suite.ListedSilence{}, Maintenance: []suite.ListedMaintenance{}, Acknowledged: []suite.ListedIncident{}}
	var lines []string
	for _, one := range ended.Silences {
		list.Silences = append(list.Silences, s.suite.ListSilence(one))
		lines = append(lines, fmt.Sprintf("the silence %s of %s by %s has ended: %s", one.ID, one.Word, one.By, one.Reason))
	}
	for _, one := range ended.Acknowledged {
		list.Acknowledged = append(list.Acknowledged, suite.ListAcknowledgement(one))
		lines = append(lines, fmt.Sprintf("the incident of %s is no longer acknowledged by %s: %s", one.Name, one.By, one.Reason))
	}
	return s.print(list, lines)
}

// acknowledge acknowledges incidents.
func (s silencer) acknowledge(ctx context.Context) error {
	if strings.TrimSpace(s.flags.reason) == "" {
		return errors.New("--reason is needed: say why, or what is being done")
	}
	done, err := s.suite.Acknowledge(ctx, s.store, s.flags.ack, userName(), s.flags.reason, s.now)
	if err != nil {
		return err
	}
	list := suite.SilenceList{Silences: []suite.ListedSilence{}, Maintenance: []suite.ListedMaintenance{}}
	var lines []string
	for _, one := range done {
		list.Acknowledged = append(list.Acknowledged, suite.ListAcknowledgement(one))
		lines = append(lines, fmt.Sprintf("the incident of %s is acknowledged: no more reminders that it is %s", one.Name, one.Status))
	}
	return s.print(list, lines)
}

// print shows what was done: lines for people, a list for programs.
func (s silencer) print(list suite.SilenceList, lines []string) error {
	if s.flags.format == "json" {
		return plainjson.Write(s.stdout, list)
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(s.stdout, report.Clean(line)); err != nil {
			return err
		}
	}
	return nil
}

// localTime returns a time to the minute, by the clock of this machine.
func localTime(t time.Time) string { return t.Local().Format("2006-01-02 15:04 MST") }

// userName is the name of who runs the command: with sudo the one who called it.
func userName() string {
	if name := os.Getenv("SUDO_USER"); name != "" && os.Geteuid() == 0 {
		return name
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "user " + strconv.Itoa(os.Geteuid())
}
