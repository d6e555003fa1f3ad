package icmp

import (
	"testing"
	"testing/synctest"
	"time"
)

// A raw IPv4 socket gets packets that nobody has checked: the checksum counts.
func TestWrongChecksumIsCorrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(f *fakeNet, req Packet) {
			m := req.Reply()
			m.Data[2] ^= 0x10
			f.deliver(time.Millisecond, m, Corrupted)
		}
		s, _ := f.engine(t, Options{}).Ping(t.Context(), host, PingOptions{Count: 2})
		if s.Corrupted != 2 || s.Received != 0 || s.Lost != 2 {
			t.Errorf("corrupted %d, received %d, lost %d", s.Corrupted, s.Received, s.Lost)
		}
	})
}

// An answer that the kernel had in time counts as received, even if this
// process read it only after it had given the probe up.
func TestAnswerReadLateButStampedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(f *fakeNet, req Packet) {
			m := req.Reply()
			m.stamp = time.Now().Add(30 * time.Millisecond).UnixNano()
			f.deliver(1200*time.Millisecond, m, Received)
		}
		s, _ := f.engine(t, Options{}).Ping(t.Context(), host, PingOptions{Count: 3})
		if s.Received != 2 || s.Lost != 1 || s.Late != 0 || s.Max != 30*time.Millisecond || s.Clock != KernelRxClock {
			t.Errorf("received %d, lost %d, late %d, max %s by %s", s.Received, s.Lost, s.Late, s.Max, s.Clock)
		}
	})
}

// An ICMP error about a packet to somewhere else ends no probe of ours, though
// identifier and sequence number agree.
func TestErrorAboutAnotherDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(f *fakeNet, req Packet) {
			req.Addr = other
			f.deliver(time.Millisecond, quoteError(req, router, 3, 1, 8), Failed)
			f.deliver(time.Millisecond, quoteError(req, router, 3, 1, len(req.Data)), Failed)
		}
		s, _ := f.engine(t, Options{}).Ping(t.Context(), host, PingOptions{Count: 2})
		if s.Errors != 0 || s.Lost != 2 {
			t.Errorf("errors %d, lost %d", s.Errors, s.Lost)
		}
	})
}
