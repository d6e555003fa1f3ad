package agent

import (
	"sync"
	"time"
)

// clock knows what the clock of this machine lacks, by the times that the centre's answers
// show. What it learns is kept against the monotonic clock, which no one sets: where the clock
// of the machine is set, the offset follows at once.
type clock struct {
	now func() time.Time // with the monotonic clock, as time.Now

	mu      sync.Mutex
	samples []sample
}

// sample is one answer of the centre.
type sample struct {
	at     time.Time     // the middle between question and answer, on both clocks of the machine
	centre time.Time     // the centre's clock then
	trip   time.Duration // from the question to the answer
}

const (
	// maxSamples is how many answers are compared: that with the shortest round trip is the
	// nearest to the truth (RFC 5905 §10).
	maxSamples = 8
	// drift is how much two clocks part in a second at most (RFC 5905 §11.2: PHI).
	drift = 15e-6
	// asleep is how far the clocks of the machine may part before the monotonic one is taken
	// to have been stopped, with the machine.
	asleep = 2 * time.Second
)

// learn takes an answer of the centre, which was asked at one time and came at another.
func (c *clock) learn(asked, answered, centre time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	trip := answered.Sub(asked)
	c.samples = append(c.samples, sample{at: asked.Add(trip / 2), centre: centre, trip: trip})
	c.samples = c.samples[max(0, len(c.samples)-maxSamples):]
}

// offset returns the centre's time less that of this machine; ok is false before the first
// answer.
func (c *clock) offset() (d time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	var best sample
	bound := time.Duration(-1)
	for _, s := range c.samples {
		age := now.Sub(s.at)
		if b := s.trip/2 + time.Duration(drift*float64(age)); bound < 0 || b <= bound {
			best, bound = s, b
		}
	}
	if bound < 0 {
		return 0, false
	}
	return best.centre.Add(now.Sub(best.at)).Sub(now.Round(0)), true
}

// forget drops what was learned, where the machine may have slept since: its clock has moved on
// and the monotonic one has not. It reports whether that is so. A clock that was set looks the
// same, and the next answer tells.
func (c *clock) forget() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.samples) == 0 {
		return false
	}
	now, last := c.now(), c.samples[len(c.samples)-1].at
	if apart := now.Round(0).Sub(last.Round(0)) - now.Sub(last); apart.Abs() < asleep {
		return false
	}
	c.samples = nil
	return true
}
