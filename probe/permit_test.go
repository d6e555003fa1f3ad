package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
)

var errForbidden = &Failure{Status: Unknown, Cause: CauseUsage, Err: errors.New("it is forbidden")}

// permitOnly permits the addresses of a prefix.
func permitOnly(prefix string) func(netip.AddrPort) error {
	p := netip.MustParsePrefix(prefix)
	return func(to netip.AddrPort) error {
		if p.Contains(to.Addr()) {
			return nil
		}
		return errForbidden
	}
}

// fixedDNS has the same addresses for every name.
type fixedDNS []string

func (f fixedDNS) LookupNetIP(context.Context, string, string) (all []netip.Addr, err error) {
	for _, a := range f {
		all = append(all, netip.MustParseAddr(a))
	}
	return all, nil
}

func (fixedDNS) LookupMX(context.Context, string) ([]*net.MX, error) { return nil, nil }

// TestPermit: it is the address that counts, whatever the name of the target is.
func TestPermit(t *testing.T) {
	for _, tt := range []struct {
		addrs, want, says string
	}{
		{"192.0.2.1 192.0.2.2", "192.0.2.1 192.0.2.2", "192.0.2.1, 192.0.2.2"},
		{"127.0.0.1 192.0.2.2", "192.0.2.2", "left out: it is forbidden"},
		{"127.0.0.1 10.0.0.1 ::1", "", "it is forbidden, and likewise the other 2 addresses"},
		{"::ffff:127.0.0.1", "", "it is forbidden"},
	} {
		o := &Options{DNS: fixedDNS(strings.Fields(tt.addrs)), Permit: permitOnly("192.0.2.0/24")}
		s := &Step{}
		addrs, err := o.Resolve(t.Context(), Target{Host: "mx.example.org", Port: 25}, s)
		if got := strings.ReplaceAll(joinAddrs(addrs), ",", ""); got != tt.want {
			t.Errorf("of %s %s are left", tt.addrs, got)
		}
		said := s.Detail
		if err != nil {
			said = err.Error()
		}
		if f := (*Failure)(nil); !strings.Contains(said, tt.says) || err != nil && !errors.As(err, &f) {
			t.Errorf("of %s it is said %q, want %q", tt.addrs, said, tt.says)
		}
	}
}

// TestPermitDial: nothing is connected to that is not permitted, also by who does not resolve, and
// no name is.
func TestPermitDial(t *testing.T) {
	dialled := 0
	o := &Options{Permit: permitOnly("192.0.2.0/24"), Dial: func(context.Context, string, string) (net.Conn, error) {
		dialled++
		return nil, net.ErrClosed
	}}
	for _, address := range []string{"127.0.0.1:25", "[::ffff:127.0.0.1]:25", "localhost:25", "mx.example.org:25"} {
		if _, err := o.DialContext(t.Context(), "tcp", address); err == nil || dialled > 0 {
			t.Errorf("%s is connected to", address)
		}
	}
	if _, _ = o.DialContext(t.Context(), "tcp", "192.0.2.1:25"); dialled != 1 {
		t.Error("what is permitted is not connected to")
	}
}

// TestPermitResolver: a resolver that is named is an address like others.
func TestPermitResolver(t *testing.T) {
	for server, want := range map[string]error{"192.0.2.53": nil, "127.0.0.1": errForbidden, "[::1]:5353": errForbidden} {
		o := &Options{Resolver: server, Permit: permitOnly("192.0.2.0/24")}
		if err := o.prepareResolver(); err != want {
			t.Errorf("%s: %v", server, err)
		}
	}
}
