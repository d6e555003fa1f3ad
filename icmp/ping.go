package icmp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// PingOptions configure how one host is probed. The zero value sends a probe of 64
// octets a second until the context ends.
type PingOptions struct {
	Count    int             // probes to send; 0 for no end
	Interval time.Duration   // from one probe to the next; 0 for 1 s, NoInterval for none
	Wait     time.Duration   // for each answer; 0 for 1 s
	Size     int             // octets of payload, MinSize to MaxSize; 0 for DefaultSize
	Pattern  []byte          // fills the payload, repeated; nil for counting octets
	Adaptive bool            // send the next probe as soon as the last one is answered
	OnSend   func(seq int64) // called before each probe is sent, from the goroutine that called Ping
	OnReply  func(Reply)     // called for each event, from the goroutine that called Ping
	Stats    *Stats          // where to sum up; OnReply may read it. nil for a new one
}

// NoInterval as an interval sends each probe without a pause, as long as not
// too many are in flight.
const NoInterval time.Duration = -1

const (
	DefaultInterval = time.Second
	DefaultWait     = time.Second
	floodWindow     = 64                     // probes in flight under NoInterval
	catchUp         = 20 * time.Millisecond  // a delay up to this is made good by a burst
	stallLimit      = 50 * time.Millisecond  // waking up later than this is a stall
	stallGrace      = 100 * time.Millisecond // then answers already here are read first
	linger          = 200 * time.Microsecond // after the last answer, for its duplicates
)

func (o PingOptions) withDefaults() (PingOptions, error) {
	if o.Interval == 0 {
		o.Interval = DefaultInterval
	}
	if o.Wait == 0 {
		o.Wait = DefaultWait
	}
	if o.Size == 0 {
		o.Size = DefaultSize
	}
	if o.Stats == nil {
		o.Stats = new(Stats)
	}
	switch {
	case o.Count < 0:
		return o, fmt.Errorf("icmp: count %d is negative", o.Count)
	case o.Wait < 0:
		return o, fmt.Errorf("icmp: wait %s is negative", o.Wait)
	case o.Size < MinSize || o.Size > MaxSize:
		return o, fmt.Errorf("icmp: payload of %d octets is not within %d to %d", o.Size, MinSize, MaxSize)
	}
	return o, nil
}

// Ping probes one address and sums up what came back. It ends when every probe
// has, or when the context does. Statistics are returned in every case in
// which a probe was sent, also along with an error.
//
// When the context's deadline passes, probes in flight are booked as lost: the
// deadline was the time they had. When the context is cancelled they are not
// counted at all.
//
// The error is the context's if it was cancelled, [ErrClosed], an error in
// the options, or why addr's family has no socket. That a host does not answer
// is not an error but a matter of the statistics.
func (e *Engine) Ping(ctx context.Context, addr netip.Addr, o PingOptions) (*Stats, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	addr = addr.Unmap()
	port := e.portOf(addr)
	if !addr.IsValid() {
		return nil, errors.New("icmp: no address to ping")
	}
	if port.err != nil {
		return nil, port.err
	}
	if port.poller != nil {
		return nil, errors.New("icmp: the engine is polled, and for sweeps only")
	}
	r, err := e.newRun(e.pair, o.Size, o.Wait, o.Pattern, make(chan struct{}, 1))
	if err != nil {
		return nil, err
	}
	defer e.remove(r)
	r.reasons = true
	p := pinger{Engine: e, run: r, sender: newSender(e, r, port), addr: addr, o: o, stats: o.Stats}
	return p.loop(ctx)
}

// A pinger is the state of one call of Ping.
type pinger struct {
	*Engine
	run    *run
	sender *sender
	addr   netip.Addr
	o      PingOptions
	stats  *Stats
	sent   int           // by this call
	next   time.Duration // when the next probe is due
	hold   time.Duration // no probe expires before this, after a stall
	events []Reply
}

func (p *pinger) loop(ctx context.Context) (*Stats, error) {
	p.next = p.clock.now().mono
	timer := time.NewTimer(0)
	defer timer.Stop()
	planned := p.next
	for {
		now := p.clock.now().mono
		if now-planned > stallLimit {
			p.hold = now + stallGrace
		}
		p.sendDue(ctx, now)
		due := p.expire(now)
		err := p.collect()
		if err != nil || p.finished() {
			return p.finish(ctx, err)
		}
		now = p.clock.now().mono
		planned = max(p.wakeAt(due), now)
		timer.Reset(planned - now)
		select {
		case <-ctx.Done():
			return p.finish(ctx, ctx.Err())
		case <-timer.C:
		case <-p.run.wake:
			planned = max(planned, p.clock.now().mono)
		}
	}
}

// sendDue sends the probes whose time has come.
func (p *pinger) sendDue(ctx context.Context, now time.Duration) {
	for p.more() && p.next <= now && p.run.room(p.inFlight()) {
		for p.more() && p.next <= now {
			p.sent++
			p.stats.Sent++
			p.advance(now)
			if p.o.OnSend != nil {
				p.o.OnSend(int64(p.sent - 1))
			}
			if !p.sender.queue(p.addr) {
				break
			}
		}
		p.sender.flush(ctx)
		if p.o.Interval < 0 {
			return
		}
	}
}

// more reports whether there are probes left to send.
func (p *pinger) more() bool { return p.o.Count == 0 || p.sent < p.o.Count }

// inFlight returns how many probes may be under way at once.
func (p *pinger) inFlight() int {
	if p.o.Interval < 0 {
		return floodWindow
	}
	return maxWindow - batchSize
}

// advance sets the time of the probe after one that is sent at now. A schedule
// that fell behind by more than a moment starts anew instead of making up for
// the delay with a burst.
func (p *pinger) advance(now time.Duration) {
	if p.o.Interval < 0 {
		return
	}
	p.next += p.o.Interval
	if now-p.next > catchUp {
		p.next = now + p.o.Interval
	}
}

// expire books what is overdue as lost and returns when to look again, 0 for
// never.
func (p *pinger) expire(now time.Duration) time.Duration {
	if now < p.hold {
		return p.hold
	}
	return p.run.expire(now)
}

// collect books the events that came.
func (p *pinger) collect() error {
	evs, err := p.run.take(p.events)
	for _, ev := range evs {
		p.stats.Add(ev)
		if p.o.Adaptive && ev.Outcome == Received {
			p.next = min(p.next, p.clock.now().mono)
		}
		if p.o.OnReply != nil {
			p.o.OnReply(ev)
		}
	}
	p.events = evs
	return err
}

func (p *pinger) finished() bool { return !p.more() && p.run.pending() == 0 }

// wakeAt returns when there is something to do, if nothing arrives before.
func (p *pinger) wakeAt(due time.Duration) time.Duration {
	switch {
	case !p.more():
		return due
	case !p.run.room(p.inFlight()):
		return due
	case due == 0:
		return p.next
	}
	return min(due, p.next)
}

// finish ends the run and returns the statistics.
func (p *pinger) finish(ctx context.Context, err error) (*Stats, error) {
	if err == nil && p.o.Count > 1 {
		sleep(ctx, linger)
	}
	collectErr := p.collect()
	left := p.run.abandon()
	if errors.Is(err, context.DeadlineExceeded) {
		p.stats.Lost += left
		return p.stats, nil
	}
	p.stats.withdraw(left)
	if err == nil {
		err = collectErr
	}
	return p.stats, err
}

// room reports whether fewer than n probes are in flight and the table can
// take another batch.
func (r *run) room(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.pending < n && r.table.next-r.table.tail <= maxWindow-batchSize
}
