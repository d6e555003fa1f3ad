package icmp

import (
	"testing"
	"testing/synctest"
	"time"
)

// Dead hosts do not hold up the living: a window full of them is given up on
// long before their wait is over.
func TestSweepOfTheDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(*fakeNet, Packet) {}
		start, n := time.Now(), 0
		for range f.engine(t, Options{}).Sweep(t.Context(), hosts(20_000), SweepOptions{Wait: 3 * time.Second}) {
			n++
		}
		if took := time.Since(start); n != 20_000 || took > 5*time.Second {
			t.Errorf("%d dead hosts took %s; want a second of sending and the wait", n, took)
		}
	})
}

// A queue on the way that forwards 20,000 packets a second and holds 2,000 is
// neither overrun nor left empty.
func TestSweepSparesAQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const each, room, path = 50 * time.Microsecond, 2000, 20 * time.Millisecond
		f := newFakeNet(0)
		free := time.Now() // when the queue will be empty
		f.answer = func(f *fakeNet, req Packet) {
			if now := time.Now(); free.Before(now) {
				free = now
			}
			if waiting := time.Until(free); waiting < room*each {
				free = free.Add(each)
				f.deliver(path+waiting, req.Reply(), Received)
			}
		}
		start, got := time.Now(), map[Outcome]int{}
		for r := range f.engine(t, Options{}).Sweep(t.Context(), hosts(20_000), SweepOptions{}) {
			got[r.Outcome]++
		}
		if got[Received] != 20_000 {
			t.Errorf("outcomes %v", got)
		}
		if took := time.Since(start); took > 1200*time.Millisecond {
			t.Errorf("took %s of the second that the queue needs", took)
		}
	})
}

// Answers to a whole window that come all at once, just before the sweep goes to
// sleep, do not leave it asleep.
func TestSweepAnsweredAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.buffer = batchSize * packetRoom // for a window of less than a batch
		var window []Packet
		f.answer = func(f *fakeNet, req Packet) { window = append(window, req.Reply()) }
		looks := 0
		f.looked = func() {
			if looks++; len(window) == 0 || looks%2 == 0 {
				return
			}
			for _, m := range window {
				f.inbox <- m
			}
			window = nil
			time.Sleep(time.Nanosecond) // until all are booked
		}
		start, got := time.Now(), map[Outcome]int{}
		for r := range f.engine(t, Options{}).Sweep(t.Context(), hosts(20*batchSize), SweepOptions{}) {
			got[r.Outcome]++
		}
		if took := time.Since(start); got[Received] != 20*batchSize || took > time.Second {
			t.Errorf("outcomes %v in %s", got, took)
		}
	})
}

func TestFlow(t *testing.T) {
	f := newFlow(4000, false)
	learn := func(n int, rtt time.Duration) {
		for range n {
			f.learn(Reply{Outcome: Received, RTT: rtt})
		}
	}
	learn(2000, 20*time.Millisecond)
	if f.window() != flowStart+2000 || f.patience() < 60*time.Millisecond {
		t.Errorf("window %d, patience %s after answers in time", f.window(), f.patience())
	}
	learn(10000, 20*time.Millisecond)
	if f.window() != 4000 {
		t.Errorf("window %d, want what the receive buffer holds", f.window())
	}
	learn(10000, 60*time.Millisecond)
	if f.window() != flowLeast {
		t.Errorf("window %d after answers that had to queue, want %d", f.window(), flowLeast)
	}
	if strict := newFlow(100, true); strict.window() != 100 || strict.patience() < time.Hour {
		t.Errorf("a window that was asked for: %d, patience %s", strict.window(), strict.patience())
	}
}

// While this process is kept from receiving, no more is sent than the receive
// buffer has room for.
func TestSweepHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.buffer, f.stall = 4096*packetRoom, 700*time.Millisecond
		f.answer = func(f *fakeNet, req Packet) { f.deliver(time.Millisecond, req.Reply(), Received) }
		got := map[Outcome]int{}
		for r := range f.engine(t, Options{}).Sweep(t.Context(), hosts(20_000), SweepOptions{}) {
			got[r.Outcome]++
		}
		if f.dropped > 0 || got[Received] != 20_000 {
			t.Errorf("%d dropped, %v", f.dropped, got)
		}
	})
}
