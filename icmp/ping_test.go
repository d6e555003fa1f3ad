package icmp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

var (
	host   = netip.MustParseAddr("192.0.2.7")
	other  = netip.MustParseAddr("192.0.2.8")
	router = netip.MustParseAddr("198.51.100.1")
)

// hostile answers as the worst network would: it loses, doubles, delays past
// the wait, reorders, truncates, alters and forges, each of it sometimes.
func hostile(f *fakeNet, req Packet) {
	delay := func(limit time.Duration) time.Duration { return 1 + time.Duration(f.rng.Int64N(int64(limit))) }
	good := req.Reply()
	switch roll := f.rng.IntN(100); {
	case roll < 10: // lost
	case roll < 20:
		m := f.truncated(req)
		outcome := Corrupted
		if len(m.Data) >= HeaderLen+tokenLen { // enough to know that it is right as far as it goes
			outcome = Received
		}
		f.deliver(delay(time.Second), m, outcome)
	case roll < 30:
		f.deliver(delay(time.Second), f.altered(req), Corrupted)
	case roll < 40: // around the end of the wait
		f.deliver(500*time.Millisecond+delay(time.Second), good, Received)
	case roll < 50:
		f.deliver(delay(2*time.Second), good, Received)
		f.deliver(delay(2*time.Second), good, Received)
	case roll < 60:
		forged := good
		forged.Addr = other
		f.deliver(delay(time.Second), forged, Foreign)
	case roll < 65:
		f.deliver(delay(time.Second), quoteError(req, router, 3, 1, 8+8*f.rng.IntN(2)), Failed)
	default:
		f.deliver(delay(300*time.Millisecond), good, Received)
	}
}

func (f *fakeNet) truncated(req Packet) Packet {
	m := req.Reply()
	m.Data = m.Data[:8+f.rng.IntN(len(m.Data)-8)]
	return m.Seal()
}

func (f *fakeNet) altered(req Packet) Packet {
	m := req.Reply()
	m.Data[6+f.rng.IntN(len(m.Data)-6)] ^= byte(1 + f.rng.IntN(255))
	if f.rng.IntN(2) == 0 {
		m.Seal()
	}
	return m
}

// The numbers add up whatever the network does, and each is the one that the
// network knows to be true.
func TestHostileNetwork(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeNet(seed)
			f.answer = hostile
			e := f.engine(t, Options{})
			s, err := e.Ping(t.Context(), host, PingOptions{Count: 100, Interval: 20 * time.Millisecond, Size: 16 + int(seed)})
			if err != nil {
				t.Fatal(err)
			}
			checkBooks(t, seed, f, s)
			time.Sleep(3 * time.Second) // let the last packets arrive
		})
	}
}

func checkBooks(t *testing.T, seed uint64, f *fakeNet, s *Stats) {
	t.Helper()
	now := time.Now()
	if s.Sent != 100 || s.Received+s.Lost+s.Late+s.Errors != s.Sent {
		t.Errorf("seed %d: sent %d is not received %d + lost %d + late %d + errors %d",
			seed, s.Sent, s.Received, s.Lost, s.Late, s.Errors)
	}
	for _, c := range []struct {
		what string
		got  int
		want int
	}{
		{"genuine answers", s.Received + s.Late + s.Duplicates, f.delivered(Received, now)},
		{"corrupted", s.Corrupted, f.delivered(Corrupted, now)},
		{"foreign", s.Foreign, f.delivered(Foreign, now)},
		{"errors", s.Errors, f.delivered(Failed, now)},
	} {
		if c.got != c.want {
			t.Errorf("seed %d: %s %d, the network delivered %d", seed, c.what, c.got, c.want)
		}
	}
	if s.Max > time.Second {
		t.Errorf("seed %d: received after %s, past the wait", seed, s.Max)
	}
}

func TestExactTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(f *fakeNet, req Packet) {
			f.deliver(time.Duration(f.Sent())*10*time.Millisecond, req.Reply(), Received)
		}
		start := time.Now()
		s, err := f.engine(t, Options{}).Ping(t.Context(), host, PingOptions{Count: 3})
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(s.Min, s.Avg(), s.Percentile(50), s.Max, s.Jitter, s.StdDev().Round(time.Microsecond), s.TTL, s.Clock)
		if want := "10ms 20ms 20ms 30ms 10ms 8.165ms 64 monotonic"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if took := time.Since(start); took != 2030*time.Millisecond+linger {
			t.Errorf("took %s, want two intervals and the last round trip", took)
		}
	})
}

// Answers that take longer than the interval are still answers.
func TestIntervalShorterThanRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(f *fakeNet, req Packet) { f.deliver(300*time.Millisecond, req.Reply(), Received) }
		s, _ := f.engine(t, Options{}).Ping(t.Context(), host, PingOptions{Count: 100, Interval: time.Millisecond})
		if s.Received != 100 || s.Loss() != 0 || s.Avg() != 300*time.Millisecond {
			t.Errorf("received %d, loss %g%%, average %s", s.Received, s.Loss(), s.Avg())
		}
	})
}

// Sequence numbers come round after 65,536 probes; the answer to the probe
// before the wrap, late by a whole round, is not taken for the new one's.
func TestSequenceWrap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(f *fakeNet, req Packet) {
			if tokenIndex(req.Data[8:]) == 7 {
				f.deliver(65536*time.Millisecond+500*time.Microsecond, req.Reply(), Received)
				return
			}
			if tokenIndex(req.Data[8:]) == 65536+7 {
				return
			}
			f.deliver(time.Millisecond/2, req.Reply(), Received)
		}
		s, err := f.engine(t, Options{}).Ping(t.Context(), host, PingOptions{Count: 70000, Interval: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if s.Sent != 70000 || s.Received != 69998 || s.Lost+s.Late != 2 {
			t.Errorf("sent %d received %d lost %d late %d", s.Sent, s.Received, s.Lost, s.Late)
		}
	})
}

func TestICMPErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(f *fakeNet, req Packet) {
			f.deliver(time.Millisecond, quoteError(req, router, 3, 13, 8), Failed)
		}
		var seen []string
		s, _ := f.engine(t, Options{}).Ping(t.Context(), host, PingOptions{Count: 2, OnReply: func(r Reply) {
			seen = append(seen, fmt.Sprint(r.Outcome, " ", r.Seq, " ", r.From, ": ", r.Err))
		}})
		want := "failed 0 198.51.100.1: prohibited by a filter (type 3 code 13), says 198.51.100.1"
		if s.Errors != 2 || len(seen) != 2 || seen[0] != want {
			t.Errorf("errors %d, seen %q", s.Errors, seen)
		}
		var icmpErr *Error
		if !errors.As(s.LastErr, &icmpErr) || icmpErr.Code != 13 {
			t.Errorf("last error %v", s.LastErr)
		}
	})
}

// A failure to send ends one probe; the run goes on and keeps what it had.
func TestSendFails(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EPERM, syscall.ENETUNREACH, syscall.ENODEV, syscall.ENETDOWN} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeNet(0)
			f.Refuse = func(req Packet) error {
				if i := tokenIndex(req.Data[8:]); i == 2 || i == 3 {
					return errno
				}
				return nil
			}
			s, err := f.engine(t, Options{}).Ping(t.Context(), host, PingOptions{Count: 6})
			if err != nil || s.Received != 4 || s.Errors != 2 || !errors.Is(s.LastErr, errno) {
				t.Errorf("%v: received %d, errors %d, last %v, %v", errno, s.Received, s.Errors, s.LastErr, err)
			}
		})
	}
}

// A full queue is waited for, and if it stays full that is reported.
func TestNoBufferSpace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		busy := 3
		f.Refuse = func(req Packet) error {
			if busy--; busy >= 0 || tokenIndex(req.Data[8:]) == 4 {
				return syscall.ENOBUFS
			}
			return nil
		}
		s, err := f.engine(t, Options{}).Ping(t.Context(), host, PingOptions{Count: 6})
		if err != nil || s.Received != 5 || s.Errors != 1 || !errors.Is(s.LastErr, syscall.ENOBUFS) {
			t.Errorf("received %d, errors %d, last %v, %v", s.Received, s.Errors, s.LastErr, err)
		}
	})
}

// An answer that the kernel had no room for is not booked as loss.
func TestReceiveBufferOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(f *fakeNet, req Packet) {
			switch f.Sent() {
			case 2:
				f.mu.Lock()
				f.dropped++
				f.mu.Unlock()
			case 4: // truly lost
			default:
				f.deliver(time.Millisecond, req.Reply(), Received)
			}
		}
		s, _ := f.engine(t, Options{}).Ping(t.Context(), host, PingOptions{Count: 5})
		if s.Received != 3 || s.Lost != 1 || s.Errors != 1 || !errors.Is(s.LastErr, ErrOverflow) {
			t.Errorf("received %d, lost %d, errors %d, last %v", s.Received, s.Lost, s.Errors, s.LastErr)
		}
	})
}

// Two engines whose sockets happen to have the same identifier, and which see
// each other's replies, take only their own for answers. Those of the other look like
// their own with other bytes: that happens to one pair of pingers of 65,536.
func TestEqualIdentifiers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alive, deaf := newFakeNet(1), newFakeNet(2)
		alive.answer = func(f *fakeNet, req Packet) {
			f.deliver(time.Millisecond, req.Reply(), Received)
			deaf.deliver(time.Millisecond, req.Reply(), Foreign)
		}
		deaf.answer = func(*fakeNet, Packet) {}
		a, b := alive.engine(t, Options{}), deaf.engine(t, Options{})
		done := make(chan *Stats)
		go func() {
			s, _ := a.Ping(t.Context(), host, PingOptions{Count: 20})
			done <- s
		}()
		s, _ := b.Ping(t.Context(), host, PingOptions{Count: 20})
		if s.Received != 0 || s.Lost != 20 || s.Corrupted != 20 {
			t.Errorf("a host that answers another pinger only: received %d, lost %d, corrupted %d", s.Received, s.Lost, s.Corrupted)
		}
		if s := <-done; s.Received != 20 {
			t.Errorf("the other pinger received %d of 20", s.Received)
		}
	})
}

func TestDeadlineBooksLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(*fakeNet, Packet) {}
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		s, err := f.engine(t, Options{}).Ping(ctx, host, PingOptions{Wait: 10 * time.Second})
		if err != nil || s.Sent != 3 || s.Lost != 3 {
			t.Errorf("sent %d, lost %d, error %v", s.Sent, s.Lost, err)
		}
	})
}

func TestCloseEndsPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		e := f.engine(t, Options{})
		time.AfterFunc(2500*time.Millisecond, func() { e.Close() })
		s, err := e.Ping(t.Context(), host, PingOptions{})
		if !errors.Is(err, ErrClosed) || s.Received != 3 {
			t.Errorf("received %d, error %v", s.Received, err)
		}
	})
}

func TestBadOptions(t *testing.T) {
	e := newFakeNet(0).engine(t, Options{})
	for _, o := range []PingOptions{{Size: 15}, {Size: MaxSize + 1}, {Count: -1}, {Wait: -1}} {
		if _, err := e.Ping(t.Context(), host, o); err == nil || !strings.HasPrefix(err.Error(), "icmp: ") {
			t.Errorf("%+v: error %v", o, err)
		}
	}
	for _, addr := range []netip.Addr{{}, netip.MustParseAddr("2001:db8::1")} {
		if _, err := e.Ping(t.Context(), addr, PingOptions{Count: 1}); err == nil {
			t.Errorf("%s: no error", addr)
		}
	}
}
