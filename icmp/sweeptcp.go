package icmp

import (
	"context"
	"iter"
	"net/netip"
	"sync"
	"time"
)

// tcpWindow is how many handshakes of a sweep are under way at once: each takes a
// file, of which many systems allow a process no more than 1,024.
const tcpWindow = 256

// SweepTCP is [Engine.Sweep] with TCP handshakes with a port instead of echoes. Each
// connection is closed at once. One that is refused ends as Failed, one without any
// answer as Lost. Size, Pattern and Stamps mean nothing here.
func SweepTCP(ctx context.Context, dial DialFunc, addrs iter.Seq[netip.Addr], port uint16, o SweepOptions) iter.Seq[Reply] {
	return func(yield func(Reply) bool) {
		o, err := o.withDefaults()
		if err != nil {
			yield(Reply{Outcome: Failed, Err: err})
			return
		}
		if o.Window == 0 {
			o.Window = tcpWindow
		}
		ctx, cancel := context.WithCancel(ctx)
		s := tcpSweep{dial: dial, port: port, o: o, begin: time.Now(), wake: make(chan struct{}, 1), ends: make(chan Reply)}
		s.source = newSource(newPace(o.Rate, o.Free, 0))
		s.source.wakes = append(s.source.wakes, s.wake)
		go s.source.feed(addrs)
		go s.loop(ctx)
		defer func() {
			cancel()
			s.source.stop()
			for range s.ends { // until every handshake has ended
			}
		}()
		for r := range s.ends {
			if ctx.Err() != nil || !yield(r) {
				return
			}
		}
	}
}

// A tcpSweep is the state of one call of SweepTCP.
type tcpSweep struct {
	dial   DialFunc
	port   uint16
	o      SweepOptions
	source *source
	begin  time.Time
	wake   chan struct{}
	ends   chan Reply
}

// loop begins handshakes as there is room and time for them, and closes ends after
// the last.
func (s *tcpSweep) loop(ctx context.Context) {
	var running sync.WaitGroup
	defer func() {
		running.Wait()
		close(s.ends)
	}()
	room := make(chan struct{}, s.o.Window)
	var batch []netip.Addr
	for ctx.Err() == nil && !s.source.ended() {
		if batch = s.source.take(batch[:0], batchSize, time.Since(s.begin)); len(batch) == 0 {
			s.idle(ctx)
		}
		for _, addr := range batch {
			select {
			case room <- struct{}{}:
			case <-ctx.Done():
				return
			}
			running.Go(func() {
				s.probe(ctx, addr)
				<-room
			})
		}
	}
}

// idle waits for an address, or until the next may be probed.
func (s *tcpSweep) idle(ctx context.Context) {
	wait := time.Hour
	if s.source.waiting() {
		wait = s.source.pace.next() - time.Since(s.begin)
	}
	timer := time.NewTimer(max(wait, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-s.wake:
	case <-timer.C:
	}
}

// probe shakes hands with an address until it answers or was asked often enough.
func (s *tcpSweep) probe(ctx context.Context, addr netip.Addr) {
	wait := s.o.Wait
	var r Reply
	for try := 0; ; try++ {
		r = handshake(ctx, s.dial, netip.AddrPortFrom(addr.Unmap(), s.port), wait)
		if r.Outcome != Lost || try >= s.o.Retries {
			break
		}
		wait = time.Duration(float64(wait) * s.o.Backoff)
	}
	select {
	case s.ends <- r:
	case <-ctx.Done():
	}
}
