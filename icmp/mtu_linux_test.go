package icmp

import (
	"errors"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/bench/tun"
	"mailprobe/probe"
)

// narrow answers what fits into a link, and tells of the rest if it may.
func narrow(mtu int, tells bool, told int) func(*fakeNet, message) {
	return func(f *fakeNet, req message) {
		switch size := len(req.data) + 20; {
		case size <= mtu:
			f.deliver(time.Millisecond, f.reply(req), Received)
		case tells:
			m := quoteError(req, router, 3, 4, 8)
			m.data[6], m.data[7] = byte(told>>8), byte(told)
			resum(m.data)
			f.deliver(time.Millisecond, m, Failed)
		}
	}
}

func TestPathMTU(t *testing.T) {
	for _, c := range []struct {
		mtu   int
		tells bool
		told  int
		from  netip.Addr
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
			f.answer = narrow(c.mtu, c.tells, c.told)
			got, err := f.engine(t, Options{DontFragment: true}).PathMTU(t.Context(), host, MTUOptions{})
			if err != nil || got.MTU != c.mtu || got.Router != c.from || got.Silent == c.tells {
				t.Errorf("link of %d that tells %d: got %+v, %v", c.mtu, c.told, got, err)
			}
			if c.tells && c.told == c.mtu && got.Probes > 8 {
				t.Errorf("link of %d: %d probes", c.mtu, got.Probes)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(*fakeNet, message) {}
		if _, err := f.engine(t, Options{}).PathMTU(t.Context(), host, MTUOptions{}); !errors.Is(err, ErrNoAnswer) {
			t.Errorf("a silent host: %v", err)
		}
	})
}

// On the kernel's own stack, with a device of 1,500 octets and a link behind
// it of 1,420, told of or not.
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
			return []tun.Answer{{Packet: p.Fault(gate6, 2, 0, 1420)}}
		}
		return []tun.Answer{{Packet: p.Fault(gate4, 3, 4, 1420)}}
	}
	for _, unprivileged := range []bool{false, true} {
		t.Run("", func(t *testing.T) {
			isolate(t, respond)
			permitDatagram(t)
			e := listen(t, Options{DontFragment: true, Unprivileged: unprivileged})
			for _, addr := range []netip.Addr{far4, far6} {
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

// What the step of --mtu says of a black hole, of a host that cuts its answers, and of a
// path that merely loses a packet.
func TestCheckMTUCauses(t *testing.T) {
	unlucky := 2
	for _, c := range []struct {
		name   string
		answer func(*fakeNet, message)
		status probe.Status
		cause  *probe.Cause
		says   string
	}{
		{"black hole", narrow(1400, false, 0), probe.Warning, CauseBlackHole, "1400 bytes; larger packets vanish, and no router says so"},
		{"cut answers", func(f *fakeNet, req message) {
			if len(req.data)+20 > 1500 {
				narrow(1500, true, 1500)(f, req)
				return
			}
			m := f.reply(req)
			m.data = resum(m.data[:min(len(m.data), echoHeaderLen+64)])
			f.deliver(time.Millisecond, m, Received)
		}, probe.Warning, CauseAnswersCut, "1500 bytes to the host; it cuts its answers, so that the way back is not known"},
		{"two lost by chance", func(f *fakeNet, req message) {
			if len(req.data)+20 == 1500 && unlucky > 0 {
				unlucky--
				return
			}
			narrow(1500, false, 0)(f, req)
		}, probe.Warning, CauseBlackHole, "1500 bytes; larger packets vanish, and no router says so"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeNet(0)
			f.answer = c.answer
			r := f.run(t, t.Context(), "--mtu", "-c1", "192.0.2.7")[0]
			if s := r.Step(stepMTU); r.Status != c.status || s.Detail != c.says || c.cause != nil && !c.cause.Is(s.Cause) {
				t.Errorf("%s: %s %q, %v", c.name, r.Status, s.Detail, s.Cause)
			}
		})
	}
}
