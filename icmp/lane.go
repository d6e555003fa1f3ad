package icmp

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// A lane is the part of a sweep that goes over one pair of sockets.
type lane struct {
	engine *Engine
	source *source
	out    *outlet
	over   *pair
	o      SweepOptions
	wake   chan struct{}
	rounds []*round // by how often an address was probed before
	batch  []netip.Addr
	events []Reply
	hold   time.Duration // no probe expires before this, after a stall
	flow   flow
	inbox  []Packet      // for polled sockets
	quiet  time.Duration // how long to wait for packets, where nobody says that there are any
}

// A round has the probes of addresses that are probed for the nth time. They
// share a wait, so that they expire in the order they were sent.
type round struct {
	run     *run
	senders map[*port]*sender
	retry   []netip.Addr // addresses to be probed in this round
}

func newLane(e *Engine, from *source, out *outlet, over *pair, o SweepOptions) (*lane, error) {
	l := &lane{engine: e, source: from, out: out, over: over, o: o, wake: make(chan struct{}, 1)}
	l.flow = newFlow(l.window(), o.Window > 0)
	wait := o.Wait
	for range o.Retries + 1 {
		r, err := e.newRun(over, o.Size, wait, o.Pattern, l.wake)
		if err != nil {
			l.close()
			return nil, err
		}
		r.stamped, r.table.keep = o.Stamps, sweepKeep
		rd := &round{run: r, senders: make(map[*port]*sender, 2)}
		for _, p := range []*port{over.v4, over.v6} {
			rd.senders[p] = newSender(e, r, p)
		}
		l.rounds = append(l.rounds, rd)
		wait = time.Duration(float64(wait) * o.Backoff)
	}
	return l, nil
}

func (l *lane) close() {
	for _, rd := range l.rounds {
		l.engine.remove(rd.run)
	}
}

// loop probes until every address has ended or the context is done.
func (l *lane) loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	planned := l.engine.clock.now().mono
	for {
		now := l.engine.clock.now().mono
		if now-planned > stallLimit {
			l.hold = now + stallGrace
		}
		if l.poll() {
			now = l.engine.clock.now().mono
		}
		due := l.expire(now)
		err := l.collect() // first, for it makes room
		sent := l.send(ctx, now)
		switch {
		case err != nil || ctx.Err() != nil:
			return err
		case l.finished():
			sleep(ctx, linger)
			l.poll()
			return l.collect()
		case sent:
			planned = now + stallLimit
			continue
		}
		planned = l.waitFor(ctx, timer, due)
	}
}

// The intervals at which polled sockets are read, the shorter one while packets arrive.
// Round trips are not affected, as the kernel timestamps packets.
const (
	quietLeast = 250 * time.Microsecond
	quietMost  = 8 * time.Millisecond
)

// poll reads the packets of polled sockets, and reports whether there are such sockets.
func (l *lane) poll() bool {
	polled, some := false, false
	for _, p := range []*port{l.over.v4, l.over.v6} {
		if p.poller != nil {
			if l.inbox == nil {
				l.inbox = make([]Packet, batchSize)
			}
			polled = true
			some = l.engine.poll(p, l.inbox, !p.info.Raw || l.o.Stamps) || some
		}
	}
	switch {
	case !polled:
	case some:
		l.quiet = quietLeast
	default:
		l.quiet = min(max(2*l.quiet, quietLeast), quietMost)
	}
	return polled
}

// waitFor sleeps until there is an event or until due, and returns when it was to wake
// up.
func (l *lane) waitFor(ctx context.Context, timer *time.Timer, due time.Duration) time.Duration {
	now := l.engine.clock.now().mono
	switch {
	case !l.wanting():
	case l.o.Rate > 0 && l.room() > 0:
		due = earlier(due, l.source.pace.next())
	default:
		due = earlier(due, now+ageStep)
	}
	if due == 0 {
		due = now + time.Hour
	}
	if l.quiet > 0 && !l.idle() {
		if l.wanting() && l.room() == 0 {
			l.quiet = quietLeast // what comes makes room
		}
		due = min(due, now+l.quiet)
	}
	due = max(due, now)
	timer.Reset(due - now)
	select {
	case <-ctx.Done():
	case <-timer.C:
		return due
	case <-l.wake:
	}
	return max(due, l.engine.clock.now().mono)
}

// expire ends overdue probes and returns when to look again, 0 for never.
func (l *lane) expire(now time.Duration) time.Duration {
	if now < l.hold {
		return l.hold
	}
	var first time.Duration
	for _, rd := range l.rounds {
		first = earlier(first, rd.run.expire(now))
	}
	return first
}

// earlier returns the earlier of two times; 0 means never.
func earlier(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// collect passes the events to the caller, except those that lead to
// another probe.
func (l *lane) collect() error {
	for i, rd := range l.rounds {
		evs, err := rd.run.take(l.events)
		ends := evs[:0]
		for _, ev := range evs {
			l.flow.learn(ev)
			if l.retries(i, ev) {
				l.rounds[i+1].retry = append(l.rounds[i+1].retry, ev.Addr)
			} else {
				ends = append(ends, ev)
			}
		}
		if l.events = ends; len(ends) > 0 {
			l.out.events <- ends
			l.events = l.out.spare()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// retries reports whether an event of round i leads to another probe.
func (l *lane) retries(i int, ev Reply) bool {
	return i+1 < len(l.rounds) && (ev.Outcome == Lost || errors.Is(ev.Err, ErrOverflow))
}

// inFlight returns how many probes may still be answered, or have ended in events that
// nobody has taken.
func (l *lane) inFlight(now time.Duration) int {
	n := 0
	for _, rd := range l.rounds {
		n += rd.run.inFlight(now - l.flow.patience())
	}
	return n
}

// idle reports whether every probe has ended and its event was taken.
func (l *lane) idle() bool {
	n := 0
	for _, rd := range l.rounds {
		n += rd.run.unreported()
	}
	return n == 0
}

// finished reports whether every address has ended.
func (l *lane) finished() bool { return l.idle() && !l.wanting() && l.source.ended() }

// wanting reports whether an address waits to be probed.
func (l *lane) wanting() bool {
	for _, rd := range l.rounds {
		if len(rd.retry) > 0 {
			return true
		}
	}
	return l.source.waiting()
}

// send sends a batch in each round, as many as window and rate permit, and
// reports whether it sent any.
func (l *lane) send(ctx context.Context, now time.Duration) bool {
	sent := false
	for i := len(l.rounds) - 1; i >= 0; i-- {
		rd := l.rounds[i]
		n := min(l.room(), batchSize, rd.run.space())
		if i == 0 {
			l.batch = l.source.take(l.batch[:0], n, now)
		} else {
			l.batch = l.again(rd, n, now)
		}
		if len(l.batch) > 0 {
			l.sendBatch(ctx, rd, l.batch)
			sent = true
		}
	}
	return sent
}

// again takes up to n addresses that may be probed now from those that wait for
// another probe.
func (l *lane) again(rd *round, n int, now time.Duration) []netip.Addr {
	n = l.source.pace.spend(now, rd.retry[:min(n, len(rd.retry))])
	batch := append(l.batch[:0], rd.retry[:n]...)
	rd.retry = rd.retry[:copy(rd.retry, rd.retry[n:])]
	return batch
}

// window returns how many probes may be in flight at most. All their answers
// may come at once, before this process runs again; they must find room.
func (l *lane) window() int {
	if l.o.Window > 0 {
		return min(l.o.Window, maxWindow)
	}
	window := flowMost
	for _, p := range []*port{l.over.v4, l.over.v6} {
		if p.sock != nil && p.info.ReadBuffer > 0 {
			window = min(window, (p.info.ReadBuffer-p.reserve())/(packetRoom+l.o.Size))
		}
	}
	return max(window, 1)
}

// room returns how many more probes may be sent now: zero while the buffer still holds
// replies to probes that the window has given up on.
func (l *lane) room() int {
	for _, p := range []*port{l.over.v4, l.over.v6} {
		if p.sock != nil && p.poller == nil && p.sock.Unread() > p.reserve() {
			return 0
		}
	}
	return max(l.flow.window()-l.inFlight(l.engine.clock.now().mono), 0)
}

// reserve returns how much of the receive buffer is kept free for answers to probes that
// the window has given up on.
func (p *port) reserve() int { return p.info.ReadBuffer / 4 }

var errNoZone = errors.New("icmp: a link-local address without a zone")

// sendBatch sends at most batchSize probes.
func (l *lane) sendBatch(ctx context.Context, rd *round, batch []netip.Addr) {
	for _, addr := range batch {
		addr = addr.Unmap()
		p := l.over.portOf(addr)
		switch {
		case p.err != nil || !addr.IsValid():
			rd.run.refuse(addr, p.err)
			continue
		case addr.Is6() && addr.IsLinkLocalUnicast() && addr.Zone() == "" && !l.engine.bound:
			rd.run.refuse(addr, errNoZone) // the system would take any link
			continue
		}
		rd.senders[p].queue(addr)
	}
	for _, sender := range rd.senders {
		sender.flush(ctx)
	}
}
