package icmp

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// OpenSegments opens the sockets for traces by TCP segments, or else UDP datagrams, to a
// port, for TraceOptions.Segments: so several traces share them, and privileges can be
// dropped before anything is received. The caller closes them.
func (e *Engine) OpenSegments(tcp, udp uint16, o Options) (*Segments, error) {
	return openSegments(tcp, udp, e.clock, o)
}

// segmentProber returns one that sends by sockets of its own, unless the options have
// some.
func (e *Engine) segmentProber(addr netip.Addr, o TraceOptions) (prober, error) {
	shared := o.Segments
	if shared == nil {
		var err error
		if shared, err = openSegments(o.TCP, o.UDP, e.clock, Options{}); err != nil {
			return nil, err
		}
	}
	p, err := shared.prober(addr, o.Size, o.Wait)
	if err != nil {
		if o.Segments == nil {
			err = errors.Join(err, shared.Close())
		}
		return nil, err
	}
	if o.Segments == nil {
		remove := p.remove
		p.remove = func() {
			remove()
			_ = shared.Close() // nothing is lost with them
		}
	}
	return p, nil
}

// prober returns one of the sort that the options ask for.
func (e *Engine) prober(addr netip.Addr, o TraceOptions) (prober, error) {
	if o.TCP > 0 || o.UDP > 0 {
		return e.segmentProber(addr, o)
	}
	port := e.portOf(addr)
	if port.err != nil {
		return nil, port.err
	}
	r, err := e.newRun(e.pair, o.Size, o.Wait, nil, make(chan struct{}, 1))
	if err != nil {
		return nil, err
	}
	r.reasons = true
	p := &echoProber{engine: e, run: r, sender: newSender(e, r, port), addr: addr}
	r.ttl = func(index uint64) int { return int(p.ttls[index%maxWindow]) }
	return p, nil
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
