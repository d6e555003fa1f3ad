package icmp

import (
	"errors"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mailprobe/bench/tun"
	"mailprobe/bench/tun/tuntest"
	"mailprobe/internal/sketch"
)

// These tests run on the kernel's own network stack, in a network namespace
// that each makes for itself, against a far side that does what the test says.
// They need root and TUN, and say so where they are skipped.

// What keeps the tests below from a network of their own is to be seen: see the
// Makefile, which runs this one alone.
func TestNetwork(t *testing.T) { tuntest.Isolate(t, tuntest.Echo) }

// sockets runs a test with a raw and with a datagram socket.
func sockets(t *testing.T, respond func(tun.Packet) []tun.Answer, test func(t *testing.T, e *Engine)) {
	tuntest.Sockets(t, respond, func(t *testing.T, datagram bool) {
		e, err := Listen(Options{Unprivileged: datagram})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if e.Socket(tuntest.Far4).Raw == datagram {
			t.Fatalf("socket %+v", e.Socket(tuntest.Far4))
		}
		test(t, e)
	})
}

// Of a path that loses one packet of twenty and answers another twice, the
// counts are exact.
func TestLossAndDuplicates(t *testing.T) {
	sockets(t, tun.Lossy(20), func(t *testing.T, e *Engine) {
		for _, addr := range []netip.Addr{tuntest.Far4, tuntest.Far6} {
			s, err := e.Ping(t.Context(), addr, PingOptions{Count: 400, Interval: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			got := [...]int{s.Sent, s.Received, s.Lost, s.Duplicates, s.Late + s.Errors + s.Reordered + s.Corrupted + s.Foreign}
			if want := [...]int{400, 380, 20, 20, 0}; got != want || s.Loss() != 5 {
				t.Errorf("%s: sent, received, lost, duplicates, others %v, want %v; loss %g%%", addr, got, want, s.Loss())
			}
		}
	})
}

// What other pingers count as answers, on the real stack. One that the host cut off is
// an answer, and known to be cut.
func TestFaultyPath(t *testing.T) {
	var n atomic.Int64
	sockets(t, func(p tun.Packet) []tun.Answer {
		if !p.IsEchoRequest() {
			return nil
		}
		switch good := p.Reply(); n.Add(1) % 5 {
		case 0:
			return []tun.Answer{{Packet: good.From(gateOf(p))}}
		case 1:
			good[len(good)-1] ^= 0xff
			good.Seal()
			return []tun.Answer{{Packet: good}}
		case 2:
			return []tun.Answer{{Packet: good.Cut(4)}}
		case 3:
			return []tun.Answer{{Packet: good}, {Packet: good}}
		default:
			return []tun.Answer{{After: 300 * time.Millisecond, Packet: good}}
		}
	}, func(t *testing.T, e *Engine) {
		for _, addr := range []netip.Addr{tuntest.Far4, tuntest.Far6} {
			n.Store(-1)
			s, err := e.Ping(t.Context(), addr, PingOptions{Count: 20, Interval: 20 * time.Millisecond, Wait: 250 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			s.trips = sketch.Sketch{}
			if s.Foreign != 4 || s.Corrupted != 4 || s.Received != 8 || s.Cut != 4 || s.Duplicates != 4 || s.Late+s.Lost != 12 || s.Late == 0 {
				t.Errorf("%s: %+v", addr, *s)
			}
		}
	})
}

// A payload that comes back zeroed is altered, on both sockets and of both families.
func TestZeroedPayload(t *testing.T) {
	sockets(t, func(p tun.Packet) []tun.Answer {
		if !p.IsEchoRequest() {
			return nil
		}
		reply := p.Reply()
		clear(reply.ICMP()[HeaderLen:])
		reply.Seal()
		return []tun.Answer{{Packet: reply}}
	}, func(t *testing.T, e *Engine) {
		for _, addr := range []netip.Addr{tuntest.Far4, tuntest.Far6} {
			s, err := e.Ping(t.Context(), addr, PingOptions{Count: 3, Interval: 10 * time.Millisecond, Wait: 100 * time.Millisecond})
			if err != nil || s.Corrupted != 3 || s.Received != 0 || s.Lost != 3 {
				t.Errorf("%s: corrupted %d, received %d, lost %d, %v", addr, s.Corrupted, s.Received, s.Lost, err)
			}
		}
	})
}

func gateOf(p tun.Packet) netip.Addr {
	if p.IPv6() {
		return tuntest.Gate6
	}
	return tuntest.Gate4
}

// Routers' errors arrive with their words and addresses on both sockets.
func TestRoutersErrors(t *testing.T) {
	type fault struct {
		typ4, code4, typ6, code6 byte
		rest                     uint32
		words4, words6           string
	}
	faults := []fault{
		{3, 1, 1, 3, 0, "host unreachable", "address unreachable"},
		{3, 13, 1, 1, 0, "prohibited by a filter", "prohibited by a filter"},
		{11, 0, 3, 0, 0, "time to live exceeded", "time to live exceeded"},
		{3, 4, 2, 0, 1300, "fragmentation needed", "packet too big"},
	}
	var now atomic.Pointer[fault]
	sockets(t, func(p tun.Packet) []tun.Answer {
		if !p.IsEchoRequest() {
			return nil
		}
		f := now.Load()
		if p.IPv6() {
			return []tun.Answer{{Packet: p.Fault(tuntest.Gate6, f.typ6, f.code6, f.rest)}}
		}
		return []tun.Answer{{Packet: p.Fault(tuntest.Gate4, f.typ4, f.code4, f.rest)}}
	}, func(t *testing.T, e *Engine) {
		for _, f := range faults {
			now.Store(&f)
			expectFault(t, e, tuntest.Far4, tuntest.Gate4, f.words4, int(f.rest))
			expectFault(t, e, tuntest.Far6, tuntest.Gate6, f.words6, int(f.rest))
		}
	})
}

func expectFault(t *testing.T, e *Engine, addr, from netip.Addr, words string, mtu int) {
	t.Helper()
	s, err := e.Ping(t.Context(), addr, PingOptions{Count: 2, Interval: time.Millisecond, Wait: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	var fault *Error
	if s.Errors != 2 || !errors.As(s.LastErr, &fault) {
		t.Errorf("%s, %s: errors %d, lost %d, last %v", addr, words, s.Errors, s.Lost, s.LastErr)
		return
	}
	if !strings.HasPrefix(fault.Error(), words) || fault.From != from || fault.MTU != mtu {
		t.Errorf("%s: got %q, want %q from %s", addr, fault, words, from)
	}
}

// Where the kernel knows no way, that is reported for each probe, and the answers
// before and after count.
func TestInterfaceGoesDownAndComesBack(t *testing.T) {
	sockets(t, tuntest.Echo, func(t *testing.T, e *Engine) {
		set := func(state string) {
			if err := tun.IP("link", "set", "tun0", state); err != nil {
				t.Fatal(err)
			}
		}
		s, err := e.Ping(t.Context(), tuntest.Far4, PingOptions{Count: 9, Interval: 20 * time.Millisecond, Wait: 200 * time.Millisecond, OnReply: func(r Reply) {
			switch r.Seq {
			case 2:
				set("down")
			case 5:
				set("up")
			}
		}})
		if err != nil || s.Sent != 9 || s.Received < 4 || s.Errors < 1 || s.Received+s.Errors+s.Lost != 9 {
			t.Errorf("received %d, lost %d, errors %d (%v), %v", s.Received, s.Lost, s.Errors, s.LastErr, err)
		}
		if s.Errors > 0 && !errors.Is(s.LastErr, syscall.ENETUNREACH) {
			t.Errorf("last error %v, want network is unreachable", s.LastErr)
		}
	})
}

func TestNoRoute(t *testing.T) {
	sockets(t, tuntest.Echo, func(t *testing.T, e *Engine) {
		for _, addr := range []string{"192.0.2.1", "2001:db8::1"} {
			s, err := e.Ping(t.Context(), netip.MustParseAddr(addr), PingOptions{Count: 2, Interval: time.Millisecond})
			if err != nil || s.Errors != 2 || !errors.Is(s.LastErr, syscall.ENETUNREACH) {
				t.Errorf("%s: %d errors, last %v, %v", addr, s.Errors, s.LastErr, err)
			}
		}
	})
}

// What is asked of a socket holds for what it sends.
func TestOptionsOnTheWire(t *testing.T) {
	other4, other6 := netip.MustParseAddr("10.99.0.2"), netip.MustParseAddr("fd99::2")
	asked := func(p tun.Packet) []tun.Answer {
		source, class := other4, p[1]
		if p.IPv6() {
			source, class = other6, p[0]<<4|p[1]>>4
		}
		if !p.IsEchoRequest() || p.Source() != source || p.TTL() != 9 || class != 46<<2 {
			return nil
		}
		return []tun.Answer{{Packet: p.Reply()}}
	}
	sockets(t, asked, func(t *testing.T, e *Engine) {
		for far, source := range map[netip.Addr]netip.Addr{tuntest.Far4: other4, tuntest.Far6: other6} {
			if err := tun.IP("addr", "add", source.String(), "dev", "tun0", "nodad"); err != nil {
				t.Fatal(err)
			}
			if err := tun.AwaitLocal(source.String()); err != nil {
				t.Fatal(err)
			}
			e := listen(t, Options{Unprivileged: !e.Socket(far).Raw, Source: source, Interface: "tun0", TTL: 9, DSCP: 46})
			s, err := e.Ping(t.Context(), far, PingOptions{Count: 3, Interval: time.Millisecond})
			if err != nil || s.Received != 3 {
				t.Errorf("from %s: received %d, lost %d, errors %d (%v), %v", source, s.Received, s.Lost, s.Errors, s.LastErr, err)
			}
		}
	})
}
