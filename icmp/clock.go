package icmp

import (
	"sync"
	"time"
)

// stepLimit is how far the wall clock may move against the monotonic clock
// between two looks before that counts as a step. Reading the two clocks one
// after the other is good for a microsecond or so.
const stepLimit = 100 * time.Microsecond

// A clock tells the time since it was made, and notices when the wall clock,
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
}

// now reads the clock.
func (c *clock) now() reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	var mono, offset time.Duration
	// A goroutine may lose the processor between the two readings, so a
	// difference counts only if it is seen again.
	for range 4 {
		var wall int64
		mono, wall = c.read()
		offset = time.Duration(wall) - mono
		if (offset - c.offset).Abs() <= stepLimit {
			return reading{mono, c.offset, c.epoch}
		}
	}
	c.offset = offset
	c.epoch++
	return reading{mono, offset, c.epoch}
}

// roundTrip computes the time from a request to a packet that was stamped at
// rx and seen at a reading. Kernel stamps count only if the wall clock was not
// set in between and the result does not contradict the monotonic clock.
func roundTrip(r *request, rx int64, seen reading) (time.Duration, Clock) {
	mono := seen.mono - r.sent
	if rx == 0 || r.epoch != seen.epoch {
		return mono, MonotonicClock
	}
	tx, which := r.stamp, KernelClock
	if tx == 0 {
		tx, which = int64(r.sent+seen.offset), KernelRxClock
	}
	rtt := time.Duration(rx - tx)
	if rtt < 0 || rtt > mono+stepLimit {
		return mono, MonotonicClock
	}
	return rtt, which
}
