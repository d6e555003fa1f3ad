package icmp

import (
	"errors"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/bench/tun"
	"mailprobe/bench/tun/tuntest"
)

// narrow answers what fits into a link, and reports its size if it may.
func narrow(mtu int, reports bool, reported int) func(*fakeNet, Packet) {
	return func(f *fakeNet, req Packet) {
		switch size := len(req.Data) + 20; {
		case size <= mtu:
			f.deliver(time.Millisecond, req.Reply(), Received)
		case reports:
			m := quoteError(req, router, 3, 4, 8)
			m.Data[6], m.Data[7] = byte(reported>>8), byte(reported)
			m.Seal()
			f.deliver(time.Millisecond, m, Failed)
		}
	}
}

func TestPathMTU(t *testing.T) {
	for _, c := range []struct {
		mtu      int
		reports  bool
		reported int
		from     netip.Addr
	}{
		{1400, true, 1400, router},
		{1400, false, 0, netip.Addr{}}, // a black hole
		{1492, true, 0, netip.Addr{}},  // a router before RFC 1191
		{1300, true, 1400, netip.Addr{}},
		{9000, false, 0, netip.Addr{}},
		{68, true, 68, router},
		{65535, true, 65535, netip.Addr{}},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeNet(0)
			f.answer = narrow(c.mtu, c.reports, c.reported)
			got, err := f.engine(t, Options{DontFragment: true}).PathMTU(t.Context(), host, MTUOptions{})
			if err != nil || got.MTU != c.mtu || got.Router != c.from || got.Silent == c.reports {
				t.Errorf("link of %d that reports %d: got %+v, %v", c.mtu, c.reported, got, err)
			}
			if c.reports && c.reported == c.mtu && got.Probes > 8 {
				t.Errorf("link of %d: %d probes", c.mtu, got.Probes)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(*fakeNet, Packet) {}
		if _, err := f.engine(t, Options{}).PathMTU(t.Context(), host, MTUOptions{}); !errors.Is(err, ErrNoAnswer) {
			t.Errorf("a silent host: %v", err)
		}
	})
}

// On the kernel's own stack, with a device of 1,500 octets and a link behind
// it of 1,420, reported or not.
func TestPathMTUSystem(t *testing.T) {
	var silent atomic.Bool
	respond := func(p tun.Packet) []tun.Answer {
		switch {
		case !p.IsEchoRequest():
			return nil
		case len(p) <= 1420:
			return []tun.Answer{{Packet: p.Reply()}}
		case silent.Load():
			return nil
		case p.IPv6():
			return []tun.Answer{{Packet: p.Fault(tuntest.Gate6, 2, 0, 1420)}}
		}
		return []tun.Answer{{Packet: p.Fault(tuntest.Gate4, 3, 4, 1420)}}
	}
	for _, unprivileged := range []bool{false, true} {
		t.Run("", func(t *testing.T) {
			tuntest.Isolate(t, respond)
			tuntest.PermitDatagram(t)
			e := listen(t, Options{DontFragment: true, Unprivileged: unprivileged})
			for _, addr := range []netip.Addr{tuntest.Far4, tuntest.Far6} {
				for _, quiet := range []bool{false, true} {
					silent.Store(quiet)
					got, err := e.PathMTU(t.Context(), addr, MTUOptions{Wait: 50 * time.Millisecond})
					if err != nil || got.MTU != 1420 || got.Router.IsValid() == quiet {
						t.Errorf("%s, silent router %t: %+v, %v", addr, quiet, got, err)
					}
				}
			}
		})
	}
}
