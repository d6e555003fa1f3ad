package pingcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// Every row of the table of ICMP errors is reached by each of its codes: none is
// hidden by one before it.
func TestFaultRows(t *testing.T) {
	host4, host6 := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")
	for i, row := range faultRows {
		codes := row.codes
		if codes == nil {
			codes = []int{0}
		}
		for _, code := range codes {
			e := &icmp.Error{Type: row.typ, Code: code, IPv6: row.ipv6, From: router}
			host := host4
			if row.ipv6 {
				host, e.From = host6, netip.MustParseAddr("2001:db8::1")
			}
			switch {
			case row.from == theHost:
				e.From = host
			case row.from == thisMachine && row.ipv6:
				e.From = netip.IPv6Loopback()
			case row.from == thisMachine:
				e.From = netip.AddrFrom4([4]byte{127, 0, 0, 1})
			}
			if row.ipv6 && row.from == thisMachine && !isLocal(e.From) {
				continue // there is no IPv6 here
			}
			if c, _ := faultCause(e, host); !c.Is(row.cause) || row.hint != "" && c.Hint != row.hint {
				t.Errorf("row %d: %s is taken for %s, want %s", i, e, c.Name, row.cause.Name)
			}
		}
	}
}

// What the errors of a path mean, by who sends them.
func TestFaultCauses(t *testing.T) {
	host, here := netip.MustParseAddr("192.0.2.7"), netip.AddrFrom4([4]byte{127, 0, 0, 1})
	for _, c := range []struct {
		typ, code int
		from      netip.Addr
		want      *probe.Cause
	}{
		{3, 1, router, probe.CauseUnreachable},
		{3, 1, here, CauseNeighbourSilent},
		{3, 7, router, CauseHostDown},
		{3, 0, router, CauseNetworkUnreachable},
		{3, 13, router, CauseProhibited},
		{3, 13, here, probe.CauseFirewallHere},
		{3, 3, host, CauseProhibited}, // what firewalls on hosts say by default
		{3, 4, router, CausePacketTooBig},
		{11, 0, router, CauseRoutingLoop},
		{11, 1, host, CauseFragmentsLost},
		{12, 0, router, CauseICMPError},
		{3, 99, router, CauseICMPError},
	} {
		if got, _ := faultCause(&icmp.Error{Type: c.typ, Code: c.code, From: c.from}, host); !got.Is(c.want) {
			t.Errorf("type %d code %d from %s is %s, want %s", c.typ, c.code, c.from, got.Name, c.want.Name)
		}
	}
}

// Every row of the table of errors is reached by each of its errors, wrapped as they come.
func TestErrorRows(t *testing.T) {
	host := netip.MustParseAddr("192.0.2.7")
	for i, row := range errorRows {
		for _, e := range row.errors {
			err := fmt.Errorf("probe: %w", os.NewSyscallError("sendmmsg", e))
			if row.dial {
				err = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", e)}
			}
			if c, _ := causeOf(err, host); !c.Is(row.cause) {
				t.Errorf("row %d: %v is taken for %s, want %s", i, err, c.Name, row.cause.Name)
			}
		}
	}
	for _, c := range []struct {
		err  error
		want *probe.Cause
	}{
		{&icmp.PermissionError{Raw: syscall.EPERM, Datagram: syscall.EACCES}, CauseNotPermitted},
		{&icmp.OptionError{Option: "mark", Err: syscall.EPERM}, CauseNotPermitted},
		{&net.OpError{Op: "dial", Err: context.DeadlineExceeded}, CauseNoAnswer},
		{&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, probe.CauseUnreachable},
		{syscall.EHOSTUNREACH, probe.CauseNoRoute},
		{syscall.EPERM, probe.CauseFirewallHere},
		{errors.New("what nobody knows"), CauseSendFailed},
	} {
		if got, _ := causeOf(c.err, host); !got.Is(c.want) {
			t.Errorf("%v is %s, want %s", c.err, got.Name, c.want.Name)
		}
	}
}

// What a broadcast address is follows from the networks of this machine.
func TestBroadcastOf(t *testing.T) {
	for prefix, want := range map[string]string{"10.1.2.3/24": "10.1.2.255", "10.1.2.3/30": "10.1.2.3", "10.1.2.3/31": "invalid IP", "fd00::1/64": "invalid IP", "10.1.2.3/20": "10.1.15.255"} {
		if got := broadcastOf(netip.MustParsePrefix(prefix)); got.String() != want {
			t.Errorf("%s: %s, want %s", prefix, got, want)
		}
	}
}

// A TTL that was given is too small; one that was not is enough for any path without
// a loop.
func TestTTLExceeded(t *testing.T) {
	stats := &icmp.Stats{Sent: 1, Errors: 1, LastErr: &icmp.Error{Type: 11, From: router}}
	for _, want := range []struct {
		ttl    int
		cause  *probe.Cause
		status probe.Status
	}{
		{0, CauseRoutingLoop, probe.Critical},
		{3, CauseTTLExceeded, probe.Unknown},
	} {
		c := &pingCheck{flags: flags{ttl: want.ttl}}
		c.options = &probe.Options{}
		s := &probe.Step{Status: probe.OK}
		if err := c.grading().judge(s, stats, host); err != nil || !want.cause.Is(s.Cause) || s.Status != want.status {
			t.Errorf("--ttl %d: %s %q, %v, %v, want %s", want.ttl, s.Status, s.Detail, s.Cause, err, want.cause.Name)
		}
	}
}
