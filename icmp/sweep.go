package icmp

import (
	"context"
	"fmt"
	"iter"
	"net/netip"
	"sync"
	"time"
)

// SweepOptions says how many addresses are probed. The zero value sends one
// probe to each as fast as its answers can be received.
type SweepOptions struct {
	Wait    time.Duration // for the answer to a first probe; 0 for 1 s
	Retries int           // more probes to an address that does not answer, at most MaxRetries
	Backoff float64       // what each retry multiplies the wait with; 0 for 1.5
	Rate    float64       // probes a second; 0 for no limit
	Free    bool          // probes to loopback addresses do not count for Rate
	Size    int           // octets of payload, MinSize to MaxSize; 0 for DefaultSize
	Pattern []byte        // fills the payload, repeated; nil for counting octets
	Window  int           // probes in flight, over one pair of sockets; 0 for as many as the receive buffers have room for
	Stamps  bool          // have the kernel stamp requests too, at the price of speed
}

// MaxRetries bounds SweepOptions.Retries.
const MaxRetries = 10

const (
	defaultBackoff = 1.5
	sweepKeep      = 1 << 12              // ended probes remembered for the sake of duplicates
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
		s.run(ctx, yield)
	}
}

// A sweep is the state of one call of Sweep.
type sweep struct {
	source *source
	lanes  []*lane
	told   chan []Reply // from the lanes to the caller
	free   chan []Reply // and back, emptied
}

func newSweep(e *Engine, o SweepOptions) (*sweep, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	pairs := e.pairs
	if o.Window > 0 {
		pairs = pairs[:1]
	}
	s := &sweep{told: make(chan []Reply, len(pairs)), free: make(chan []Reply, 2*len(pairs))}
	s.source = newSource(newPace(o.Rate, o.Free, e.clock.now().mono))
	for _, over := range pairs {
		l, err := newLane(e, s, over, o)
		if err != nil {
			s.close()
			return nil, err
		}
		s.lanes = append(s.lanes, l)
		s.source.wakes = append(s.source.wakes, l.wake)
	}
	return s, nil
}

func (s *sweep) close() {
	s.source.stop()
	for _, l := range s.lanes {
		l.close()
	}
}

// run yields what the lanes tell until all of them have ended, or the caller
// breaks off.
func (s *sweep) run(ctx context.Context, yield func(Reply) bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make(chan error, len(s.lanes))
	var running sync.WaitGroup
	for _, l := range s.lanes {
		running.Go(func() { errs <- l.loop(ctx) })
	}
	go func() {
		running.Wait()
		close(s.told)
	}()
	goOn := true
	for evs := range s.told {
		for i := 0; goOn && i < len(evs); i++ {
			goOn = yield(evs[i])
		}
		if !goOn {
			cancel()
		}
		s.recycle(evs)
	}
	if err := <-errs; goOn && err != nil {
		yield(Reply{Outcome: Failed, Err: err})
	}
}

// recycle keeps the memory of events for others.
func (s *sweep) recycle(evs []Reply) {
	select {
	case s.free <- evs[:0]:
	default:
	}
}

// spare returns memory for events, nil if there is none.
func (s *sweep) spare() []Reply {
	select {
	case evs := <-s.free:
		return evs
	default:
		return nil
	}
}
