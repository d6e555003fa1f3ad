package icmp

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"mailprobe/bench/tun"
	"mailprobe/bench/tun/tuntest"
)

// half answers every other address, and says of the others that they cannot be
// reached.
func half(p tun.Packet) []tun.Answer {
	switch to := p.Destination().AsSlice(); {
	case !p.IsEchoRequest():
		return nil
	case reachable(to):
		return []tun.Answer{{Packet: p.Reply()}}
	case p.IPv6():
		return []tun.Answer{{Packet: p.Fault(tuntest.Gate6, 1, 3, 0)}}
	}
	return []tun.Answer{{Packet: p.Fault(tuntest.Gate4, 3, 1, 0)}}
}

func reachable(addr []byte) bool { return addr[len(addr)-1]%2 == 0 }

// However many ICMP errors come between the answers, each address ends as it
// should, with any receive buffer. A datagram socket reports each error once
// more, in the place of what it was asked to do next.
func TestSweepHalfUnreachable(t *testing.T) {
	sockets(t, half, func(t *testing.T, e *Engine) {
		if err := tun.IP("link", "set", "tun0", "txqueuelen", "100000"); err != nil {
			t.Fatal(err)
		}
		expectHalf(t, e, "10.99.16.0", "10.99.234.255")
		expectHalf(t, e, "fd99::1:0", "fd99::1:daff")
		for _, size := range []int{1, 20_000, 100_000} {
			small := listen(t, Options{Unprivileged: !e.Socket(tuntest.Far4).Raw, ReadBuffer: size})
			expectHalf(t, small, "10.99.16.0", "10.99.23.255")
			expectHalf(t, small, "fd99::1:0", "fd99::1:7ff")
		}
	})
}

func expectHalf(t *testing.T, e *Engine, first, last string) {
	t.Helper()
	hosts := Range{netip.MustParseAddr(first), netip.MustParseAddr(last)}
	wrong, ended := map[string]int{}, map[netip.Addr]int{}
	for r := range e.Sweep(t.Context(), hosts.Addrs(), SweepOptions{}) {
		ended[r.Addr]++
		var fault *Error
		failed := r.Outcome == Failed && errors.As(r.Err, &fault) && strings.Contains(fault.Error(), "unreachable")
		if alive := reachable(r.Addr.AsSlice()); alive && r.Outcome != Received || !alive && !failed || ended[r.Addr] > 1 {
			wrong[fmt.Sprint(r.Outcome, " ", r.Err)]++
		}
	}
	if n := hosts.Count(1 << 20); len(wrong) > 0 || len(ended) != n {
		t.Errorf("receive buffer of %d: %d of %d ended, wrong %v", e.Socket(hosts.First).ReadBuffer, len(ended), n, wrong)
	}
}
