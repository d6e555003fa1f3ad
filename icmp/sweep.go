package icmp

import (
	"context"
	"iter"
	"net/netip"
	"sync"
)

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
// Bad options and an engine that is closed are reported as a single Failed without
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
	out    *outlet
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
	s := &sweep{out: newOutlet(len(pairs))}
	s.source = newSource(newPace(o.Rate, o.Free, e.clock.now().mono))
	for _, over := range pairs {
		l, err := newLane(e, s.source, s.out, over, o)
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

// run yields the events of the lanes until all of them have ended, or the caller
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
		close(s.out.events)
	}()
	goOn := true
	for evs := range s.out.events {
		for i := 0; goOn && i < len(evs); i++ {
			goOn = yield(evs[i])
		}
		if !goOn {
			cancel()
		}
		s.out.recycle(evs)
	}
	if err := <-errs; goOn && err != nil {
		yield(Reply{Outcome: Failed, Err: err})
	}
}
