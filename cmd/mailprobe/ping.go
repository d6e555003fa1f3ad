package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mailprobe/icmp"
	"mailprobe/internal/report"
	"mailprobe/pingcheck"
	"mailprobe/probe"
)

// pinger is the command `ping` where it does more than other checks: it shows one
// host's answers as they come, many hosts in a table that changes, and sweeps.
type pinger struct {
	*app
	check   *probe.Check
	out     *output
	sweeper pingcheck.Sweeper
	quits   chan os.Signal // SIGQUIT asks for a report

	every       time.Duration
	times       bool
	alive, dead bool
	minAlive    string
	counted     bool   // it is said how often each host is asked
	unused      string // a flag that was given and means nothing in a sweep, empty for none
	sweep       icmp.SweepOptions
	rate        float64
	rated       bool // --rate was given
}

const (
	pingJobs    = 256  // hosts that are pinged at once, each once a second
	endlessJobs = 4096 // of pings without end, as the next would never have its turn
)

// extend adds the flags and the run function of the command.
func (p *pinger) extend(cmd *cobra.Command) {
	flags := cmd.Flags()
	bindOptions(flags, []probe.Option{
		{Name: "every", Type: probe.TypeDuration, Value: &p.every, Usage: "print a summary of every host at this interval; SIGQUIT prints one at once"},
		{Name: "timestamps", Short: "D", Type: probe.TypeBool, Value: &p.times, Usage: "show each answer as it comes, and before every line the time in seconds since 1970"},
		{Name: "alive", Type: probe.TypeBool, Value: &p.alive, Usage: "sweep, and list the addresses that answer"},
		{Name: "dead", Type: probe.TypeBool, Value: &p.dead, Usage: "sweep, and list the addresses that do not answer"},
		{Name: "min-alive", Value: &p.minAlive, Usage: "sweep: OK if at least `NUMBER` addresses, or a share such as 50%, answer"},
		{Name: "retries", Type: probe.TypeNumber, Value: &p.sweep.Retries, Usage: "sweep: retry addresses that do not answer up to `NUMBER` times"},
		{Name: "backoff", Type: probe.TypeNumber, Value: &p.sweep.Backoff, Usage: "multiply the wait by `NUMBER` at each retry (default 1.5)"},
		{Name: "rate", Type: probe.TypeNumber, Value: &p.rate, Usage: "probes a second of a sweep, 0 for no limit (default 1000, to this machine no limit)"},
	})
	cmd.Long += `
A prefix such as 192.0.2.0/24 or a range such as 192.0.2.5-40 is swept: every
address is asked once, and answers are shown as they come. With --count or -C
each of its addresses is pinged so often instead. Beside a target in a list may
stand its name and a tag. Thresholds on the facts alive, dead and failed, and
--min-alive, judge a sweep as a whole.`
	cmd.Example += `
  mailprobe ping --alive 192.0.2.0/24
  mailprobe ping --dead --retries 2 - < hosts
  mailprobe ping -o nagios --min-alive 90% 192.0.2.0/24`
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return p.run(cmd.Context(), flags, args) }
}

// run pings or sweeps, depending on the flags.
func (p *pinger) run(ctx context.Context, flags *pflag.FlagSet, args []string) error {
	sweeps := p.alive || p.dead || p.minAlive != "" || flags.Changed("retries") || flags.Changed("backoff") || flags.Changed("rate")
	samples := flags.Changed("samples")
	p.counted = flags.Changed("count") || samples
	p.unused = firstChanged(flags, "mtu", "trace-on-failure")
	if p.unused == "" && (p.alive || p.dead) && p.out.format == report.Formats()[0] {
		p.unused = firstChanged(flags, "verbose")
	}
	if samples && flags.Changed("count") {
		return errors.New("use either --count or -C: both set the number of probes")
	}
	if p.every < 0 {
		return fmt.Errorf("--every %s is negative; a time such as 10s would be right", p.every)
	}
	if p.rate < 0 {
		return fmt.Errorf("--rate %g is negative; a number such as 1000 would be right, or 0 for no limit", p.rate)
	}
	p.rated = flags.Changed("rate")
	if !flags.Changed("jobs") {
		p.out.jobs = p.defaultJobs(flags)
	}
	defer p.listen(flags, args)()
	switch {
	case sweeps || anyRange(args) && !p.counted:
		return p.sweepAll(ctx, args)
	case samples && p.out.format == report.Formats()[0]:
		w := p.newWatcher(args)
		w.reports = p.stderr
		out := *p.out
		out.made, out.begin = &samplesPrinter{p.app}, w.begin
		defer w.reporting()()
		return p.app.check(pingcheck.WithWatch(ctx, &pingcheck.Watch{OnReply: w.reply}), p.check, out, args)
	}
	return p.watch(ctx, flags, args)
}

// firstChanged returns the first of some flags that the user gave, empty for none.
func firstChanged(flags *pflag.FlagSet, names ...string) string {
	for _, name := range names {
		if flags.Changed(name) {
			return "--" + name
		}
	}
	return ""
}

// defaultJobs returns how many hosts are pinged at once without --jobs.
func (p *pinger) defaultJobs(flags *pflag.FlagSet) int {
	if flags.Lookup("count").Value.String() == "0" {
		return endlessJobs
	}
	return pingJobs
}

// listen makes SIGQUIT request a report, as with ping. For a single probe SIGQUIT is
// ignored.
func (p *pinger) listen(flags *pflag.FlagSet, args []string) (stop func()) {
	p.quits = make(chan os.Signal, 1)
	if flags.Lookup("count").Value.String() == "1" && len(args) == 1 && args[0] != "-" {
		signal.Ignore(syscall.SIGQUIT)
	} else {
		signal.Notify(p.quits, syscall.SIGQUIT)
	}
	return func() { signal.Reset(syscall.SIGQUIT) }
}

// stamp returns the prefix of a line with --timestamps: the time, as ping writes it.
func (p *pinger) stamp() string {
	if !p.times {
		return ""
	}
	now := time.Now()
	return fmt.Sprintf("[%d.%06d] ", now.Unix(), now.Nanosecond()/1000)
}

// samplesPrinter prints a line a host, as fping -C does: the time of each answer in
// ms, and - for none.
type samplesPrinter struct{ *app }

// Print implements report.Printer.
func (p *samplesPrinter) Print(r *probe.Result) error {
	samples, ok := r.Fact(pingcheck.FactSamples)
	if !ok {
		_, err := fmt.Fprintf(p.stderr, "mailprobe: %s\n", oneLine(fmt.Errorf("%s: %s", r.Target, r.Summary)))
		return err
	}
	_, err := fmt.Fprintf(p.stdout, "%s : %s\n", report.Clean(r.Target), samples.Text)
	return err
}

// Close implements report.Printer.
func (p *samplesPrinter) Close() error { return nil }
