package icmp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// TraceOptions says how a path is traced. The zero value probes 30 hops three
// times.
type TraceOptions struct {
	MaxHops  int           // the greatest TTL, at most 255; 0 for 30
	Rounds   int           // probes to each hop; 0 for 3
	Interval time.Duration // from one round to the next; 0 for 200 ms
	Wait     time.Duration // for each answer; 0 for 1 s
	Size     int           // octets of payload, MinSize to MaxSize; 0 for DefaultSize
	OnReply  func(ttl int, r Reply)
}

// A Hop is what answers to probes of one TTL.
type Hop struct {
	TTL   int
	Addrs []netip.Addr // who answered, by first answer; several where paths differ
	Stats Stats        // Received counts routers' "time exceeded" as well as echo replies
	Err   error        // the [*Error] other than "time exceeded" that ends the path here
}

// A Route is the path to a host, hop by hop up to the host or as far as
// anything is known of it.
type Route struct {
	Hops    []Hop
	Reached bool // the last hop is the host itself
}

func (o TraceOptions) withDefaults() (TraceOptions, error) {
	p, err := PingOptions{Wait: o.Wait, Size: o.Size, Count: o.Rounds}.withDefaults()
	o.Wait, o.Size = p.Wait, p.Size
	if o.MaxHops == 0 {
		o.MaxHops = 30
	}
	if o.Rounds == 0 {
		o.Rounds = 3
	}
	if o.Interval == 0 {
		o.Interval = 200 * time.Millisecond
	}
	if err == nil && (o.MaxHops < 1 || o.MaxHops > 255) {
		err = fmt.Errorf("icmp: %d hops are not within 1 to 255", o.MaxHops)
	}
	return o, err
}

// Trace finds the routers on the way to an address. It sends echo requests of
// all TTLs at once, which a router answers with "time exceeded" when the TTL
// ends there. All requests have the same checksum and identifier, so that
// routers that spread flows over several links send them all the same way.
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
	port := e.portOf(addr)
	if port.err != nil {
		return nil, port.err
	}
	r, err := e.newRun(e.pair, o.Size, o.Wait, nil, make(chan struct{}, 1))
	if err != nil {
		return nil, err
	}
	defer e.remove(r)
	t := tracer{Engine: e, run: r, sender: newSender(e, r, port), addr: addr, o: o, hops: make([]Hop, o.MaxHops), end: o.MaxHops}
	r.ttl = func(index uint64) int { return t.ttls[index] }
	for i := range t.hops {
		t.hops[i].TTL = i + 1
	}
	err = t.loop(ctx)
	return t.route(), err
}

// A tracer is the state of one call of Trace.
type tracer struct {
	*Engine
	run     *run
	sender  *sender
	addr    netip.Addr
	o       TraceOptions
	hops    []Hop
	ttls    []int // by index of the probe
	end     int   // the least TTL known to end the path
	reached bool
	rounds  int // sent so far
}

func (t *tracer) loop(ctx context.Context) error {
	next := t.clock.now().mono
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := t.clock.now().mono
		if t.rounds < t.o.Rounds && now >= next {
			t.sendRound(ctx)
			next += t.o.Interval
		}
		due := t.run.expire(now)
		if err := t.collect(); err != nil {
			return err
		}
		if t.rounds < t.o.Rounds {
			due = earlier(due, next)
		} else if t.run.pending() == 0 {
			return nil
		}
		timer.Reset(max(due-t.clock.now().mono, 0))
		select {
		case <-ctx.Done():
			return t.interrupted(ctx)
		case <-timer.C:
		case <-t.run.wake:
		}
	}
}

// sendRound sends one probe to each hop up to the end of the path.
func (t *tracer) sendRound(ctx context.Context) {
	t.rounds++
	for ttl := 1; ttl <= t.end; ttl++ {
		t.ttls = append(t.ttls, ttl)
		t.hops[ttl-1].Stats.Sent++
		if !t.sender.queue(t.addr) {
			t.sender.flush(ctx)
		}
	}
	t.sender.flush(ctx)
}

func (t *tracer) collect() error {
	evs, err := t.run.take(nil)
	for _, ev := range evs {
		if ev.Seq < 0 || ev.Seq >= int64(len(t.ttls)) {
			continue
		}
		ttl := t.ttls[ev.Seq]
		t.book(&t.hops[ttl-1], ev)
		if t.o.OnReply != nil {
			t.o.OnReply(ttl, ev)
		}
	}
	return err
}

// book adds an event to the hop it came from.
func (t *tracer) book(h *Hop, ev Reply) {
	var fault *Error
	switch {
	case ev.Outcome == Received:
		t.reached = true
		t.end = min(t.end, h.TTL)
	case errors.As(ev.Err, &fault) && fault.TimeExceeded():
		ev.Outcome = Received
	case fault != nil:
		h.Err = fault
		t.end = min(t.end, h.TTL)
	}
	h.Stats.Add(ev)
	if from := ev.From; from.IsValid() && ev.Outcome <= Failed && !slices.Contains(h.Addrs, from) {
		h.Addrs = append(h.Addrs, from)
	}
}

// interrupted books what is under way as the end of the context demands, just
// as Ping does.
func (t *tracer) interrupted(ctx context.Context) error {
	err := t.collect()
	lost := errors.Is(ctx.Err(), context.DeadlineExceeded)
	for _, index := range t.run.unanswered() {
		h := &t.hops[t.ttls[index]-1]
		if lost {
			h.Stats.Add(Reply{Outcome: Lost})
		} else {
			h.Stats.withdraw(1)
		}
	}
	if lost {
		return err
	}
	return ctx.Err()
}

// route returns the hops up to the end of the path; if that is not known, up
// to the last that answered.
func (t *tracer) route() *Route {
	n := t.end
	if !t.reached && t.hops[n-1].Err == nil {
		for n > 1 && len(t.hops[n-1].Addrs) == 0 {
			n--
		}
	}
	return &Route{Hops: t.hops[:n], Reached: t.reached}
}

// unanswered ends all pending probes and returns their indexes.
func (r *run) unanswered() []uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var left []uint64
	for req := r.table.oldest(); req != nil; req = r.table.oldest() {
		left = append(left, req.index)
		r.table.end(req, failed)
	}
	return left
}
