package icmp

import (
	"sync"
	"time"
)

// stepLimit is how far the wall clock may move against the monotonic clock
// between two looks before that counts as a step. Reading the two clocks one
// after the other is good for a microsecond or so.
const stepLimit = 100 * time.Microsecond

// A clock reads the time since it was made, and notices when the wall clock,
// by which the kernel stamps packets, is set.
type clock struct {
	// read returns the monotonic time since a fixed start and the wall time in
	// ns since the Unix epoch, taken as close together as possible.
	read func() (time.Duration, int64)

	mu     sync.Mutex
	offset time.Duration // wall minus monotonic
	epoch  uint32        // how often the wall clock was set so far
}

func newClock(read func() (time.Duration, int64)) *clock {
	if read == nil {
		start := time.Now()
		read = func() (time.Duration, int64) {
			t := time.Now()
			return t.Sub(start), t.UnixNano()
		}
	}
	mono, wall := read()
	return &clock{read: read, offset: time.Duration(wall) - mono, epoch: 1}
}

// A reading is one look at the clock.
type reading struct {
	mono   time.Duration // monotonic
	offset time.Duration // wall minus monotonic in this epoch
	epoch  uint32        // stretch of time in which the wall clock was not set
	wall   int64         // ns since the Unix epoch
}

// now reads the clock.
func (c *clock) now() reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	var mono, offset time.Duration
	var wall int64
	// A goroutine may lose the processor between the two readings, so a
	// difference counts only if it is seen again.
	for range 4 {
		mono, wall = c.read()
		offset = time.Duration(wall) - mono
		if (offset - c.offset).Abs() <= stepLimit {
			return reading{mono, c.offset, c.epoch, wall}
		}
	}
	c.offset = offset
	c.epoch++
	return reading{mono, offset, c.epoch, wall}
}

// A trip is the time of a probe and what of it passed in this machine.
type trip struct {
	rtt    time.Duration // from the moment the kernel was asked to send
	queued time.Duration // of that, before the packet left this machine; 0 if not known
	clock  Clock
}

// roundTrip computes the time from a request to a packet that was stamped at
// rx and seen at a reading. Kernel stamps count only if the wall clock was not
// set in between and the result does not contradict the monotonic clock.
func roundTrip(r *request, rx int64, seen reading) trip {
	t := r.sinceTaken(rx, seen)
	t.rtt += r.held
	t.queued += r.held
	return t
}

// sinceTaken is the trip from the moment that the kernel took the request. That is the
// transmit stamp, which is taken while the system call runs and which no load on
// this machine delays, unless the call had returned before: then the packet stood in
// a queue, or waited for the neighbour's address, from the end of the call at the latest.
func (r *request) sinceTaken(rx int64, seen reading) trip {
	mono := trip{rtt: seen.mono - r.sent, clock: MonotonicClock}
	if rx == 0 || r.epoch != seen.epoch {
		return mono
	}
	t := trip{clock: KernelClock}
	taken := r.stamp
	switch {
	case r.stamp == 0:
		taken, t.clock = int64(r.sent+seen.offset), KernelRxClock
	case r.taken != 0 && r.taken < r.stamp:
		taken, t.queued = r.taken, time.Duration(r.stamp-r.taken)
	}
	t.rtt = time.Duration(rx - taken)
	if t.rtt < 0 || t.rtt < t.queued || t.rtt > mono.rtt+stepLimit {
		return mono
	}
	return t
}

// trip puts a time into the reply.
func (r *Reply) trip(t trip) { r.RTT, r.Queued, r.Clock = t.rtt, t.queued, t.clock }
