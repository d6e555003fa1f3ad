package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Network is the family that the options leave, as net.Resolver names it.
func (o *Options) network() string {
	switch {
	case o.IPv4:
		return "ip4"
	case o.IPv6:
		return "ip6"
	}
	return "ip"
}

// Resolve is the step that finds a target's addresses, in the order they are to
// be tried. A name that does not exist is Critical; a resolver that does not
// answer is Unknown.
func (o *Options) Resolve(ctx context.Context, t Target, s *Step) ([]netip.Addr, error) {
	addrs, err := o.Addresses(ctx, t)
	if err != nil {
		return nil, err
	}
	s.Say(joinAddrs(addrs))
	return addrs, nil
}

// Addresses finds a target's addresses.
func (o *Options) Addresses(ctx context.Context, t Target) ([]netip.Addr, error) {
	addr := t.Addr
	if !addr.IsValid() {
		addr, _ = netip.ParseAddr(t.Host)
	}
	if addr.IsValid() {
		if !o.wants(addr) {
			return nil, Because(CauseWrongFamily, fmt.Errorf("%s is not an address of the family that was asked for", addr))
		}
		return []netip.Addr{addr}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, o.StepTimeout())
	defer cancel()
	addrs, err := o.DNS.LookupNetIP(ctx, o.network(), t.Host)
	if err != nil {
		return nil, ExplainDNS(err, t.Host)
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool { return !o.wants(a) })
	if len(addrs) == 0 {
		return nil, noAddress(t.Host)
	}
	return addrs, nil
}

func (o *Options) wants(a netip.Addr) bool {
	return !(o.IPv4 && !a.Is4() || o.IPv6 && a.Is4())
}

// ExplainDNS grades a failed look-up of a name: that it does not exist is the
// target's failure, that the resolver could not say is not.
func ExplainDNS(err error, name string) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return Because(CauseInterrupted, errors.New("interrupted"))
	case !errors.As(err, &dns):
		return Because(CauseResolver, fmt.Errorf("look-up of %s: %w", name, err))
	case dns.IsNotFound:
		return noAddress(name)
	case dns.IsTimeout:
		return Because(CauseResolver, fmt.Errorf("the resolver%s did not answer for %s in time", at(dns.Server), name))
	}
	return Because(CauseResolver, fmt.Errorf("the resolver%s could not answer for %s: %s", at(dns.Server), name, dns.Err))
}

func noAddress(name string) error {
	return Because(CauseNoAddress, fmt.Errorf("%s has no address in DNS", name))
}

func at(server string) string {
	if server == "" {
		return ""
	}
	return " " + server
}

func joinAddrs(addrs []netip.Addr) string {
	words := make([]string, len(addrs))
	for i, a := range addrs {
		words[i] = a.String()
	}
	return strings.Join(words, ", ")
}
