package icmp

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"mailprobe/bench/tun/tuntest"
)

// A receive buffer that is far too small loses answers inside the kernel. They
// are reported as such, and not as the network's loss; a sweep asks again.
func TestSmallReceiveBuffer(t *testing.T) {
	e := listen(t, Options{ReadBuffer: 1})
	loopback := netip.MustParseAddr("127.0.0.1")
	if got := e.Socket(loopback).ReadBuffer; got == 0 || got > 1<<16 {
		t.Skipf("the kernel granted %d octets", got)
	}
	s, err := e.Ping(t.Context(), loopback, PingOptions{Count: 2000, Interval: NoInterval, Wait: 100 * time.Millisecond})
	if err != nil || s.Lost != 0 || s.Received+s.Errors != 2000 || s.Errors > 0 && !errors.Is(s.LastErr, ErrOverflow) {
		t.Errorf("received %d, lost %d, errors %d (%v), %v", s.Received, s.Lost, s.Errors, s.LastErr, err)
	}
	if s.Errors == 0 {
		t.Log("nothing overflowed")
	}
	found := map[netip.Addr]bool{} // a second answer may be Received as well
	hosts := Range{netip.MustParseAddr("127.1.0.0"), netip.MustParseAddr("127.1.1.255")}
	for r := range e.Sweep(t.Context(), hosts.Addrs(), SweepOptions{Retries: MaxRetries, Backoff: 1, Wait: 50 * time.Millisecond}) {
		if r.Outcome == Received {
			found[r.Addr] = true
		}
	}
	if len(found) != 512 {
		t.Errorf("%d of 512 found with a small receive buffer", len(found))
	}
}

// With the usual buffer nothing is lost, at any speed, and not where sequence
// numbers come round, and nearly all is measured by the kernel's stamps.
func TestFloodLoopback(t *testing.T) {
	e := listen(t, Options{})
	s, err := e.Ping(t.Context(), netip.MustParseAddr("127.0.0.1"), PingOptions{Count: 70_000, Interval: NoInterval})
	if err != nil || s.Received != 70_000 || s.Duplicates+s.Corrupted+s.Foreign != 0 {
		t.Errorf("received %d, lost %d, errors %d (%v), duplicates %d, %v", s.Received, s.Lost, s.Errors, s.LastErr, s.Duplicates, err)
	}
	if s.clocks[KernelClock] < 60_000 {
		t.Errorf("clock %s", s.ClockText())
	}
}

// Raw and datagram sockets sweep alike.
func TestSweepSystem(t *testing.T) {
	sockets(t, tuntest.Echo, func(t *testing.T, e *Engine) {
		for _, hosts := range []Range{
			{netip.MustParseAddr("10.99.1.0"), netip.MustParseAddr("10.99.8.255")},
			{netip.MustParseAddr("fd99::100"), netip.MustParseAddr("fd99::4ff")},
		} {
			n := 0
			for r := range e.Sweep(t.Context(), hosts.Addrs(), SweepOptions{Retries: 2, Wait: 500 * time.Millisecond}) {
				if r.Outcome == Received {
					n++
				}
			}
			if want := hosts.Count(1 << 20); n != want {
				t.Errorf("%d of %d found", n, want)
			}
		}
	})
}
