package icmp

import "time"

// A flow decides how many probes of a sweep may be in flight. It starts with a
// few, doubles with every round trip as long as answers come as fast as the
// first did, and shrinks when they take longer: they then wait in a queue
// somewhere, which would overflow next. (TCP Vegas does the same.)
type flow struct {
	limit   float64       // what the receive buffer has room for
	now     float64       // the window
	fastest time.Duration // the shortest round trip seen, 0 for none
	usual   time.Duration // a running mean of round trips
	strict  bool          // no probe is given up on before its wait is over
}

const (
	flowStart   = 1024
	flowLeast   = 512
	flowMost    = 4096                 // 200,000 a second over 20 ms, in little memory
	flowSlack   = 6 * time.Millisecond // queueing that is let pass
	flowPatient = 50 * time.Millisecond
)

func newFlow(limit int, strict bool) flow {
	return flow{limit: float64(limit), now: min(flowStart, float64(limit)), strict: strict}
}

// learn updates the window by the round trip of an answer.
func (f *flow) learn(ev Reply) {
	if ev.Outcome != Received {
		return
	}
	if f.fastest == 0 || ev.RTT < f.fastest {
		f.fastest = ev.RTT
	}
	f.usual += (ev.RTT - f.usual) / 16
	switch queued := ev.RTT - f.fastest; {
	case queued < flowSlack:
		f.now++
	case queued > 2*flowSlack:
		f.now--
	}
	f.now = min(max(f.now, flowLeast), f.limit)
}

// window returns how many probes may be in flight.
func (f *flow) window() int { return int(f.now) }

// patience is the age from which a probe no longer counts as in flight: its host
// probably does not exist, and must not keep others from being probed.
func (f *flow) patience() time.Duration {
	if f.strict {
		return forever
	}
	return max(4*f.usual, flowPatient)
}

// forever is longer than any run.
const forever = 100 * 365 * 24 * time.Hour
