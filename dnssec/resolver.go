package dnssec

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// LookupNetIP returns the addresses of a host like that method of net.Resolver: network
// is "ip", "ip4" or "ip6". Addresses of /etc/hosts come first where the client asks the
// system's resolvers; then a name of one label is looked up with the search domains of
// /etc/resolv.conf too. What is bogus is an error; what is not signed is not. An error
// is a *LookupError.
func (c *Client) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	c.once.Do(c.prepare)
	kinds := map[string][]Type{"ip4": {TypeA}, "ip6": {TypeAAAA}}[network]
	if kinds == nil {
		kinds = []Type{TypeA, TypeAAAA}
	}
	if addrs := c.local(host, kinds); len(addrs) > 0 && c.fileOf(canonical(host), TypeA) == nil {
		return addrs, nil
	}
	var err error
	for _, name := range c.searched(host) {
		var addrs []netip.Addr
		if addrs, err = c.addresses(ctx, name, kinds); err == nil {
			return addrs, nil
		}
		var dnsErr *net.DNSError
		if !errors.As(err, &dnsErr) || !dnsErr.IsNotFound {
			break
		}
	}
	return nil, err
}

// addresses looks both families up at once. It fails where one does and the other has
// none: there may be addresses still.
func (c *Client) addresses(ctx context.Context, name string, kinds []Type) ([]netip.Addr, error) {
	type result struct {
		answer Answer
		err    error
	}
	results := make([]chan result, len(kinds))
	for i, kind := range kinds {
		results[i] = make(chan result, 1)
		go func() {
			a, err := c.usable(ctx, name, kind)
			results[i] <- result{a, err}
		}()
	}
	var addrs []netip.Addr
	var failed error
	for _, one := range results {
		r := <-one
		addrs = append(addrs, All[netip.Addr](r.answer.Records)...)
		if failed == nil || r.err != nil && isNotFound(failed) {
			failed = cmp.Or(r.err, failed)
		}
	}
	if len(addrs) > 0 {
		return addrs, nil
	}
	return nil, failed
}

// usable looks up what is to be used: it fails where there are no records.
func (c *Client) usable(ctx context.Context, name string, kind Type) (Answer, error) {
	a, err := c.Lookup(ctx, name, kind)
	if err == nil {
		err = a.failure()
	}
	if err != nil {
		return Answer{}, err
	}
	return a, nil
}

// failure returns the error that an answer without usable records is. Its words for
// the cases that net.Resolver knows are those of net.Resolver.
func (a Answer) failure() error {
	e := &net.DNSError{Name: show(a.Name), Server: a.Server}
	switch {
	case a.Status == Bogus:
		e.Err, e.IsTemporary = "bogus by DNSSEC: "+a.Why, true
	case a.AliasLoop && !a.IsCircle():
		e.Err = "an alias behind which there are too many others"
	case a.AliasLoop:
		e.Err = "an alias that leads back to itself"
	case a.Rcode == ServFail:
		e.Err, e.IsTemporary = "server misbehaving", true
		if len(a.EDE) > 0 {
			e.Err = "SERVFAIL: " + reasons(a.EDE)
		}
	case a.Failed():
		e.Err = "server misbehaving"
	case !a.Found():
		e.Err, e.IsNotFound = "no such host", true
	default:
		return nil
	}
	return &LookupError{DNSError: e, Answer: a}
}

func isNotFound(err error) bool {
	var dnsErr *net.DNSError
	return errors.As(err, &dnsErr) && dnsErr.IsNotFound
}

// LookupMX returns the exchangers of a domain by preference, like that method of
// net.Resolver, but with names of any kind: what cannot be a host's is the caller's to
// judge. An error is a *LookupError.
func (c *Client) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	a, err := c.usable(ctx, name, TypeMX)
	if err != nil {
		return nil, err
	}
	var all []*net.MX
	for _, mx := range All[MX](a.Records) {
		all = append(all, &net.MX{Host: mx.Host, Pref: mx.Preference})
	}
	slices.SortStableFunc(all, func(a, b *net.MX) int { return cmp.Compare(a.Pref, b.Pref) })
	return all, nil
}

// LookupCNAME returns the name that a host's addresses stand at, like that method of
// net.Resolver: the name itself if it is no alias.
func (c *Client) LookupCNAME(ctx context.Context, host string) (string, error) {
	a, err := c.usable(ctx, host, TypeA)
	if isNotFound(err) {
		a, err = c.usable(ctx, host, TypeAAAA)
	}
	return a.Canonical, err
}

// LookupAddr returns the names of an address, like that method of net.Resolver.
func (c *Client) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	name, err := dns.ReverseAddr(addr)
	if err != nil {
		return nil, &net.DNSError{Err: "not an address", Name: addr}
	}
	a, err := c.usable(ctx, name, TypePTR)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, host := range All[Host](a.Records) {
		names = append(names, string(host))
	}
	return names, nil
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, errTryTCP) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout()
}

// searched returns the names to look up for one of one label.
func (c *Client) searched(host string) []string {
	if strings.Contains(host, ".") || len(c.options.Servers) > 0 {
		return []string{host}
	}
	system, err := c.system()
	if err != nil {
		return []string{host}
	}
	return system.candidates(host)
}
