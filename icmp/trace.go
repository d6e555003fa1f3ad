package icmp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// TraceOptions says how a path is traced. The zero value probes 30 hops three
// times with echo requests.
type TraceOptions struct {
	FirstHop   int           // the least TTL; 0 for 1
	MaxHops    int           // the greatest TTL, at most 255; 0 for 30
	MaxUnknown int           // hops in a row that may say nothing before no more are looked at; 0 for 10
	Rounds     int           // probes to each hop; 0 for 3, Endless for no end
	Interval   time.Duration // from one round to the next at least; 0 for 100 ms
	Wait       time.Duration // for each answer; 0 for 1 s
	Size       int           // octets of payload, MinSize to MaxSize; 0 for DefaultSize
	TCP, UDP   uint16        // port to send TCP segments or UDP datagrams to instead of echo requests

	// OnSend, if set, is called before each probe is sent, OnReply for each event, and
	// OnRoute when anything has changed, with the route so far, which is the callee's to
	// keep and read.
	OnSend  func(ttl int)
	OnReply func(ttl int, r Reply)
	OnRoute func(*Route)
	// Stop ends the rounds when it is closed; what was learned by then counts.
	Stop <-chan struct{}

	Segments *Segments // where TCP or UDP probes go by, if there is one already
}

// Endless rounds go on until the context or Stop ends them.
const Endless = -1

const (
	DefaultTraceInterval = 100 * time.Millisecond
	headStart            = 6                     // hops that are probed at once while the path's length is not known
	hopSpacing           = 15 * time.Millisecond // between the others
)

func (o TraceOptions) withDefaults() (TraceOptions, error) {
	p, err := PingOptions{Wait: o.Wait, Size: o.Size}.withDefaults()
	o.Wait, o.Size = p.Wait, p.Size
	for _, d := range []struct {
		of    *int
		value int
	}{{&o.FirstHop, 1}, {&o.MaxHops, 30}, {&o.MaxUnknown, 10}, {&o.Rounds, 3}} {
		if *d.of == 0 {
			*d.of = d.value
		}
	}
	if o.Interval == 0 {
		o.Interval = DefaultTraceInterval
	}
	switch {
	case err != nil:
	case o.MaxHops < 1 || o.MaxHops > 255:
		err = fmt.Errorf("icmp: %d hops are not within 1 to 255", o.MaxHops)
	case o.FirstHop < 1 || o.FirstHop > o.MaxHops:
		err = fmt.Errorf("icmp: the first hop %d is not within 1 to %d", o.FirstHop, o.MaxHops)
	case o.Rounds < Endless || o.MaxUnknown < 0:
		err = fmt.Errorf("icmp: neither %d rounds nor %d unknown hops can be", o.Rounds, o.MaxUnknown)
	}
	return o, err
}

// Duration returns how long a trace that nothing interrupts may take at most, given that
// all fields are set; of endless rounds it is the longest there is.
func (o TraceOptions) Duration() time.Duration {
	round := max(o.Interval, errorEvery)
	if o.Rounds == Endless || o.Rounds > int(forever/round) {
		return forever
	}
	discovery := time.Duration(1+o.MaxHops/max(o.MaxUnknown, 1)) * o.Wait
	return time.Duration(o.Rounds)*round + discovery + o.Wait
}

// Trace finds the routers on the way to an address. It sends probes of rising TTL,
// which a router answers with "time exceeded" when the TTL ends there: to the first
// hops at once, to those behind them one after the other until the host answers, and
// from then on to all. All echo requests have the same checksum and identifier, so that
// routers that spread flows over several links send them all the same way. Probes by TCP
// and UDP have a source port each, and may take several ways.
//
// No router is asked for more ICMP errors than one that runs Linux sends: after some
// rounds there is no more than one a second.
//
// The route is returned also along with the context's error, as far as it is
// known then.
func (e *Engine) Trace(ctx context.Context, addr netip.Addr, o TraceOptions) (*Route, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	addr = addr.Unmap()
	if !addr.IsValid() {
		return nil, errors.New("icmp: no address to trace")
	}
	p, err := e.prober(addr, o)
	if err != nil {
		return nil, err
	}
	defer p.close()
	t := tracer{prober: p, clock: e.clock, addr: addr, o: o, hops: make([]Hop, o.MaxHops), cursor: o.MaxHops + 1, spent: &e.spent}
	for i := range t.hops {
		t.hops[i].TTL = i + 1
	}
	err = t.loop(ctx)
	return t.route(), err
}

// A prober sends probes of one trace, numbers them from 0, and has what became of them.
type prober interface {
	// send sends a probe; flush, if it waits for others.
	send(ctx context.Context, ttl int)
	flush(ctx context.Context)
	// ttlOf returns the TTL that a probe was sent with, 0 if it is not known any more.
	ttlOf(seq int64) int
	// expire ends the probes whose wait is over and returns when the next one's will
	// be, 0 if no probe is pending.
	expire(now time.Duration) time.Duration
	// take exchanges the events that came for the emptied slice of the last time.
	take([]Reply) ([]Reply, error)
	pending() int
	// unanswered ends all pending probes and returns their numbers.
	unanswered() []int64
	// wakes has a token when there are events to take.
	wakes() <-chan struct{}
	close()
}

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
		timer.Reset(max(cmp.Or(earlier(due, t.nextSend()), t.begun+lastWord)-t.clock.now().mono, 0))
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

// discovered reports whether the first round, if it has begun, has found out how long the
// path is, as far as it can: else the rounds behind it would not know where to end.
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

// lastWord is how long it may take until a machine says that it does not find a
// neighbour: it asks three times, a second apart (RFC 4861 section 10; arp(7)).
const lastWord = 3300 * time.Millisecond

// finished reports whether all probes have ended. Where the host was not reached, and
// nobody has said why, that is waited for.
func (t *tracer) finished() bool {
	if t.more() || t.cursor <= t.limit() || !t.idle {
		return false
	}
	if _, loop := loopIn(t.hops); loop > 0 || t.end() <= t.o.MaxHops {
		return true
	}
	return slices.ContainsFunc(t.hops, func(h Hop) bool { return h.blocked() }) || t.clock.now().mono >= t.begun+lastWord
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

// limit returns the greatest TTL that is worth a probe: that of the host, or of what
// keeps probes from it, or some behind the last hop that is known.
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

// collect books the events that came.
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

// interrupted books what is under way as the end of the context demands, just
// as Ping does.
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

// withdraw takes what is under way out of the books.
func (t *tracer) withdraw() error {
	err := t.collect()
	for _, seq := range t.unanswered() {
		if ttl := t.ttlOf(seq); ttl > 0 {
			t.hops[ttl-1].Stats.withdraw(1)
		}
	}
	return err
}

// known returns the hops up to the end of the path; if that is not known, up
// to the last that answered.
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
