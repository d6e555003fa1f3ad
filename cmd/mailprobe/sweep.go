package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"

	"mailprobe/icmp"
	"mailprobe/internal/report"
	"mailprobe/pingcheck"
	"mailprobe/probe"
)

// defaultRate is how many probes a second a sweep sends by default:
// few enough for any network to carry.
const defaultRate = 1000

// anyRange reports whether one of the arguments stands for several addresses, or
// would if it were right.
func anyRange(args []string) bool {
	for _, arg := range args {
		if r, ok, err := pingcheck.ParseRange(arg); err != nil || ok && r.First != r.Last {
			return true
		}
	}
	return false
}

// sweeping is the state of one sweep.
type sweeping struct {
	*pinger
	input   *sweepInput
	printer report.Printer
	lines   *bufio.Writer // of a list
	live    bool          // somebody looks on as the list is written
	status  *progress
	begin   time.Time
	whole   *probe.Check // what the sweep as a whole is held to
	sums    bool         // its result is shown

	mu     sync.Mutex // of all below, and of what is written
	survey pingcheck.Survey
	notes  []note
}

// sweepAll asks every address once and shows what becomes of each as it happens.
func (p *pinger) sweepAll(ctx context.Context, args []string) (err error) {
	s, err := p.newSweeping(args)
	if err != nil {
		return err
	}
	p.out.part.sweeps = true
	if err := p.out.part.open(ctx, p.app, p.out, p.check.Kind.Name); err != nil {
		return err
	}
	collectAt(25) // little is alive at a time; let its memory be as little
	forgetStart()
	p.sweeper.Widen()
	if err := p.prepare(ctx, p.check); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.check.Close()) }()
	if p.sweep.Rate = p.rate; !p.rated {
		p.sweep.Rate, p.sweep.Free = defaultRate, true
	}
	s.whole = p.wholeCheck()
	replies, err := p.sweeper.Sweep(ctx, s.input.addresses(ctx, args), p.sweep)
	if err != nil {
		return s.unable(ctx, err)
	}
	return s.show(ctx, replies)
}

func (p *pinger) newSweeping(args []string) (s *sweeping, err error) {
	if err := p.checkSweep(args); err != nil {
		return nil, err
	}
	s = &sweeping{
		pinger: p, input: newSweepInput(p.check, p.out.part, p.stdin), lines: bufio.NewWriter(p.stdout),
		status: &progress{w: io.Discard}, begin: time.Now(),
	}
	_, s.live = terminal(p.stdout)
	if obedient(p.stderr) {
		s.status.w = p.stderr
	}
	if s.survey.MinAlive, s.survey.MinPercent, err = parseMinAlive(p.minAlive); err != nil {
		return nil, err
	}
	if s.printer, err = p.out.printer(p.stdout); err != nil {
		return nil, err
	}
	return s, nil
}

// checkSweep finds what is wrong with the flags and targets of a sweep.
func (p *pinger) checkSweep(args []string) error {
	switch {
	case p.alive && p.dead:
		return errors.New("--alive and --dead exclude each other; without either every address is shown")
	case p.counted:
		return errors.New("--count and -C ask each host several times, and a sweep once; --retries asks those again that do not answer")
	case p.unused != "":
		return fmt.Errorf("%s has no place in a sweep, which asks every address once and lists it in a line: leave it out, or ping the hosts that answer", p.unused)
	case p.sweep.Retries < 0 || p.sweep.Retries > icmp.MaxRetries:
		return fmt.Errorf("--retries %d is not within 0 to %d", p.sweep.Retries, icmp.MaxRetries)
	case p.sweep.Backoff != 0 && p.sweep.Backoff < 1:
		return fmt.Errorf("--backoff %g would shorten the wait; 1 or more would be right", p.sweep.Backoff)
	}
	lists := 0
	for _, arg := range args {
		_, ok, err := pingcheck.ParseRange(arg)
		if arg == "-" {
			lists++
		} else if err == nil && !ok {
			_, err = p.check.Kind.ParseTarget(arg)
		}
		if err != nil {
			return err
		}
	}
	if lists > 1 {
		return errors.New("standard input can be read only once: give - once")
	}
	return nil
}

// parseMinAlive reads a number of addresses or a share of them: "3" or "50%".
func parseMinAlive(text string) (number int, percent float64, err error) {
	if text == "" {
		return 0, 0, nil
	}
	if share, ok := strings.CutSuffix(text, "%"); ok {
		percent, err = strconv.ParseFloat(share, 64)
	} else {
		number, err = strconv.Atoi(text)
	}
	if err != nil || number < 0 || !(percent >= 0 && percent <= 100) {
		return 0, 0, fmt.Errorf("--min-alive %q is neither a number of addresses such as 3 nor a share such as 50%%", text)
	}
	return number, percent, nil
}

// wholeCheck moves the thresholds on facts of the whole sweep from the check of each
// address to one of their own.
func (p *pinger) wholeCheck() *probe.Check {
	whole, options := *p.check, *p.check.Options
	options.Warn, options.Crit = nil, nil
	whole.Options = &options
	for _, t := range []struct{ from, to *probe.Thresholds }{
		{&p.check.Options.Warn, &options.Warn}, {&p.check.Options.Crit, &options.Crit},
	} {
		rest := probe.Thresholds{}
		for fact, r := range *t.from {
			if !pingcheck.OfSurvey(fact) {
				rest[fact] = r
				continue
			}
			if *t.to == nil {
				*t.to = probe.Thresholds{}
			}
			(*t.to)[fact] = r
		}
		*t.from = rest
	}
	return &whole
}

// judged reports whether there is a threshold on the whole sweep. Then that alone is the
// verdict, whatever became of single addresses.
func (s *sweeping) judged() bool {
	return s.minAlive != "" || len(s.whole.Options.Warn)+len(s.whole.Options.Crit) > 0
}

// lists reports whether the addresses themselves are printed, not results.
func (s *sweeping) lists() bool { return (s.alive || s.dead) && s.out.format == report.Formats()[0] }

// unable shows why no address could be asked.
func (s *sweeping) unable(ctx context.Context, err error) error {
	if s.out.format == report.Formats()[0] {
		return withHint(err)
	}
	r := s.check.Record(ctx, probe.Target{Text: s.input.named}, func(r *probe.Result) error {
		return r.Run("echo", func(*probe.Step) error { return err })
	})
	s.app.status = probe.Worst(s.app.status, r.Status)
	return errors.Join(s.printer.Print(r), s.printer.Close())
}

// withHint appends the hint to an error.
func withHint(err error) error {
	var f *probe.Failure
	if errors.As(err, &f) && f.Hint != "" {
		return fmt.Errorf("%w; %s", err, f.Hint)
	}
	return err
}

// show shows what becomes of every address as it becomes known.
func (s *sweeping) show(ctx context.Context, replies iter.Seq[icmp.Reply]) error {
	s.sums = s.judged() || s.out.isPolled()
	stop := s.watch()
	err := s.replies(ctx, replies)
	stop()
	if err == nil {
		err = s.failures(ctx)
	}
	if err != nil {
		return err
	}
	s.status.clear()
	return s.finish(ctx)
}

func (s *sweeping) replies(ctx context.Context, replies iter.Seq[icmp.Reply]) error {
	for r := range replies {
		s.mu.Lock()
		err := errors.Join(s.failures(ctx), s.reply(ctx, r))
		s.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// failures shows the lines that have led to no address so far.
func (s *sweeping) failures(ctx context.Context) error {
	for _, f := range s.input.failures() {
		if err := s.failure(ctx, f); err != nil {
			return err
		}
	}
	return nil
}
