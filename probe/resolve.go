package probe

import (
	"context"
	"errors"
	"fmt"
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

// Resolve is the step that looks up a target's addresses, in the order in which to try
// them. A name that does not exist is Critical; a resolver that does not answer is
// Unknown.
func (o *Options) Resolve(ctx context.Context, t Target, s *Step) ([]netip.Addr, error) {
	addrs, err := o.Addresses(ctx, t)
	if err != nil {
		return nil, err
	}
	if o.Permit != nil {
		if addrs, err = o.leaveOut(addrs, t.Port, s); err != nil {
			return nil, err
		}
	}
	s.Say(joinAddrs(addrs))
	if observe := ObserverOf(ctx).Resolved; observe != nil {
		observe(addrs)
	}
	return addrs, nil
}

// Addresses returns a target's addresses.
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
	ctx, cancel := context.WithTimeout(ctx, o.StepTimeout(ctx))
	defer cancel()
	addrs, err := o.DNS.LookupNetIP(ctx, o.network(), Absolute(t.Host))
	if err != nil {
		return nil, o.explainFamily(ExplainDNS(err, t.Host))
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool { return !o.wants(a) })
	if len(addrs) == 0 {
		return nil, o.explainFamily(noAddress(t.Host, ""))
	}
	return addrs, nil
}

// explainFamily says of a host without an address of the family that was asked for that it
// may have another.
func (o *Options) explainFamily(err error) error {
	var f *Failure
	family := map[bool]string{o.IPv4: "IPv4", o.IPv6: "IPv6"}[true]
	if family == "" || !errors.As(err, &f) || !f.Cause.Is(CauseNoAddress) {
		return err
	}
	text := strings.Replace(err.Error(), " has no address", " has no "+family+" address", 1)
	return Because(f.Cause.Advise(f.Cause.Hint+"; without -4 and -6 addresses of both families are used"), errors.New(text))
}

func (o *Options) wants(a netip.Addr) bool {
	return !(o.IPv4 && !a.Is4() || o.IPv6 && a.Is4())
}

// Absolute returns a name in the form in which it must be looked up: a name with a dot in
// it ends in one, so that no search domain of /etc/resolv.conf is tried, whose wildcard
// would answer for a mistyped name (RFC 1535). A single label, such as "mx1", keeps the
// search domains. /etc/hosts is searched for both.
func Absolute(name string) string {
	if !strings.Contains(name, ".") || strings.HasSuffix(name, ".") {
		return name
	}
	return name + "."
}

func joinAddrs(addrs []netip.Addr) string {
	words := make([]string, len(addrs))
	for i, a := range addrs {
		words[i] = a.String()
	}
	return strings.Join(words, ", ")
}
