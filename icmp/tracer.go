package icmp

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"
)

const (
	headStart  = 6                     // hops that are probed at once while the path's length is not known
	hopSpacing = 15 * time.Millisecond // between the others
)

// A tracer is the state of one call of Trace.
type tracer struct {
	prober
	clock  *clock
	addr   netip.Addr
	o      TraceOptions
	hops   []Hop
	events []Reply
	spent  *budget

	begun  time.Duration // when the first probe was sent
	rounds int           // begun so far
	next   time.Duration // when the next round may begin
	cursor int           // the TTL to be sent next in this round
	paced  time.Duration // when it may be
	idle   bool          // all probes have ended, and their events are booked
	found  bool          // the first round has found the end of the path, or all there is
}

func (t *tracer) loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	t.begun = t.clock.now().mono
	t.next = t.begun
	for {
		now := t.clock.now().mono
		t.sendDue(ctx, now)
		due := t.expire(now)
		idle := t.pending() == 0 // before the events are taken: then all of them are
		if err := t.collect(); err != nil {
			return err
		}
		t.idle = idle
		if t.finished() {
			return nil
		}
		timer.Reset(max(cmp.Or(earlier(due, t.nextSend()), t.begun+neighbourTimeout)-t.clock.now().mono, 0))
		select {
		case <-ctx.Done():
			return t.interrupted(ctx)
		case <-t.o.Stop:
			return t.withdraw()
		case <-timer.C:
		case <-t.wakes():
		}
	}
}

// sendDue sends the probes whose time has come.
func (t *tracer) sendDue(ctx context.Context, now time.Duration) {
	if t.cursor > t.limit() && t.more() && t.discovered() && t.roundReady() <= now {
		t.rounds++
		t.next = now + t.o.Interval
		t.cursor, t.paced = t.o.FirstHop, now
	}
	for t.cursor <= t.limit() && t.paced <= now {
		t.hops[t.cursor-1].Stats.Sent++
		if t.o.OnSend != nil {
			t.o.OnSend(t.cursor)
		}
		t.send(ctx, t.cursor)
		t.idle = false
		t.cursor++
		if !t.discovered() && t.cursor-t.o.FirstHop >= headStart {
			t.paced = now + hopSpacing
		}
	}
	t.flush(ctx)
}

// more reports whether there is another round.
func (t *tracer) more() bool { return t.o.Rounds == Endless || t.rounds < t.o.Rounds }

// discovered reports whether the first round, if it has begun, has found the length of
// the path as far as it can: the next rounds end there.
func (t *tracer) discovered() bool {
	if t.rounds == 0 {
		return true
	}
	t.found = t.found || t.end() <= t.o.MaxHops || t.cursor > t.limit() && t.idle
	return t.found
}

// nextSend returns when there is a probe to send, 0 for never.
func (t *tracer) nextSend() time.Duration {
	switch {
	case t.cursor <= t.limit():
		return t.paced
	case t.more() && t.discovered():
		return t.roundReady()
	}
	return 0
}

// neighbourTimeout is how long a machine takes to report that a neighbour does not answer:
// it asks three times, a second apart (RFC 4861 section 10; arp(7)).
const neighbourTimeout = 3300 * time.Millisecond

// finished reports whether all probes have ended. If the host was not reached and no
// error says why, the trace waits for one until neighbourTimeout.
func (t *tracer) finished() bool {
	if t.more() || t.cursor <= t.limit() || !t.idle {
		return false
	}
	if _, loop := loopIn(t.hops); loop > 0 || t.end() <= t.o.MaxHops {
		return true
	}
	return slices.ContainsFunc(t.hops, func(h Hop) bool { return h.blocked() }) || t.clock.now().mono >= t.begun+neighbourTimeout
}

// roundReady returns when the next round may begin: no router is asked for more ICMP
// errors than it may send.
func (t *tracer) roundReady() time.Duration {
	ready := t.next
	asked := map[netip.Addr]int{}
	for _, h := range t.hops[t.o.FirstHop-1 : t.limit()] {
		if len(h.Addrs) == 0 {
			continue
		}
		from := h.Addrs[len(h.Addrs)-1]
		asked[from]++
		ready = max(ready, t.spent.ready(from, min(asked[from], errorsAtOnce)))
	}
	return ready
}

// end returns the least TTL that reached the host, one more than MaxHops for none.
func (t *tracer) end() int {
	for i := range t.hops {
		if h := &t.hops[i]; h.latest == arrived || h.late {
			return h.TTL
		}
	}
	return t.o.MaxHops + 1
}

// limit returns the greatest TTL to probe: that of the host, or of the router that
// reports an error, otherwise MaxUnknown hops behind the last known one.
func (t *tracer) limit() int {
	if end := t.end(); end <= t.o.MaxHops {
		return end
	}
	if _, to := loopIn(t.hops); to > 0 {
		return to
	}
	known, last := t.o.FirstHop-1, 0
	for i := range t.hops {
		switch h := &t.hops[i]; {
		case h.genuine():
			known, last = h.TTL, 0
		case h.blocked() && last > 0:
			return last // seen twice in a row: the path ends there
		case h.blocked():
			last = h.TTL
		}
	}
	if last > 0 {
		return min(last+1, t.o.MaxHops) // seen once: the next hop may know better
	}
	return min(known+t.o.MaxUnknown, t.o.MaxHops)
}

// collect adds the events that came to their hops.
func (t *tracer) collect() error {
	evs, err := t.take(t.events)
	now := t.clock.now().mono
	for _, ev := range evs {
		ttl := t.ttlOf(ev.Seq)
		if ttl == 0 {
			continue
		}
		var fault *Error
		if errors.As(ev.Err, &fault) && fault.From.IsValid() {
			t.spent.spend(fault.From, now)
		}
		t.hops[ttl-1].book(ev, t.addr)
		if t.o.OnReply != nil {
			t.o.OnReply(ttl, ev)
		}
	}
	if len(evs) > 0 && t.o.OnRoute != nil {
		r := t.route()
		r.Hops, r.Loop = slices.Clone(r.Hops), slices.Clone(r.Loop)
		t.o.OnRoute(r)
	}
	t.events = evs
	return err
}

// interrupted ends the probes in flight: as lost at the deadline of the context, as never
// sent when it was cancelled, just as Ping does.
func (t *tracer) interrupted(ctx context.Context) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.Join(t.withdraw(), ctx.Err())
	}
	err := t.collect()
	for _, seq := range t.unanswered() {
		if ttl := t.ttlOf(seq); ttl > 0 {
			t.hops[ttl-1].Stats.Add(Reply{Outcome: Lost})
		}
	}
	return err
}

// withdraw removes the probes in flight from the statistics.
func (t *tracer) withdraw() error {
	err := t.collect()
	for _, seq := range t.unanswered() {
		if ttl := t.ttlOf(seq); ttl > 0 {
			t.hops[ttl-1].Stats.withdraw(1)
		}
	}
	return err
}

// known returns the hops up to the end of the path, or up to the last that answered
// if the end is not known.
func (t *tracer) known() []Hop {
	n := min(t.end(), t.o.MaxHops)
	for n = max(min(n, t.limit()), t.o.FirstHop); n > t.o.FirstHop && t.hops[n-1].Silent(); {
		n--
	}
	return t.hops[t.o.FirstHop-1 : n]
}

func (t *tracer) route() *Route {
	r := &Route{Hops: t.known(), Addr: t.addr, Rounds: t.rounds}
	last := &r.Hops[len(r.Hops)-1]
	r.Reached = last.latest == arrived
	r.Late = !r.Reached && last.late
	if from, to := loopIn(t.hops); !r.Reached && !r.Late && to > 0 {
		r.Loop = t.hops[from-1 : to]
	}
	return r
}
