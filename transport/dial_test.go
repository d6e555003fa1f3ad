package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"mailprobe/probe"
	"mailprobe/wire"
)

// dialled is a step that connects where each address fails with an error; one without is
// connected to.
func dialled(t *testing.T, port uint16, source string, errs ...error) *probe.Step {
	t.Helper()
	addrs := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.2")}[:len(errs)]
	next := 0
	o := &probe.Options{Timeout: probe.DefaultTimeout, Source: source}
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		err := errs[next]
		next++
		if err == nil {
			near, _ := net.Pipe()
			return near, nil
		}
		if errors.Is(err, context.DeadlineExceeded) {
			<-ctx.Done()
		}
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", err)}
	}
	r := &probe.Result{Transcript: &wire.Transcript{}}
	l := NewLink(t.Context(), o, &Options{}, probe.Target{Host: "mx", Port: port}, r)
	defer l.Close()
	l.addrs = addrs
	_ = r.Run("connect", l.Connect)
	return r.Step("connect")
}

func TestConnectFails(t *testing.T) {
	const refused, noRoute, emfile, notAvailable = syscall.ECONNREFUSED, syscall.ENETUNREACH, syscall.EMFILE, syscall.EADDRNOTAVAIL
	for _, test := range []struct {
		errs   []error
		source string
		cause  *probe.Cause
		status probe.Status
		says   string
		hint   string
	}{
		{[]error{refused}, "", CauseRefused, probe.Critical, "192.0.2.1:25: connection refused", "listens on this port"},
		{[]error{context.DeadlineExceeded}, "", CauseTimeout, probe.Critical, "192.0.2.1:25: no answer within 29.0 s", "many networks block port 25"},
		{[]error{syscall.EHOSTUNREACH}, "", probe.CauseUnreachable, probe.Critical, "no route to the host", "host is up"},
		{[]error{syscall.EACCES}, "", probe.CauseFirewallHere, probe.Unknown, "does not permit the connection: permission denied", "firewall"},
		{[]error{emfile}, "", probe.CauseMachineLimit, probe.Unknown, "no room for another connection: too many open files", "ulimit -n"},
		{[]error{syscall.ENFILE}, "", probe.CauseMachineLimit, probe.Unknown, "too many open files in system", "--jobs"},
		{[]error{syscall.ENOBUFS}, "", probe.CauseMachineLimit, probe.Unknown, "no buffer space", "--jobs"},
		{[]error{notAvailable}, "", probe.CauseMachineLimit, probe.Unknown, "cannot assign", "ip_local_port_range"},
		{[]error{syscall.EADDRINUSE}, "192.0.2.99", probe.CauseMachineLimit, probe.Unknown, "address already in use", "ip_local_port_range"},
		{[]error{syscall.ENOMEM}, "", probe.CauseMachineLimit, probe.Unknown, "cannot allocate memory", "no memory left"},
		{[]error{notAvailable}, "192.0.2.99", probe.CauseNoRoute, probe.Unknown, "cannot assign", "--source"},
		{[]error{noRoute}, "", probe.CauseNoRoute, probe.Unknown, "this machine has no way there: network is unreachable", "-4 or -6"},
		{[]error{syscall.EPROTONOSUPPORT}, "", CauseConnectFailed, probe.Unknown, "protocol not supported", "operating system"},
		// A family that this machine has no way to says nothing about the server.
		{[]error{refused, noRoute}, "", CauseRefused, probe.Critical, "192.0.2.1:25: connection refused", "listens"},
		{[]error{refused, notAvailable}, "", CauseRefused, probe.Critical, "192.0.2.1:25: connection refused", "listens"},
		{[]error{noRoute, noRoute}, "", probe.CauseNoRoute, probe.Unknown, "192.0.2.1:25: this machine has no way there: network is unreachable; [2001:db8::1]:25", "-4 or -6"},
		// The worst of the rest counts, and the others are named.
		{[]error{syscall.EPERM, noRoute, refused}, "", CauseRefused, probe.Critical, "192.0.2.1:25: this machine does not permit the connection: operation not permitted; 192.0.2.2:25: connection refused", "listens"},
		// Another address answers.
		{[]error{refused, nil}, "", CauseAddressDown, probe.Warning, "not to 192.0.2.1:25: connection refused", "all of its addresses"},
		{[]error{noRoute, nil}, "", nil, probe.OK, "connected to", ""},
		{[]error{syscall.EPERM, nil}, "", probe.CauseFirewallHere, probe.Warning, "not to 192.0.2.1:25: this machine does not permit", "firewall"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := dialled(t, 25, test.source, test.errs...)
			if s.Status != test.status || !sameCause(s.Cause, test.cause) || !strings.Contains(s.Detail, test.says) || !strings.Contains(s.Hint, test.hint) {
				t.Errorf("%v: got %s %q, hint %q, cause %v", test.errs, s.Status, s.Detail, s.Hint, s.Cause)
			}
			if strings.Contains(s.Detail, "2001:db8::1") && test.cause.Is(CauseRefused) {
				t.Errorf("%v: the address of the family without a way is named: %q", test.errs, s.Detail)
			}
		})
	}
}

func TestSilenceOnOtherPorts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if s := dialled(t, 587, "", context.DeadlineExceeded); strings.Contains(s.Hint, "25") {
			t.Errorf("port 25 is spoken of: %q", s.Hint)
		}
	})
}
