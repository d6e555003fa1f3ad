package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"mailprobe/icmp"
	"mailprobe/internal/report"
	"mailprobe/pingcheck"
	"mailprobe/probe"
)

// watch pings hosts and shows their answers as they come.
func (p *pinger) watch(ctx context.Context, flags *pflag.FlagSet, args []string) (err error) {
	w := p.newWatcher(args)
	if w.wait, err = probe.ParseDuration(flags.Lookup("wait").Value.String()); err != nil {
		return err
	}
	w.choose()
	out := *p.out
	out.begin = w.begin
	if w.show != nil {
		if out.made, err = w.printer(ctx, out); err != nil {
			return err
		}
	}
	defer w.reporting()()
	return p.app.check(pingcheck.WithWatch(ctx, &pingcheck.Watch{OnReply: w.reply}), p.check, out, args)
}

func (p *pinger) newWatcher(args []string) *watcher {
	return &watcher{pinger: p, single: len(args) == 1 && args[0] != "-" && !anyRange(args), reports: p.stdout, hosts: map[string]*icmp.Stats{}}
}

// choose selects how events are shown: in lines, in a live table, or not at all.
func (w *watcher) choose() {
	_, onTerminal := terminal(w.stdout)
	switch {
	case w.out.format != report.Formats()[0]:
		w.reports = w.stderr // programs read the other one
	case w.times, onTerminal && !w.out.quiet && w.single:
		w.show = w.line
	case obedient(w.stdout) && !w.out.quiet:
		w.show = w.row
		w.table = w.liveTable()
	}
}

func (p *pinger) liveTable() *pingcheck.LiveTable {
	fd, _ := terminal(p.stdout)
	width, height, err := term.GetSize(fd)
	if err != nil || height == 0 {
		return &pingcheck.LiveTable{W: p.stdout}
	}
	return &pingcheck.LiveTable{W: p.stdout, Width: width, Rows: max(1, height-3)}
}

// watcher shows the events of pings.
type watcher struct {
	*pinger
	single  bool
	wait    time.Duration // that an answer has
	reports io.Writer     // where reports go
	show    func(probe.Target, icmp.Reply, *icmp.Stats)
	table   *pingcheck.LiveTable

	mu    sync.Mutex
	stats *icmp.Stats // of the only host
	order []string    // hosts that have been begun
	hosts map[string]*icmp.Stats
	drawn time.Time // when the table was, last
}

// begin registers a host before it has answered.
func (w *watcher) begin(t probe.Target) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.host(t.Text)
}

// host returns the statistics of a host so far.
func (w *watcher) host(name string) *icmp.Stats {
	s := w.hosts[name]
	if s == nil {
		s = &icmp.Stats{}
		w.hosts[name] = s
		w.order = append(w.order, name)
	}
	return s
}

// reporting reports on every host at each --every and SIGQUIT, until the returned
// function is called.
func (w *watcher) reporting() (stop func()) {
	var ticks <-chan time.Time
	if w.every > 0 {
		ticker := time.NewTicker(w.every)
		ticks = ticker.C
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-w.quits:
				w.report(true)
			case <-ticks:
				w.report(false)
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// report writes a line of statistics for every host. Where it was asked for by a key, the
// terminal has shown that as ^\, and the report begins on a line of its own.
func (w *watcher) report(asked bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.table != nil {
		_ = w.table.Clear()
		defer func() { _ = w.table.Draw() }()
	} else if asked && isTerminal(w.stdin) && isTerminal(w.reports) {
		fmt.Fprintln(w.reports)
	}
	stamp := w.stamp()
	for _, name := range w.order {
		fmt.Fprintln(w.reports, stamp+pingcheck.FormatBrief(name, w.hosts[name]))
	}
}

// reply records and shows an event.
func (w *watcher) reply(t probe.Target, r icmp.Reply, s *icmp.Stats) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats = s
	*w.host(t.Text) = s.Brief()
	if w.show != nil {
		w.show(t, r, s)
	}
}

func (w *watcher) line(t probe.Target, r icmp.Reply, _ *icmp.Stats) {
	if text := pingcheck.FormatReply(t.Text, r, w.wait); text != "" {
		fmt.Fprintln(w.stdout, w.stamp()+text)
	}
}

// redraw is the time from one drawing of the live table to the next.
const redraw = 100 * time.Millisecond

func (w *watcher) row(t probe.Target, r icmp.Reply, s *icmp.Stats) {
	w.table.Update(t.Text, r, s)
	if time.Since(w.drawn) >= redraw {
		w.drawn = time.Now()
		_ = w.table.Draw()
	}
}

// printer makes the printer of the results that follow what was shown so far.
func (w *watcher) printer(ctx context.Context, out output) (report.Printer, error) {
	rest, err := out.printer(w.stdout)
	switch {
	case err != nil:
		return nil, err
	case w.single:
		return &closing{w, rest}, nil
	case w.table == nil:
		return rest, nil
	}
	return &yielding{w, rest, ctx.Err}, nil
}

// yielding prints results above the live table, which is redrawn below them.
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
		fmt.Fprintf(c.stdout, "\n%s", pingcheck.FormatStats(r.Target, c.stats, true))
	}
	if c.stats != nil && r.Status == probe.OK && !c.out.verbose {
		return nil
	}
	return c.rest.Print(r)
}

// Close implements report.Printer.
func (c *closing) Close() error { return c.rest.Close() }
