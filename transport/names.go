package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/probe"
)

// Resolver looks names up and validates the answers. It is the probe.Resolver of checks
// that have to know how far an answer can be relied on, or that name what is wrong in DNS.
type Resolver struct{ *dnssec.Client }

// LookupNetIP returns the addresses of a host. An error has its cause.
func (r Resolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	addrs, err := r.Client.LookupNetIP(ctx, network, host)
	if err != nil {
		return nil, ExplainLookup(ctx, r.Client, err, strings.TrimSuffix(host, "."))
	}
	return addrs, nil
}

// Lookup looks a name up. An answer that says nothing of the name is an error with its
// cause.
func Lookup(ctx context.Context, c *dnssec.Client, name string, kind dnssec.Type) (dnssec.Answer, error) {
	a, err := c.Lookup(ctx, name, kind)
	switch {
	case err != nil:
		return a, ExplainLookup(ctx, c, err, name)
	case a.Failed():
		return a, probe.Because(causeOf(a), errors.New(describe(ctx, c, a)))
	}
	return a, nil
}

// IsNoName reports whether an answer denies the name itself (NXDOMAIN).
func IsNoName(a dnssec.Answer) bool {
	return !a.Found() && (a.Denial == dnssec.NoName || a.Rcode == dnssec.NXDomain)
}

// ExplainLookup returns the cause of a failed look-up, as probe.ExplainDNS does. It knows
// more where err is of package dnssec: c is the client that returned it, which may be asked
// for the resolver's reasons.
func ExplainLookup(ctx context.Context, c *dnssec.Client, err error, name string) error {
	var failed *dnssec.LookupError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return probe.Because(probe.CauseResolverTimeout, fmt.Errorf("the resolver did not answer for %s in time", name))
	case !errors.As(err, &failed):
		return probe.ExplainDNS(err, name)
	case failed.IsTimeout && failed.Alive:
		return probe.Because(probe.CauseResolverTimeout.Advise("see whether the name servers of the domain answer; the resolver answers for other names"),
			fmt.Errorf("the resolver %s did not answer for %s in time", failed.Server, name))
	case failed.Answer.Failed():
		return probe.Because(causeOf(failed.Answer), errors.New(describe(ctx, c, failed.Answer)))
	case failed.IsNotFound && IsNoName(failed.Answer):
		return probe.Because(probe.CauseNoSuchName, fmt.Errorf("%s does not exist in DNS: the resolver %s answered NXDOMAIN", name, failed.Answer.Server))
	}
	return probe.ExplainDNS(err, name)
}

// causeOf returns the cause of an answer that says nothing of the name.
func causeOf(a dnssec.Answer) *probe.Cause {
	switch {
	case a.Status == dnssec.Bogus:
		return CauseBogus
	case a.AliasLoop && !a.IsCircle():
		return probe.CauseAliasLoop.Advise("let the name lead to its host by one alias, or none")
	case a.AliasLoop:
		return probe.CauseAliasLoop
	case a.Rcode == dnssec.ServFail:
		return probe.CauseResolver
	case a.Rcode == dnssec.Refused:
		return probe.CauseResolverRefused
	}
	return probe.CauseResolverUnable
}

// describe says what an answer was that says nothing of the name. Beside the finding that it is
// bogus stand the reasons of the resolver.
func describe(ctx context.Context, c *dnssec.Client, a dnssec.Answer) string {
	name := strings.TrimSuffix(a.Name, ".")
	switch {
	case a.Status == dnssec.Bogus:
		text := fmt.Sprintf("%s %s is bogus: %s", name, a.Type, a.Why)
		if len(a.EDE) == 0 && a.Rcode != dnssec.ServFail {
			a.EDE = c.Reasons(ctx, a.Name, a.Type)
		}
		said := dnssec.DescribeReasons(a.EDE)
		if said == "" || strings.Contains(text, said) {
			return text
		}
		return text + "; the resolver says: " + said
	case a.AliasLoop && !a.IsCircle():
		return fmt.Sprintf("%s is the first of more than %d aliases one behind the other, which resolvers do not follow to the end", name, len(a.Aliases)-1)
	case a.AliasLoop:
		return name + " is an alias that leads back to itself"
	}
	return cmp.Or(a.Why, fmt.Sprintf("the resolver answered %s for %s", a.Rcode, name))
}
