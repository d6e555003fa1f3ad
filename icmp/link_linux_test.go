package icmp

import (
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"mailprobe/bench/tun"
	"mailprobe/bench/tun/tuntest"
)

// A cable that is pulled and plugged in again costs the probes in between only.
func TestCablePulled(t *testing.T) {
	far := tuntest.Cable(t)
	e := listen(t, Options{})
	var last Outcome
	s, err := e.Ping(t.Context(), tuntest.CableHost, PingOptions{Count: 30, Interval: 100 * time.Millisecond, Wait: 200 * time.Millisecond, OnReply: func(r Reply) {
		switch last = r.Outcome; r.Seq {
		case 2:
			far("link", "set", "veth1", "down")
		case 6:
			far("link", "set", "veth1", "up")
		}
	}})
	if err != nil || s.Sent != 30 || s.Received < 4 || s.Lost+s.Errors < 3 || s.Received+s.Lost+s.Errors != 30 || last != Received {
		t.Errorf("received %d, lost %d, errors %d (%v), in the end %s, %v", s.Received, s.Lost, s.Errors, s.LastErr, last, err)
	}
}

// An interface that is taken away in the middle of a run, with the run bound to
// it, fails each probe from then on.
func TestInterfaceTakenAway(t *testing.T) {
	tuntest.Cable(t)
	e := listen(t, Options{Interface: "veth0"})
	s, err := e.Ping(t.Context(), tuntest.CableHost, PingOptions{Count: 9, Interval: 20 * time.Millisecond, Wait: 200 * time.Millisecond, OnReply: func(r Reply) {
		if r.Seq == 2 {
			if err := tun.IP("link", "del", "veth0"); err != nil {
				t.Error(err)
			}
		}
	}})
	if err != nil || s.Received < 3 || s.Errors < 1 || s.Received+s.Lost+s.Errors != 9 || !errors.Is(s.LastErr, syscall.ENODEV) {
		t.Errorf("received %d, lost %d, errors %d (%v), %v", s.Received, s.Lost, s.Errors, s.LastErr, err)
	}
}

// A link whose queue is full is waited for, but of IPv6 datagram sockets, which
// Linux does not report.
func TestFullQueue(t *testing.T) {
	sockets(t, tuntest.Echo, func(t *testing.T, e *Engine) {
		slow := exec.Command("tc", "qdisc", "add", "dev", "tun0", "root", "tbf", "rate", "400kbit", "burst", "1600", "limit", "1600")
		if out, err := slow.CombinedOutput(); err != nil {
			tuntest.Without(t, fmt.Errorf("tc: %w: %s", err, out))
		}
		for _, addr := range []netip.Addr{tuntest.Far4, tuntest.Far6} {
			s, err := e.Ping(t.Context(), addr, PingOptions{Count: 100, Interval: NoInterval})
			reported := e.Socket(addr).Raw || addr.Is4()
			if err != nil || reported && s.Received != 100 || s.Received+s.Lost+s.Errors != 100 {
				t.Errorf("%s: received %d, lost %d, errors %d (%v), %v", addr, s.Received, s.Lost, s.Errors, s.LastErr, err)
			}
		}
	})
}
