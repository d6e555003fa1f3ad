package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"strings"
	"sync"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
	"mailprobe/report"
)

// defaultRate is how many probes a second a sweep sends unless told otherwise:
// few enough for any network to carry.
const defaultRate = 1000

// anyRange tells whether one of the arguments stands for several addresses, or
// would if it were right.
func anyRange(args []string) bool {
	for _, arg := range args {
		if r, ok, err := icmp.ParseRange(arg); err != nil || ok && r.First != r.Last {
			return true
		}
	}
	return false
}

// sweeping is one sweep as it goes on.
type sweeping struct {
	*pinger
	printer report.Printer
	lines   *bufio.Writer // of a list
	live    bool          // somebody looks on as the list is written
	status  *progress
	begin   time.Time

	mu                       sync.Mutex // names are looked up beside the sweep
	names                    map[netip.Addr]string
	answered, silent, failed int
	reported                 time.Time
}

// sweepAll asks every address once and shows what becomes of each as it happens.
func (p *pinger) sweepAll(ctx context.Context, args []string) (err error) {
	if err := p.checkFlags(); err != nil {
		return err
	}
	if err := p.checkTargets(args); err != nil {
		return err
	}
	s := &sweeping{pinger: p, lines: bufio.NewWriter(p.stdout), names: map[netip.Addr]string{}, status: &progress{w: io.Discard}, begin: time.Now(), reported: time.Now()}
	_, s.live = terminal(p.stdout)
	if obedient(p.stderr) {
		s.status.w = p.stderr
	}
	if s.printer, err = p.out.printer(p.stdout); err != nil {
		return err
	}
	collectAt(25) // little is alive at a time; let its memory be as little
	p.sweeper.Widen()
	if err := p.prepare(ctx, p.check); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.check.Close()) }()
	if p.sweep.Rate = p.rate; p.rate < 0 {
		p.sweep.Rate, p.sweep.Free = defaultRate, true
	}
	replies, err := p.sweeper.Sweep(ctx, s.addresses(ctx, args), p.sweep)
	if err != nil {
		return s.result(ctx, probe.Target{Text: strings.Join(args, " ")}, icmp.Reply{Err: err, Outcome: icmp.Failed})
	}
	return s.show(ctx, replies)
}

func (p *pinger) checkFlags() error {
	switch {
	case p.alive && p.dead:
		return errors.New("--alive and --dead exclude each other; without either every address is shown")
	case p.sweep.Retries < 0 || p.sweep.Retries > icmp.MaxRetries:
		return fmt.Errorf("--retries %d is not within 0 to %d", p.sweep.Retries, icmp.MaxRetries)
	case p.sweep.Backoff != 0 && p.sweep.Backoff < 1:
		return fmt.Errorf("--backoff %g would shorten the wait; 1 or more would be right", p.sweep.Backoff)
	}
	return nil
}

// checkTargets refuses an argument that is no target.
func (p *pinger) checkTargets(args []string) error {
	for _, arg := range args {
		_, ok, err := icmp.ParseRange(arg)
		if err == nil && !ok && arg != "-" {
			_, err = p.check.Kind.ParseTarget(arg)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addresses yields those of all arguments.
func (s *sweeping) addresses(ctx context.Context, args []string) iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		for _, arg := range args {
			if arg == "-" {
				scanner := bufio.NewScanner(s.stdin)
				scanner.Buffer(nil, maxTargetLine)
				for scanner.Scan() {
					text, _, _ := strings.Cut(scanner.Text(), "#")
					if text = strings.TrimSpace(text); text != "" && !s.addressesOf(ctx, text, yield) {
						return
					}
				}
			} else if !s.addressesOf(ctx, arg, yield) {
				return
			}
		}
	}
}

// addressesOf yields those of one range or host. A host that has none is told of.
func (s *sweeping) addressesOf(ctx context.Context, text string, yield func(netip.Addr) bool) bool {
	r, ok, err := icmp.ParseRange(text)
	if ok {
		for addr := range r.Addrs() {
			if !yield(addr) {
				return false
			}
		}
		return true
	}
	t := probe.Target{Text: text}
	if err == nil {
		t, err = s.check.Kind.ParseTarget(text)
		t.Text = text
	}
	var addrs []netip.Addr
	if err == nil {
		addrs, err = s.check.Options.Addresses(ctx, t)
	}
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.failed++
		_ = s.print(s.check.Record(ctx, t, func(r *probe.Result) error {
			return r.Run("resolve", func(*probe.Step) error { return err })
		}))
		return true
	}
	if !s.check.Options.AllAddresses {
		addrs = addrs[:1]
	}
	for _, addr := range addrs {
		s.mu.Lock()
		s.names[addr] = t.Text
		s.mu.Unlock()
		if !yield(addr) {
			return false
		}
	}
	return true
}

// show tells of every address once it is known what became of it.
func (s *sweeping) show(ctx context.Context, replies iter.Seq[icmp.Reply]) error {
	for r := range replies {
		s.mu.Lock()
		err := s.reply(ctx, r)
		s.mu.Unlock()
		if err != nil {
			return err
		}
	}
	s.status.clear()
	if err := errors.Join(s.lines.Flush(), s.finish()); err != nil {
		return err
	}
	if s.lists() && s.status.w != io.Discard {
		fmt.Fprintln(s.stderr, s.count())
	}
	return nil
}

// finish ends the output of results; a list has none but for what failed.
func (s *sweeping) finish() error {
	if s.lists() && s.failed == 0 {
		return nil
	}
	return s.printer.Close()
}

func (s *sweeping) lists() bool { return s.alive || s.dead }

func (s *sweeping) reply(ctx context.Context, r icmp.Reply) error {
	switch r.Outcome {
	case icmp.Received:
		s.answered++
	case icmp.Lost:
		s.silent++
	case icmp.Failed:
		s.failed++
	default:
		return nil
	}
	name := r.Addr.String()
	if given, ok := s.names[r.Addr]; ok {
		delete(s.names, r.Addr)
		name = given
	}
	s.progress()
	return s.result(ctx, probe.Target{Text: name, Host: name, Addr: r.Addr}, r)
}

// result shows one address, in a list or as a result.
func (s *sweeping) result(ctx context.Context, t probe.Target, r icmp.Reply) error {
	if s.lists() && r.Addr.IsValid() {
		return s.list(t.Text, r.Outcome == icmp.Received)
	}
	result := s.check.Record(ctx, t, func(result *probe.Result) error { return s.sweeper.Record(result, r) })
	result.Elapsed = r.RTT
	return s.print(result)
}

// list writes an address into the list that was asked for, if it belongs there.
func (s *sweeping) list(name string, answered bool) error {
	if !answered {
		s.app.status = probe.Worst(s.app.status, probe.Critical)
	}
	if s.alive != answered {
		return nil
	}
	s.status.clear()
	_, err := fmt.Fprintln(s.lines, name)
	if s.live {
		return s.lines.Flush()
	}
	return err
}

func (s *sweeping) print(r *probe.Result) error {
	s.app.status = probe.Worst(s.app.status, r.Status)
	s.status.clear()
	return s.printer.Print(r)
}

// progress shows how far the sweep is, on a terminal and where reports were asked for.
func (s *sweeping) progress() {
	interval := 200 * time.Millisecond
	if s.every > 0 {
		interval = s.every
	}
	if time.Since(s.reported) < interval {
		return
	}
	s.reported = time.Now()
	_ = s.lines.Flush()
	if s.every > 0 {
		fmt.Fprintln(s.stderr, s.count())
		return
	}
	s.status.clear()
	s.status.done = 1
	fmt.Fprint(s.status.w, s.count())
}

func (s *sweeping) count() string {
	return fmt.Sprintf("%d asked: %d answered, %d did not, %d failed, after %s",
		s.answered+s.silent+s.failed, s.answered, s.silent, s.failed, probe.FormatDuration(time.Since(s.begin)))
}
