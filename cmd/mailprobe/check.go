package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"mailprobe/icmp"
	"mailprobe/internal/fleet/bulk"
	"mailprobe/internal/report"
	"mailprobe/pingcheck"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// newCheck makes the command of a kind of check.
func newCheck(a *app, kind probe.Kind) *cobra.Command {
	cmd, check, out := checkCommand(a, kind)
	if sweeper, ok := check.Checker().(pingcheck.Sweeper); ok {
		(&pinger{app: a, check: check, out: out, sweeper: sweeper}).extend(cmd)
	}
	if tracer, ok := check.Checker().(pingcheck.Tracer); ok {
		(&traceWatch{app: a, check: check, out: out, tracer: tracer}).extend(cmd)
	}
	if c, ok := check.Checker().(*smtpcheck.Check); ok {
		a.addDump(cmd, check, c)
	}
	if slices.Contains(bulk.Kinds, kind.Name) {
		(&bulkRun{app: a, check: check, out: out}).bind(cmd)
	}
	(&defaults{app: a, kind: kind}).bind(cmd, out)
	return cmd
}

// checkCommand makes the command of a kind, and returns the check and the output
// that its flags set.
func checkCommand(a *app, kind probe.Kind) (*cobra.Command, *probe.Check, *output) {
	cmd := &cobra.Command{
		Use:                   kind.Name + " [FLAGS]",
		Short:                 kind.Short,
		Long:                  kind.Long,
		Example:               kind.Example,
		DisableFlagsInUseLine: true,
	}
	cmd.Flags().SortFlags = false
	check := probe.New(kind)
	bindOptions(cmd.Flags(), check.Declared)
	if check.TakesTarget() {
		cmd.Use += " TARGET..."
		cmd.Long += "\n\n" + targetsHelp(kind)
	}
	out := &output{}
	if _, ok := check.Checker().(pingcheck.Sweeper); ok {
		out.jobs = pingJobs
	}
	out.bind(cmd.Flags())
	if check.TakesTarget() {
		out.part = &portion{}
		out.part.bind(cmd.Flags(), check)
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		a.format = out.format
		return a.flagError(cmd, err)
	})
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		a.format = out.format
		switch {
		case check.TakesTarget() && len(args) == 0:
			return fmt.Errorf("%[1]s needs a target: %[1]s TARGET, or - to read targets from standard input", cmd.CommandPath())
		case !check.TakesTarget() && len(args) > 0:
			return fmt.Errorf("%s takes no argument such as %q, flags say it all: --help lists them", cmd.CommandPath(), args[0])
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.check(cmd.Context(), check, *out, args)
	}
	return cmd, check, out
}

func targetsHelp(kind probe.Kind) string {
	text := "A target is HOST"
	switch {
	case kind.Target != "":
		text = "A target is " + kind.Target + "."
	case len(kind.Schemes) > 0:
		text += ", HOST:PORT, [IPV6]:PORT or a URL:\n"
		var urls []string
		for _, s := range kind.Schemes {
			urls = append(urls, fmt.Sprintf("%s:// (port %d)", s.Name, s.Port))
		}
		text += strings.Join(report.Wrap(strings.Join(urls, ", ")+".", 80, len(urls)), "\n")
	default:
		text += " or an IP address."
	}
	return text + "\nThe target - reads targets from standard input, one a line; # begins a comment.\nA line may be CSV, or a JSON object, with a target and its name."
}

// check runs a check against all targets and prints the results in their order.
func (a *app) check(ctx context.Context, check *probe.Check, out output, args []string) (err error) {
	targets, err := parseTargets(check, args, a.stdin)
	if err != nil {
		return err
	}
	if out.jobs < 1 {
		return fmt.Errorf("--jobs %d is not a number from 1 up", out.jobs)
	}
	if err := out.part.open(ctx, a, &out, check.Kind.Name); err != nil {
		return err
	}
	targets = out.part.take(targets)
	printer, err := out.printer(a.stdout)
	if err != nil {
		return err
	}
	if slices.Contains(args, "-") {
		_ = check.Options.ClaimStdin("the target -") // nothing has before
	}
	if err := a.prepare(ctx, check); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, finish(check)) }()
	if err := prepareTargets(check, args); err != nil {
		return err
	}
	check.Options.Limit = probe.NewLimit(out.jobs, 0)
	progress := a.progress(out)
	if progress.w != io.Discard {
		check.Options.Watch = progress.watch
	}
	do := func(ctx context.Context, t target) []*probe.Result {
		return out.part.mark(t.canonical, t.check(ctx, check))
	}
	nothing := true
	var all atomic.Bool // targets were begun
	for results := range probe.Each(ctx, out.jobs, out.announce(targets, &all), do) {
		progress.clear()
		for _, r := range results {
			nothing = false
			a.status = probe.Worst(a.status, r.Status)
			if err := printer.Print(r); err != nil {
				return err
			}
		}
		progress.advance()
	}
	progress.clear()
	if ctx.Err() != nil && !all.Load() || out.part.wasCut() || nothing && out.isPlugin() { // its line says so, too
		a.status = probe.Worst(a.status, probe.Unknown)
	}
	if err := printer.Close(); err != nil || !nothing || out.isPlugin() {
		return err
	}
	return a.noResults(ctx, out.part)
}

// noResults says why a command checked nothing. It is no error where nothing was to do.
func (a *app) noResults(ctx context.Context, part *portion) error {
	if ctx.Err() != nil {
		return errInterrupted
	}
	if why := part.none(); why != "" {
		_, err := fmt.Fprintf(a.stderr, "mailprobe: %s\n", why)
		return err
	}
	return errNoTarget
}

// errNoTarget is what an empty list comes to: what was not checked is not OK.
var errNoTarget = errors.New("standard input names no target; a list has one a line")

// finish frees what the targets of a check shared. Of a kind with privileged sockets
// that is nothing but these, which end with the program: to close them and to wait for
// those that listen there would take a tenth of the time of a single ping.
func finish(check *probe.Check) error {
	if _, ok := check.Checker().(interface{ Open() error }); ok {
		return nil
	}
	return check.Close()
}

// prepareTargets returns what is wrong with the options for a target of the command
// line, before anything is connected. Those of a list are not known yet.
func prepareTargets(check *probe.Check, args []string) error {
	if _, ok := check.Checker().(probe.TargetPreparer); !ok {
		return nil
	}
	for _, arg := range args {
		if t, err := check.Kind.ParseTarget(arg); err == nil && arg != "-" {
			if err := check.PrepareTarget(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepare makes a check ready for its targets. A kind that opens privileged sockets
// does so now, and the privileges are dropped before anything is received.
func (a *app) prepare(ctx context.Context, check *probe.Check) error {
	check.Options.Dial, check.Options.DNS = a.dial, a.dns
	check.Options.Stdin, check.Options.Prompt = a.stdin, a.prompt(ctx)
	if err := check.Prepare(ctx); err != nil {
		return err
	}
	if opener, ok := check.Checker().(interface{ Open() error }); ok {
		// What cannot be opened is shown by each result, and privileges that
		// cannot be dropped (in a program built with cgo) do no harm by themselves.
		_ = opener.Open()
		_ = icmp.DropPrivileges()
	}
	return nil
}
