package icmp

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestRoundTrip(t *testing.T) {
	const wall = time.Duration(1_000_000_000)
	req := func(stamp int64) *request { return &request{sent: 10 * time.Millisecond, stamp: stamp, epoch: 1} }
	stood := func(taken, stamp int64) *request {
		r := req(stamp)
		r.taken = taken
		return r
	}
	held := req(int64(wall + 11*time.Millisecond))
	held.held = 7 * time.Millisecond
	seen := reading{mono: 15 * time.Millisecond, offset: wall, epoch: 1}
	at := func(mono time.Duration) int64 { return int64(wall + mono) }
	for _, c := range []struct {
		what   string
		req    *request
		rx     int64
		seen   reading
		rtt    time.Duration
		queued time.Duration
		clock  Clock
	}{
		{"both stamps", req(at(11 * time.Millisecond)), at(14 * time.Millisecond), seen, 3 * time.Millisecond, 0, KernelClock},
		{"receive stamp only", req(0), at(14 * time.Millisecond), seen, 4 * time.Millisecond, 0, KernelRxClock},
		{"no stamps", req(0), 0, seen, 5 * time.Millisecond, 0, MonotonicClock},
		{"transmit stamp only", req(at(11 * time.Millisecond)), 0, seen, 5 * time.Millisecond, 0, MonotonicClock},
		{"clock set back", req(at(11 * time.Millisecond)), at(14*time.Millisecond - time.Hour), seen, 5 * time.Millisecond, 0, MonotonicClock},
		{"clock set forward", req(at(11 * time.Millisecond)), at(time.Hour), seen, 5 * time.Millisecond, 0, MonotonicClock},
		{"step noticed", req(at(11 * time.Millisecond)), at(12 * time.Millisecond), reading{mono: seen.mono, offset: wall, epoch: 2}, 5 * time.Millisecond, 0, MonotonicClock},
		{"left after the call", stood(at(10500*time.Microsecond), at(13*time.Millisecond)), at(14 * time.Millisecond), seen, 3500 * time.Microsecond, 2500 * time.Microsecond, KernelClock},
		{"left within the call", stood(at(12*time.Millisecond), at(11*time.Millisecond)), at(14 * time.Millisecond), seen, 3 * time.Millisecond, 0, KernelClock},
		{"held back before", held, at(14 * time.Millisecond), seen, 10 * time.Millisecond, 7 * time.Millisecond, KernelClock},
	} {
		got := roundTrip(c.req, c.rx, c.seen)
		if want := (trip{c.rtt, c.queued, c.clock}); got != want {
			t.Errorf("%s: %+v, want %+v", c.what, got, want)
		}
	}
}

// One odd pair of readings, from a pause between the two, is no step.
func TestClockDistinguishesPauseFromStep(t *testing.T) {
	var mono, wall time.Duration
	var odd bool
	c := newClock(func() (time.Duration, int64) {
		mono += time.Microsecond
		if odd {
			odd = false
			return mono, int64(wall + mono + 5*time.Millisecond)
		}
		return mono, int64(wall + mono)
	})
	odd = true
	if r := c.now(); r.epoch != 1 || r.offset != 0 {
		t.Errorf("after a pause: epoch %d, offset %s", r.epoch, r.offset)
	}
	wall = -time.Hour
	if r := c.now(); r.epoch != 2 || r.offset != -time.Hour {
		t.Errorf("after a step: epoch %d, offset %s", r.epoch, r.offset)
	}
	if r := c.now(); r.epoch != 2 {
		t.Errorf("epoch %d long after the step", r.epoch)
	}
}

// A wall clock set while probes are under way, forth or back, spoils no time.
func TestClockStepDuringPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		start := time.Now()
		var step atomic.Int64
		wall := func() int64 { return time.Now().UnixNano() + step.Load() }
		f.answer = func(f *fakeNet, req Packet) {
			// The kernel's stamp is taken 10 ms later, after a step at 5 ms.
			m := req.Reply()
			time.AfterFunc(10*time.Millisecond, func() {
				m.stamp = wall()
				f.deliver(0, m, Received)
			})
		}
		e := f.engine(t, Options{readClock: func() (time.Duration, int64) { return time.Since(start), wall() }})
		time.AfterFunc(1005*time.Millisecond, func() { step.Store(int64(time.Hour)) })
		time.AfterFunc(2005*time.Millisecond, func() { step.Store(-3e6) })
		var clocks []Clock
		s, _ := e.Ping(t.Context(), host, PingOptions{Count: 4, OnReply: func(r Reply) { clocks = append(clocks, r.Clock) }})
		if s.Received != 4 || s.Min != 10*time.Millisecond || s.Max != 10*time.Millisecond {
			t.Errorf("received %d, min %s, max %s", s.Received, s.Min, s.Max)
		}
		if got := s.ClockText(); got != "kernel-rx, 2 of 4" {
			t.Errorf("the clock is told as %q", got)
		}
		for i, want := range []Clock{KernelRxClock, MonotonicClock, MonotonicClock, KernelRxClock} {
			if clocks[i] != want {
				t.Errorf("probe %d by %s, want %s", i, clocks[i], want)
			}
		}
	})
}
