package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// fakeDNS answers every look-up alike; it stalls where it has neither.
type fakeDNS struct {
	addrs []string
	err   error
	asked *string
}

func (f fakeDNS) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if f.asked != nil {
		*f.asked = network + " " + host
	}
	if f.addrs == nil && f.err == nil {
		<-ctx.Done()
		timeout := errors.Is(ctx.Err(), context.DeadlineExceeded)
		return nil, &net.DNSError{UnwrapErr: ctx.Err(), Err: ctx.Err().Error(), Name: host, IsTimeout: timeout}
	}
	var addrs []netip.Addr
	for _, a := range f.addrs {
		addrs = append(addrs, netip.MustParseAddr(a))
	}
	return addrs, f.err
}

func (f fakeDNS) LookupMX(context.Context, string) ([]*net.MX, error) { return nil, f.err }

func TestResolverFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want *Cause
		says string
	}{
		{"no such name", &net.DNSError{Err: "no such host", IsNotFound: true}, CauseNoAddress, "mx has no address in DNS"},
		{"server failure", &net.DNSError{Err: "server misbehaving", Server: "192.0.2.53:53", IsTemporary: true}, CauseResolver,
			"the resolver 192.0.2.53:53 could not answer for mx: SERVFAIL"},
		{"refused", &net.DNSError{Err: "server misbehaving"}, CauseResolverRefused, "the resolver could not answer for mx: it refuses (REFUSED)"},
		{"lame", &net.DNSError{Err: "lame referral"}, CauseResolverRefused, "it is no resolver"},
		{"no more files", &net.DNSError{Err: "dial udp 192.0.2.53:53: socket: too many open files"}, CauseMachineLimit, "too many open files"},
		{"no more ports", &net.DNSError{Err: "dial udp 192.0.2.53:53: connect: resource temporarily unavailable", IsTimeout: true}, CauseMachineLimit, "temporarily unavailable"},
		{"no network", &net.DNSError{Err: "dial udp 192.0.2.53:53: connect: network is unreachable", Server: "192.0.2.53:53"}, CauseResolver, "the resolver 192.0.2.53:53 could not answer for mx: dial udp"},
		{"time-out", &net.DNSError{Err: "i/o timeout", Server: "192.0.2.53:53", IsTimeout: true}, CauseResolverTimeout, "the resolver 192.0.2.53:53 did not answer for mx in time"},
		{"no resolver", &net.DNSError{Err: "connection refused"}, CauseResolver, "the resolver could not answer for mx: connection refused"},
		{"something else", errBroken, CauseResolver, "look-up of mx: it is broken"},
		{"wrapped", fmt.Errorf("x: %w", &net.DNSError{IsNotFound: true}), CauseNoAddress, "mx has no address"},
		{"interrupted", &net.DNSError{UnwrapErr: context.Canceled}, CauseInterrupted, "interrupted"},
		{"nothing at all", nil, CauseNoAddress, "mx has no address in DNS"},
	} {
		o := &Options{DNS: fakeDNS{addrs: []string{}, err: c.err}, Timeout: time.Second}
		r := &Result{}
		_ = r.Run("resolve", func(s *Step) error {
			_, err := o.Resolve(t.Context(), Target{Host: "mx"}, s)
			return err
		})
		s := r.Step("resolve")
		if s.Status != c.want.Status || !c.want.Is(s.Cause) || !strings.Contains(s.Detail, c.says) || s.Hint == "" {
			t.Errorf("%s: %s %s; hint: %s; cause: %v", c.name, s.Status, s.Detail, s.Hint, s.Cause)
		}
	}
}

// A name is looked up with a final dot that no error shows.
func TestAbsolute(t *testing.T) {
	o := &Options{DNS: fakeDNS{err: &net.DNSError{Err: "no such host", Name: "mx.example.org.", IsNotFound: true}}, Timeout: time.Second}
	_, err := o.Addresses(t.Context(), Target{Host: "mx.example.org"})
	var f *Failure
	if !errors.As(err, &f) || err.Error() != "mx.example.org has no address in DNS" || !strings.Contains(f.Hint, "without the search domains") {
		t.Errorf("got %v, %+v", err, f)
	}
}

// TestNoAddressOfFamily: a host without an address of one family may have another.
func TestNoAddressOfFamily(t *testing.T) {
	for want, o := range map[string]*Options{
		"mx.example.org has no IPv4 address in DNS": {IPv4: true}, "mx.example.org has no IPv6 address in DNS": {IPv6: true}, "mx.example.org has no address in DNS": {},
	} {
		for _, err := range []error{nil, &net.DNSError{Err: "no such host", Name: "mx.example.org.", IsNotFound: true}} {
			o.DNS, o.Timeout = fakeDNS{addrs: []string{}, err: err}, time.Second
			_, err := o.Addresses(t.Context(), Target{Host: "mx.example.org"})
			var f *Failure
			if !errors.As(err, &f) || err.Error() != want || !f.Cause.Is(CauseNoAddress) || strings.Contains(f.Hint, "both families") != (o.IPv4 || o.IPv6) {
				t.Errorf("got %v, %+v; want %s", err, f, want)
			}
		}
	}
}

func TestResolve(t *testing.T) {
	both := []string{"192.0.2.1", "::ffff:192.0.2.2", "2001:db8::1"}
	for _, c := range []struct {
		options Options
		target  Target
		asked   string
		want    string
	}{
		{Options{}, Target{Host: "mx"}, "ip mx", "192.0.2.1, 192.0.2.2, 2001:db8::1"},
		{Options{}, Target{Host: "mx.example.org"}, "ip mx.example.org.", "192.0.2.1, 192.0.2.2, 2001:db8::1"},
		{Options{}, Target{Host: "mx.example.org."}, "ip mx.example.org.", "192.0.2.1, 192.0.2.2, 2001:db8::1"},
		{Options{IPv4: true}, Target{Host: "mx"}, "ip4 mx", "192.0.2.1, 192.0.2.2"},
		{Options{IPv6: true}, Target{Host: "mx"}, "ip6 mx", "2001:db8::1"},
		{Options{}, Target{Host: "192.0.2.9"}, "", "192.0.2.9"},
		{Options{}, Target{Host: "fe80::1%eth0"}, "", "fe80::1%eth0"},
		{Options{}, Target{Host: "mx", Addr: netip.MustParseAddr("192.0.2.7")}, "", "192.0.2.7"},
		{Options{IPv6: true}, Target{Host: "192.0.2.9"}, "", "error"},
		{Options{IPv4: true}, Target{Host: "2001:db8::9"}, "", "error"},
	} {
		asked := ""
		c.options.DNS, c.options.Timeout = fakeDNS{addrs: both, asked: &asked}, time.Second
		s := Step{}
		addrs, err := c.options.Resolve(t.Context(), c.target, &s)
		got := joinAddrs(addrs)
		if err != nil {
			got = "error"
		}
		if got != c.want || asked != c.asked || err == nil && s.Detail != c.want {
			t.Errorf("%+v: %s (asked %q, said %q), %v; want %s", c.target, got, asked, s.Detail, err, c.want)
		}
	}
}

func TestResolverStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &Options{DNS: fakeDNS{}, Timeout: 3 * time.Second}
		begin := time.Now()
		_, err := o.Addresses(t.Context(), Target{Host: "mx"})
		var f *Failure
		if d := time.Since(begin); d != 2700*time.Millisecond || !errors.As(err, &f) || f.Status != Unknown {
			t.Errorf("after %s: %v", d, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begin = time.Now()
		_, err = o.Addresses(ctx, Target{Host: "mx"})
		if d := time.Since(begin); d != time.Second || !errors.As(err, &f) || f.Status != Unknown || err.Error() != "interrupted" {
			t.Errorf("cancelled after %s: %v", d, err)
		}
	})
}
