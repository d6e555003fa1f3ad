package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/internal/report"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// suiteFlags are the flags of `mailprobe check`.
type suiteFlags struct {
	output
	print, lock, state   string
	only                 []string
	perHost              int
	deadline             time.Duration
	remind, keep         time.Duration
	remindSet            bool
	validate, online     bool
	list, dryRun, schema bool
	initial              bool
	domain, user, mailTo string
	install              string
	yes                  bool
}

// The words that --print, --lock and --install take.
var (
	printWords   = []string{"change", "failure", "always", "never"}
	lockWords    = []string{"wait", "skip"}
	installWords = []string{"cron", "systemd"}
)

func (f *suiteFlags) bind(flags *pflag.FlagSet) {
	f.output.bind(flags)
	f.perHost, f.deadline, f.lock, f.keep = 4, 4*time.Minute, "skip", history.DefaultKeep
	bindOptions(flags, []probe.Option{
		{Name: "print", Type: probe.TypeChoice, Value: &f.print, Choices: printWords, Usage: "`WHEN` to print results: change, failure, always or never (default always on a terminal and in the formats of monitoring systems, else change)"},
		{Name: "remind", Type: probe.TypeDuration, Value: &f.remind, Usage: "announce a failure that goes on again after this `time`, such as 24h, 0 for never (default that of the file)"},
		{Name: "only", List: true, Value: &f.only, Usage: "run only the checks with this `NAME`, tag or group (repeatable)"},
		{Name: "per-host", Type: probe.TypeNumber, Value: &f.perHost, Usage: "run at most `NUMBER` sessions at once with one host"},
		{Name: "deadline", Type: probe.TypeDuration, Value: &f.deadline, Usage: "time for the whole run, 0 for no end"},
		{Name: "lock", Type: probe.TypeChoice, Value: &f.lock, Choices: lockWords, Usage: "`MODE` while another run goes on: wait for it or skip this one"},
		{Name: "state", Type: probe.TypeDirectory, Value: &f.state, Usage: stateUsage},
		{Name: "keep", Type: probe.TypeDuration, Value: &f.keep, Usage: "keep single results in the history for this `time`"},
		{Name: "validate", Type: probe.TypeBool, Value: &f.validate, Usage: "report every error in the file, and run nothing"},
		{Name: "online", Type: probe.TypeBool, Value: &f.online, Usage: "with --validate: also try every check; no message is sent, and nobody is notified"},
		{Name: "list", Type: probe.TypeBool, Value: &f.list, Usage: "list the checks and how they stand"},
		{Name: "dry-run", Type: probe.TypeBool, Value: &f.dryRun, Usage: "list what would be run now"},
		{Name: "schema", Type: probe.TypeBool, Value: &f.schema, Usage: "print the JSON Schema of the file, for editors"},
		{Name: "init", Type: probe.TypeBool, Value: &f.initial, Usage: "write a first file, from answers or the next three flags"},
		{Name: "domain", Value: &f.domain, Usage: "with --init: the mail `domain` to check"},
		{Name: "user", Value: &f.user, Usage: "with --init: the `name` of an account to log in with"},
		{Name: "mail-to", Type: probe.TypeAddress, Value: &f.mailTo, Usage: "with --init: the `address` to notify of changes"},
		{Name: "install", Type: probe.TypeChoice, Value: &f.install, Choices: installWords, Usage: "print what runs the file every five minutes with `SYSTEM`: cron or systemd"},
		{Name: "yes", Type: probe.TypeBool, Value: &f.yes, Usage: "with --install: install it rather than print it: for root in the system, for others in their crontab or systemd --user"},
	})
}

// newSuite makes the command that runs a file of checks.
func newSuite(a *app) *cobra.Command {
	var f suiteFlags
	cmd := &cobra.Command{
		Use:   "check [FLAGS] [FILE]",
		Short: "run the health checks of a file, and show what has changed",
		Long: `Run the checks of a file, by default mailprobe.yaml here, in
$XDG_CONFIG_HOME/mailprobe or in /etc/mailprobe, and show what has changed since
the run before. Made for cron: where nothing has changed, nothing is printed.
The exit status is always that of all checks now; 4 means that nothing could be
checked, because of the command line, the file or the state directory.`,
		Example: `  mailprobe check --init                     write a first file
  mailprobe check --validate                 look for mistakes in it
  mailprobe check --only mx1 --print always  run one check
  */5 * * * *  /usr/local/bin/mailprobe check  in a crontab`,
		DisableFlagsInUseLine: true,
	}
	cmd.Flags().SortFlags = false
	f.bind(cmd.Flags())
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		a.format = f.format
		return a.flagError(cmd, err)
	})
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		a.format = f.format
		return atMostOne("FILE")(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f.remindSet = cmd.Flags().Changed("remind")
		if err := f.installAlone(cmd.Flags()); err != nil {
			return err
		}
		return a.suite(cmd.Context(), &f, slices.Concat(args, []string{""})[0])
	}
	return cmd
}

// suite does what the flags say with a file of checks.
func (a *app) suite(ctx context.Context, f *suiteFlags, file string) error {
	if err := f.check(); err != nil {
		return err
	}
	switch {
	case f.schema:
		_, err := a.stdout.Write(suite.Schema(kinds()))
		return err
	case f.initial:
		return a.initial(ctx, f, file)
	case f.install != "":
		return a.install(ctx, f, file)
	}
	name, err := suite.Find(file)
	if err != nil {
		return err
	}
	s, problems, err := suite.Load(name, kinds())
	if err != nil {
		return err
	}
	if f.validate {
		return a.validate(ctx, f, s, problems)
	}
	if err := usable(name, problems); err != nil {
		return a.shown(err)
	}
	if len(s.Checks) == 0 {
		return fmt.Errorf("%s has no checks to run, only modules for /probe of `mailprobe serve`", name)
	}
	f.labels = f.labels.Over(s.Labels)
	items, err := s.Select(f.only)
	if err != nil {
		return err
	}
	return a.runSuite(ctx, f, s, items)
}

// exitCannotRun is the exit code of `mailprobe check` and `mailprobe serve` when they could
// check nothing: of their flags, the file or the state directory. Service managers
// distinguish it from the status of the servers. Monitoring systems know no other code than 3.
const exitCannotRun = 4

// cannotRun is that exit code, where a command ended by an error that calls for it.
func (a *app) cannotRun(cmd *cobra.Command, err error) int {
	stopped := errors.Is(err, suite.ErrInterrupted) || errors.Is(err, errInterrupted) || errors.Is(err, suite.ErrNeverRan)
	_, plugin := report.Problem(a.format, "")
	if !slices.Contains([]string{"check", "serve", "agent"}, cmd.Name()) || plugin || stopped {
		return 0
	}
	return exitCannotRun
}

// check finds what is wrong with the flags.
func (f *suiteFlags) check() error {
	switch {
	case f.jobs < 1 || f.perHost < 1:
		return errors.New("--jobs and --per-host are numbers from 1 up")
	case f.keep == 0:
		return errors.New("--keep 0 would keep nothing; a time such as 90d would be right")
	case f.online && !f.validate:
		return errors.New("--online goes with --validate")
	case f.yes && f.install == "":
		return errors.New("--yes needs --install")
	case !f.initial && f.domain+f.user+f.mailTo != "":
		return errors.New("--domain, --user and --mail-to need --init")
	}
	return nil
}

// installAlone refuses the flags that --install would not write down.
func (f *suiteFlags) installAlone(flags *pflag.FlagSet) error {
	var others []string
	flags.Visit(func(flag *pflag.Flag) {
		if flag.Name != "install" && flag.Name != "yes" {
			others = append(others, "--"+flag.Name)
		}
	})
	if f.install == "" || len(others) == 0 {
		return nil
	}
	return fmt.Errorf("--install takes no %s: print the line or unit without --yes, and add it there", strings.Join(others, " or "))
}

// suiteGCPercent is the GOGC value while the checks of a file run: all of their results
// stay in memory until the end.
const suiteGCPercent = 120

// runSuite runs items and prints the outcome, or lists them.
func (a *app) runSuite(ctx context.Context, f *suiteFlags, s *suite.Suite, items []*suite.Item) error {
	printer, err := a.suitePrinter(f)
	if err != nil {
		return err
	}
	dir, err := probe.StateDir(f.state)
	if err != nil {
		return err
	}
	if f.list || f.dryRun {
		return a.listSuite(ctx, f, s, items, dir)
	}
	err = atomicfile.Folder(dir)
	if errors.Is(err, atomicfile.ErrForeign) {
		return err
	}
	a.noState = err != nil
	lock, err := f.lockSuite(ctx, s, dir)
	if by := (*suite.Running)(nil); errors.As(err, &by) {
		return a.skipRun(ctx, f, s, items, dir, printer, by)
	}
	collectAt(suiteGCPercent)
	o := a.suiteOptions(ctx, f, s, items, dir)
	if err != nil {
		o.Problems = append(o.Problems, fmt.Errorf("%w; without a lock two runs can go on at once", err))
	} else if lock != nil {
		defer func() { _ = lock.Close() }()
		if a.dial == nil && a.dns == nil {
			o.Courier = (&courier{suite: s, dir: dir, lock: lock}).send
		}
	}
	if o.Store != nil {
		defer a.closeHistory(o.Store)
	}
	progress := a.progress(f.output)
	if progress.w != io.Discard {
		o.Runner.Progress, o.Runner.Watch = progress.set, progress.watch
	}
	r, err := s.Run(ctx, o)
	progress.clear()
	if err != nil {
		return err
	}
	a.status = r.Status
	return printer.print(r)
}

// skipRun prints how things stood at the end of the last run, while another goes on or a
// server runs the checks; or that the other is stuck.
func (a *app) skipRun(ctx context.Context, f *suiteFlags, s *suite.Suite, items []*suite.Item, dir string, printer *suitePrinter, by *suite.Running) error {
	if f.stuckSince(s, by) > 0 {
		return a.stuck(ctx, f, s, items, dir, by)
	}
	_, watched := terminal(a.stderr)
	shown := f.isPolled() || by.Server && printer.mode == "always"
	switch {
	case by.Server && shown && !f.isPolled():
		a.warn(by)
	case watched && !by.Server:
		a.warn(fmt.Errorf("%w; --lock wait waits for it", by))
	}
	store, err := history.Open(ctx, filepath.Join(dir, history.FileName), s.History())
	if err != nil {
		return err
	}
	defer a.closeHistory(store)
	r := s.Standing(ctx, suite.Options{Items: items, Store: store}, by)
	a.status = r.Status
	problems := errors.Join(r.Problems...)
	if shown && !(f.isPlugin() && errors.Is(problems, suite.ErrNeverRan)) { // whose one line says so
		return printer.print(r)
	}
	return problems
}

// stuck reports that another run does not end.
func (a *app) stuck(ctx context.Context, f *suiteFlags, s *suite.Suite, items []*suite.Item, dir string, by *suite.Running) error {
	o := a.suiteOptions(ctx, f, s, items, dir)
	if o.Store != nil {
		defer a.closeHistory(o.Store)
	}
	r := s.Stuck(ctx, o, by)
	a.status = probe.Unknown
	for _, err := range append(r.Unsolved, r.Problems...) {
		a.warn(err)
	}
	return nil
}

func (a *app) suiteOptions(ctx context.Context, f *suiteFlags, s *suite.Suite, items []*suite.Item, dir string) suite.Options {
	o := suite.Options{
		Items: items, Deadline: f.deadline, Remind: s.Remind, Dir: dir, Labels: f.labels,
		Runner:  suite.Runner{Jobs: f.jobs, PerHost: f.perHost, Dial: a.dial, DNS: a.dns},
		Network: notify.Network{Dial: a.dial, DNS: a.dns},
	}
	if f.remindSet {
		o.Remind = f.remind
	}
	with := s.History()
	with.Keep = f.keep
	store, err := history.Open(ctx, filepath.Join(dir, history.FileName), with)
	if err != nil {
		o.Problems = []error{fmt.Errorf("%w; every failure is announced as if it were new, once a day", err)}
		return o
	}
	o.Store = store
	return o
}

// closeHistory closes a history, and prints its notice.
func (a *app) closeHistory(s *history.Store) {
	if notice := s.Notice(); notice != "" {
		a.warn(errors.New(notice))
	}
	_ = s.Close()
}

// warn prints an error beside the results.
func (a *app) warn(err error) { fmt.Fprintf(a.stderr, "mailprobe: %s\n", oneLine(err)) }
