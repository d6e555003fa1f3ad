package icmp

import (
	"iter"
	"net/netip"
	"sync"
	"time"
)

// readAhead is how many addresses of a sweep are read before they are probed.
const readAhead = 1024

// A source passes addresses from a sequence, which may block, to the lanes of a
// sweep, which must not.
type source struct {
	pace  *pace
	wakes []chan struct{} // wake the lanes when there are addresses, or no more

	mu      sync.Mutex
	room    sync.Cond
	queue   []netip.Addr
	done    bool // the sequence has ended
	stopped bool // the sweep has
}

func newSource(p *pace) *source {
	s := &source{pace: p}
	s.room.L = &s.mu
	return s
}

// feed reads the sequence to its end, or until the sweep stops.
func (s *source) feed(addrs iter.Seq[netip.Addr]) {
	for addr := range addrs {
		if !s.put(addr) {
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = true
	s.signal()
}

func (s *source) put(addr netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) >= readAhead && !s.stopped {
		s.room.Wait()
	}
	if s.stopped {
		return false
	}
	s.queue = append(s.queue, addr)
	if len(s.queue) == 1 {
		s.signal()
	}
	return true
}

func (s *source) signal() {
	for _, wake := range s.wakes {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// take appends up to n addresses that may be probed now.
func (s *source) take(to []netip.Addr, n int, now time.Duration) []netip.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	n = s.pace.spend(now, s.queue[:min(n, len(s.queue))])
	to = append(to, s.queue[:n]...)
	s.queue = s.queue[:copy(s.queue, s.queue[n:])]
	if len(s.queue) <= readAhead/2 {
		s.room.Signal()
	}
	return to
}

func (s *source) waiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue) > 0
}

// ended reports whether all addresses were taken.
func (s *source) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done && len(s.queue) == 0
}

// stop makes feed return as soon as the sequence yields.
func (s *source) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.room.Signal()
}
