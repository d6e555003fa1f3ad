package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"mailprobe/icmp"
	"mailprobe/probe"
	"mailprobe/report"
)

// pinger is the command `ping` where it does more than other checks: it shows one
// host's answers as they come, many hosts in a table that changes, and sweeps.
type pinger struct {
	*app
	check   *probe.Check
	out     *output
	sweeper icmp.Sweeper

	every       time.Duration
	alive, dead bool
	sweep       icmp.SweepOptions
	rate        float64
}

// extend adds the flags and the ways of the command.
func (p *pinger) extend(cmd *cobra.Command) {
	plain := cmd.RunE
	flags := cmd.Flags()
	probe.DurationVar(flags, &p.every, "every", 0, "report in between, every so often")
	flags.BoolVar(&p.alive, "alive", false, "sweep, and list the addresses that answer")
	flags.BoolVar(&p.dead, "dead", false, "sweep, and list the addresses that do not answer")
	flags.IntVar(&p.sweep.Retries, "retries", 0, "sweep, and ask an address that does not answer so often again")
	flags.Float64Var(&p.sweep.Backoff, "backoff", 0, "what each retry multiplies the wait with (default 1.5)")
	flags.Float64Var(&p.rate, "rate", -1, "probes a second of a sweep, 0 for no limit (default 1000, to this machine no limit)")
	cmd.Long += `
A prefix such as 192.0.2.0/24 or a range such as 192.0.2.5-40 is swept: every
address is asked once, and answers are shown as they come.`
	cmd.Example += `
  mailprobe ping --alive 192.0.2.0/24
  mailprobe ping --dead --retries 2 - < hosts`
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		sweeps := p.alive || p.dead || flags.Changed("retries") || flags.Changed("backoff") || flags.Changed("rate")
		ctx := cmd.Context()
		switch {
		case sweeps || anyRange(args):
			return p.sweepAll(ctx, args)
		case p.out.format != "table":
			return plain(cmd, args)
		}
		return p.watch(ctx, flags, args)
	}
}

// watch pings hosts while people look on.
func (p *pinger) watch(ctx context.Context, flags *pflag.FlagSet, args []string) (err error) {
	_, onTerminal := terminal(p.stdout)
	w := &watcher{pinger: p, single: len(args) == 1 && args[0] != "-", last: time.Now()}
	switch {
	case onTerminal && !p.out.quiet && w.single:
		w.show = w.line
		if w.wait, err = probe.ParseDuration(flags.Lookup("wait").Value.String()); err != nil {
			return err
		}
	case obedient(p.stdout) && !p.out.quiet:
		w.show = w.row
		w.table = p.liveTable()
	case p.every == 0:
		return p.app.check(ctx, p.check, *p.out, args)
	}
	defer w.listen()()
	out := *p.out
	if w.show != nil {
		if out.made, err = w.printer(ctx, out); err != nil {
			return err
		}
	}
	return p.app.check(icmp.WithWatch(ctx, &icmp.Watch{OnReply: w.reply}), p.check, out, args)
}

func (p *pinger) liveTable() *icmp.LiveTable {
	fd, _ := terminal(p.stdout)
	width, height, err := term.GetSize(fd)
	if err != nil || height == 0 {
		return &icmp.LiveTable{W: p.stdout}
	}
	return &icmp.LiveTable{W: p.stdout, Width: width, Rows: max(1, height-3)}
}

// watcher shows the events of pings.
type watcher struct {
	*pinger
	single bool
	wait   time.Duration // that an answer has
	show   func(probe.Target, icmp.Reply, *icmp.Stats)
	table  *icmp.LiveTable
	stats  *icmp.Stats // of the only host

	asked atomic.Bool // for a summary, by SIGQUIT
	mu    sync.Mutex
	last  time.Time // of the last drawing or report
}

// listen makes SIGQUIT ask for a summary, as ping's users expect.
func (w *watcher) listen() (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGQUIT)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-signals:
				w.asked.Store(true)
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}

// reply shows an event, and a summary where one is due.
func (w *watcher) reply(t probe.Target, r icmp.Reply, s *icmp.Stats) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats = s
	if w.show != nil {
		w.show(t, r, s)
	}
	due := w.every > 0 && time.Since(w.last) >= w.every
	if w.asked.Swap(false) || due {
		w.last = time.Now()
		fmt.Fprint(w.stdout, icmp.FormatStats(t.Text, s, false))
	}
}

func (w *watcher) line(t probe.Target, r icmp.Reply, _ *icmp.Stats) {
	if text := icmp.FormatReply(t.Text, r, w.wait); text != "" {
		fmt.Fprintln(w.stdout, text)
	}
}

// redraw is the time from one drawing of the live table to the next.
const redraw = 100 * time.Millisecond

func (w *watcher) row(t probe.Target, r icmp.Reply, s *icmp.Stats) {
	w.table.Update(t.Text, r, s)
	if time.Since(w.last) >= redraw {
		w.last = time.Now()
		_ = w.table.Draw()
	}
}

// printer makes the printer of the results that follow what was shown so far.
func (w *watcher) printer(ctx context.Context, out output) (report.Printer, error) {
	rest, err := out.printer(w.stdout)
	if err != nil || w.single {
		return &closing{w, rest}, err
	}
	return &yielding{w, rest, ctx.Err}, nil
}

// yielding shows results in the place of the live table, which goes on below them.
type yielding struct {
	*watcher
	rest        report.Printer
	interrupted func() error
}

// Print implements report.Printer.
func (y *yielding) Print(r *probe.Result) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	return errors.Join(y.table.Clear(), y.rest.Print(r), y.table.Draw())
}

// Close implements report.Printer. Of pings that were interrupted the results say
// no more than that, so the table stays.
func (y *yielding) Close() error {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.interrupted() != nil {
		err := y.table.Draw()
		fmt.Fprintln(y.stdout)
		return errors.Join(err, y.rest.Close())
	}
	return errors.Join(y.table.Clear(), y.rest.Close())
}

// closing shows how pings went whose answers were shown as they came: what the run
// came to, and the whole result only where it is not good or more was asked for.
type closing struct {
	*watcher
	rest report.Printer
}

// Print implements report.Printer.
func (c *closing) Print(r *probe.Result) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats != nil {
		fmt.Fprintf(c.stdout, "\n%s", icmp.FormatStats(r.Target, c.stats, true))
	}
	if c.stats != nil && r.Status == probe.OK && !c.out.verbose {
		return nil
	}
	return c.rest.Print(r)
}

// Close implements report.Printer.
func (c *closing) Close() error { return c.rest.Close() }
