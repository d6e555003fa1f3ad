package icmp

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"time"
)

// SweepOptions says how many addresses are probed. The zero value sends one
// probe to each as fast as its answers can be received.
type SweepOptions struct {
	Wait    time.Duration // for the answer to a first probe; 0 for 1 s
	Retries int           // more probes to an address that does not answer, at most MaxRetries
	Backoff float64       // what each retry multiplies the wait with; 0 for 1.5
	Rate    float64       // probes a second; 0 for no limit
	Size    int           // octets of payload, MinSize to MaxSize; 0 for DefaultSize
	Pattern []byte        // fills the payload, repeated; nil for counting octets
	Window  int           // probes in flight; 0 for as many as the receive buffer has room for
	Stamps  bool          // have the kernel stamp requests too, at the price of speed
}

// MaxRetries bounds SweepOptions.Retries.
const MaxRetries = 10

const (
	defaultBackoff = 1.5
	sweepKeep      = 1 << 13              // ended probes remembered for the sake of duplicates
	packetRoom     = 1024                 // octets that a small packet takes of a receive buffer
	burst          = 2 * time.Millisecond // how much of Rate may be sent at once
	ageStep        = 5 * time.Millisecond // a full window is looked at again after this
)

func (o SweepOptions) withDefaults() (SweepOptions, error) {
	p, err := PingOptions{Wait: o.Wait, Size: o.Size}.withDefaults()
	o.Wait, o.Size = p.Wait, p.Size
	if o.Backoff == 0 {
		o.Backoff = defaultBackoff
	}
	switch {
	case err != nil:
		return o, err
	case o.Retries < 0 || o.Retries > MaxRetries:
		return o, fmt.Errorf("icmp: %d retries are not within 0 to %d", o.Retries, MaxRetries)
	case o.Backoff < 1:
		return o, fmt.Errorf("icmp: backoff %g is less than 1", o.Backoff)
	case o.Rate < 0:
		return o, fmt.Errorf("icmp: rate %g is negative", o.Rate)
	case o.Window < 0:
		return o, fmt.Errorf("icmp: window %d is negative", o.Window)
	}
	return o, nil
}

// Sweep probes any number of addresses in bounded memory and yields what
// becomes of them as it happens, in no order. Each address ends in exactly one
// of Received, Failed, and Lost (after the last retry). An answer may still
// follow as Late, or as Received if this process was held up; besides, there
// are the packets that end nothing: Duplicate, Corrupted, Foreign.
//
// addrs is ranged over in a goroutine of its own, ahead of the probes by a few
// thousand addresses. When the context ends or the caller breaks off, Sweep
// returns at once, and the sequence is stopped when it yields next.
//
// Bad options and an engine that is closed are told as a single Failed without
// an address.
func (e *Engine) Sweep(ctx context.Context, addrs iter.Seq[netip.Addr], o SweepOptions) iter.Seq[Reply] {
	return func(yield func(Reply) bool) {
		s, err := newSweep(e, o)
		if err != nil {
			yield(Reply{Outcome: Failed, Err: err})
			return
		}
		defer s.close()
		go s.source.feed(addrs)
		if err := s.loop(ctx, yield); err != nil {
			yield(Reply{Outcome: Failed, Err: err})
		}
	}
}

// A sweep is the state of one call of Sweep.
type sweep struct {
	*Engine
	o      SweepOptions
	wake   chan struct{}
	source *source
	rounds []*round // by how often an address was probed before
	pace   pace
	events []Reply
	hold   time.Duration // no probe expires before this, after a stall
	held   int           // events taken and not yet yielded
	flow   flow
}

// A round has the probes of addresses that are probed for the nth time. They
// share a wait, so that they expire in the order they were sent.
type round struct {
	run     *run
	senders map[*port]*sender
	retry   []netip.Addr // addresses to be probed in this round
}

func newSweep(e *Engine, o SweepOptions) (*sweep, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &sweep{Engine: e, o: o, wake: make(chan struct{}, 1)}
	s.flow = newFlow(s.window(), o.Window > 0)
	s.source = newSource(s.wake)
	s.pace = newPace(o.Rate, e.clock.now().mono)
	wait := o.Wait
	for range o.Retries + 1 {
		r, err := e.newRun(o.Size, wait, o.Pattern, s.wake)
		if err != nil {
			s.close()
			return nil, err
		}
		r.stamped, r.table.keep = o.Stamps, sweepKeep
		rd := &round{run: r, senders: make(map[*port]*sender, 2)}
		for _, p := range []*port{e.v4, e.v6} {
			rd.senders[p] = newSender(e, r, p)
		}
		s.rounds = append(s.rounds, rd)
		wait = time.Duration(float64(wait) * o.Backoff)
	}
	return s, nil
}

func (s *sweep) close() {
	s.source.stop()
	for _, rd := range s.rounds {
		s.remove(rd.run)
	}
}

var errBreak = errors.New("the caller wants no more")

func (s *sweep) loop(ctx context.Context, yield func(Reply) bool) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	planned := s.clock.now().mono
	for {
		now := s.clock.now().mono
		if now-planned > stallLimit {
			s.hold = now + stallGrace
		}
		due := s.expire(now)
		sent, err := s.send(ctx, now), s.collect(yield)
		switch {
		case errors.Is(err, errBreak):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return nil
		case s.finished():
			sleep(ctx, linger)
			s.collect(yield)
			return nil
		case sent:
			planned = now + stallLimit
			continue
		}
		planned = s.waitFor(ctx, timer, due)
	}
}

// waitFor sleeps until something happens or a time has come, and returns when
// it meant to be awake.
func (s *sweep) waitFor(ctx context.Context, timer *time.Timer, due time.Duration) time.Duration {
	now := s.clock.now().mono
	switch {
	case !s.wanting():
	case s.room() == 0:
		due = earlier(due, now+ageStep)
	case s.o.Rate > 0:
		due = earlier(due, s.pace.next())
	}
	if due == 0 {
		due = now + time.Hour
	}
	due = max(due, now)
	timer.Reset(due - now)
	select {
	case <-ctx.Done():
	case <-timer.C:
		return due
	case <-s.wake:
	}
	return max(due, s.clock.now().mono)
}

// expire books what is overdue and returns when to look again, 0 for never.
func (s *sweep) expire(now time.Duration) time.Duration {
	if now < s.hold {
		return s.hold
	}
	var first time.Duration
	for _, rd := range s.rounds {
		first = earlier(first, rd.run.expire(s.Engine, now))
	}
	return first
}

// earlier returns the first of two times, of which 0 is never.
func earlier(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// collect yields the events that came.
func (s *sweep) collect(yield func(Reply) bool) error {
	for i, rd := range s.rounds {
		evs, err := rd.run.take(s.events)
		s.events = evs
		s.held += len(evs)
		for _, ev := range evs {
			s.held--
			s.flow.learn(ev)
			if s.retries(i, ev) {
				s.rounds[i+1].retry = append(s.rounds[i+1].retry, ev.Addr)
			} else if !yield(ev) {
				return errBreak
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// retries reports whether an event of round i leads to another probe.
func (s *sweep) retries(i int, ev Reply) bool {
	return i+1 < len(s.rounds) && (ev.Outcome == Lost || errors.Is(ev.Err, ErrOverflow))
}

// inFlight returns how many probes may yet be answered any moment, or have
// ended and were not told of.
func (s *sweep) inFlight(now time.Duration) int {
	n := s.held
	for _, rd := range s.rounds {
		n += rd.run.underWay(now - s.flow.patience())
	}
	return n
}

// idle reports whether every probe has ended and was told of.
func (s *sweep) idle() bool {
	n := s.held
	for _, rd := range s.rounds {
		n += rd.run.untold()
	}
	return n == 0
}

// finished reports whether every address has ended.
func (s *sweep) finished() bool { return s.idle() && !s.wanting() && s.source.ended() }

// wanting reports whether an address waits to be probed.
func (s *sweep) wanting() bool {
	for _, rd := range s.rounds {
		if len(rd.retry) > 0 {
			return true
		}
	}
	return s.source.waiting()
}

// send sends a batch in each round, as many as window and rate permit, and
// reports whether it sent any.
func (s *sweep) send(ctx context.Context, now time.Duration) bool {
	sent := false
	for i := len(s.rounds) - 1; i >= 0; i-- {
		rd := s.rounds[i]
		n := min(s.room(), s.pace.allow(now, batchSize), rd.run.space())
		if n == 0 {
			continue
		}
		batch := rd.retry[:min(n, len(rd.retry))]
		if i == 0 {
			batch = s.source.take(n)
		}
		if len(batch) == 0 {
			continue
		}
		s.pace.spend(len(batch))
		s.sendBatch(ctx, rd, batch)
		if i > 0 {
			rd.retry = rd.retry[:copy(rd.retry, rd.retry[len(batch):])]
		}
		sent = true
	}
	return sent
}

// window returns how many probes may be in flight at most. All their answers
// may come at once, before this process runs again; they must find room.
func (s *sweep) window() int {
	window := maxWindow
	if s.o.Window > 0 {
		return min(s.o.Window, window)
	}
	for _, p := range []*port{s.v4, s.v6} {
		if p.sock != nil && p.info.ReadBuffer > 0 {
			window = min(window, p.info.ReadBuffer/(packetRoom+s.o.Size))
		}
	}
	return max(window, batchSize)
}

// room returns how many more probes may be sent now.
func (s *sweep) room() int {
	now := s.clock.now().mono
	return max(s.flow.window()-s.inFlight(now), 0)
}

// sendBatch sends at most batchSize probes.
func (s *sweep) sendBatch(ctx context.Context, rd *round, batch []netip.Addr) {
	for _, addr := range batch {
		addr = addr.Unmap()
		p := s.portOf(addr)
		if p.err != nil || !addr.IsValid() {
			rd.run.refuse(addr, p.err)
			continue
		}
		rd.senders[p].queue(addr)
	}
	for _, sender := range rd.senders {
		sender.flush(ctx)
	}
}
