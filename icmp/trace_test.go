//go:build linux

package icmp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/bench/tun"
	"mailprobe/bench/tun/tuntest"
)

func hopRouter(ttl int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, byte(ttl)}) }

// path answers as a path of n routers to the host; silent hops say nothing.
func path(n int, silent ...int) func(*fakeNet, Packet) {
	routers := make([]netip.Addr, n)
	for i := range routers {
		if !slices.Contains(silent, i+1) {
			routers[i] = hopRouter(i + 1)
		}
	}
	answer := Path(10*time.Millisecond, routers...)
	return func(f *fakeNet, req Packet) { answer(&f.Network, req) }
}

func describeRoute(r *Route) string {
	var words []string
	for _, h := range r.Hops {
		words = append(words, fmt.Sprintf("%d%v %d/%d %s", h.TTL, h.Addrs, h.Stats.Received, h.Stats.Sent, h.Stats.Avg()))
	}
	return strings.Join(words, ", ") + fmt.Sprintf(", reached %t", r.Reached)
}

func TestTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = path(3, 2)
		start := time.Now()
		r, err := f.engine(t, Options{}).Trace(t.Context(), host, TraceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want := "1[198.51.100.1] 3/3 10ms, 2[] 0/3 0s, 3[198.51.100.3] 3/3 30ms, 4[192.0.2.7] 3/3 40ms, reached true"
		if got := describeRoute(r); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if took := time.Since(start); took != 1200*time.Millisecond {
			t.Errorf("took %s, want two intervals and the wait for the silent hop", took)
		}
		if f.Sent() > 3*4+9 {
			t.Errorf("%d probes sent, want no more than 9 beyond the host", f.Sent())
		}
	})
}

func TestTraceUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(f *fakeNet, req Packet) {
			if req.TTL == 1 {
				f.deliver(time.Millisecond, quoteError(req, hopRouter(1), 11, 0, 8), Failed)
			} else {
				f.deliver(time.Millisecond, quoteError(req, hopRouter(2), 3, 1, 8), Failed)
			}
		}
		r, err := f.engine(t, Options{}).Trace(t.Context(), host, TraceOptions{Rounds: 1})
		if err != nil || r.Reached || len(r.Hops) != 2 || !strings.HasPrefix(r.Hops[1].Err.Error(), "host unreachable") {
			t.Errorf("%s, %v", describeRoute(r), err)
		}
	})
}

func TestTraceIntoTheDark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = path(40, 3, 4, 5, 6, 7, 8, 9, 10)
		e := f.engine(t, Options{})
		r, err := e.Trace(t.Context(), host, TraceOptions{MaxHops: 10, Rounds: 1})
		if err != nil || r.Reached || len(r.Hops) != 2 {
			t.Errorf("%s, %v", describeRoute(r), err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(15*time.Millisecond, cancel)
		r, err = e.Trace(ctx, host, TraceOptions{})
		if !errors.Is(err, context.Canceled) || describeRoute(r) != "1[198.51.100.1] 1/1 10ms, reached false" {
			t.Errorf("%s, %v", describeRoute(r), err)
		}
	})
}

// On the kernel's own stack, IPv4 and IPv6, raw and datagram sockets; and all
// probes look like one flow to a router that hashes the ICMP checksum.
func TestTraceSystem(t *testing.T) {
	flows := map[string]bool{}
	sockets(t, func(p tun.Packet) []tun.Answer {
		switch {
		case !p.IsEchoRequest():
			return nil
		case p.TTL() <= 2 && p.IPv6():
			return []tun.Answer{{Packet: p.Fault(netip.MustParseAddr(fmt.Sprintf("fd99::%d", 100+p.TTL())), 3, 0, 0)}}
		case p.TTL() <= 2:
			return []tun.Answer{{Packet: p.Fault(netip.AddrFrom4([4]byte{10, 99, 1, byte(p.TTL())}), 11, 0, 0)}}
		}
		flows[fmt.Sprintf("%s %x", p.Destination(), p.ICMP()[:6])] = true
		return []tun.Answer{{Packet: p.Reply()}}
	}, func(t *testing.T, e *Engine) {
		for _, addr := range []netip.Addr{tuntest.Far4, tuntest.Far6} {
			r, err := e.Trace(t.Context(), addr, TraceOptions{MaxHops: 10, Interval: 10 * time.Millisecond, Wait: 300 * time.Millisecond})
			if err != nil || !r.Reached || len(r.Hops) != 3 || r.Hops[1].Stats.Received != 3 || len(r.Hops[1].Addrs) != 1 {
				t.Errorf("%s, %v", describeRoute(r), err)
			}
		}
	})
	if len(flows) != 4 {
		t.Errorf("%d flows for 2 sockets and 2 destinations: %v", len(flows), flows)
	}
}
