package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
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
	addrs, err := o.DNS.LookupNetIP(ctx, o.network(), Absolute(t.Host))
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

// Absolute returns a name as it is to be looked up: one with a dot in it ends in
// one, so that no search domain of /etc/resolv.conf is tried, whose wildcard would
// answer for a mistyped name (RFC 1535). A single label, such as "mx1", keeps the
// search domains. /etc/hosts is searched for both.
func Absolute(name string) string {
	if !strings.Contains(name, ".") || strings.HasSuffix(name, ".") {
		return name
	}
	return name + "."
}

// ExplainDNS finds the cause of a failed look-up of a name: that it does not exist
// is the target's failure, that the resolver could not say is not.
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
		return Because(CauseResolverTimeout, fmt.Errorf("the resolver%s did not answer for %s in time", at(dns.Server), name))
	}
	cause, what := explainAnswer(dns)
	return Because(cause, fmt.Errorf("the resolver%s could not answer for %s: %s", at(dns.Server), name, what))
}

// explainAnswer finds the cause of an answer that is none. net.Resolver has one text
// for all codes but NXDOMAIN, and takes SERVFAIL alone for temporary.
func explainAnswer(dns *net.DNSError) (*Cause, string) {
	switch {
	case dns.Err == "server misbehaving" && dns.IsTemporary:
		return CauseResolver, "SERVFAIL"
	case dns.Err == "server misbehaving":
		return CauseResolverRefused, "it refuses (REFUSED), or does not know the query (NOTIMP, FORMERR)"
	case dns.Err == "lame referral":
		return CauseResolverRefused, "it is no resolver: it refers to other servers"
	case strings.Contains(dns.Err, syscall.EMFILE.Error()), strings.Contains(dns.Err, syscall.ENFILE.Error()):
		return CauseMachineLimit, dns.Err
	case strings.Contains(dns.Err, syscall.ECONNREFUSED.Error()):
		return CauseResolver.Advise("no DNS server runs there: check /etc/resolv.conf, or ask another resolver with --resolver ADDR"), dns.Err
	}
	return CauseResolver, dns.Err
}

// noAddress is for a name that does not exist as well as for one without addresses:
// net.Resolver has one error for both.
func noAddress(name string) error {
	cause := CauseNoAddress
	if Absolute(name) != name {
		cause = cause.Advise(cause.Hint + "; a name with a dot is looked up as it stands, without the search domains of /etc/resolv.conf")
	}
	return Because(cause, fmt.Errorf("%s has no address in DNS", name))
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
