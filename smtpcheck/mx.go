package smtpcheck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"mailprobe/dnssec"
	"mailprobe/policy"
	"mailprobe/probe"
	"mailprobe/transport"
)

// Expand returns the exchangers of a domain for --mx (RFC 5321 §5.1). A domain with a
// null MX takes no mail (RFC 7505), and nothing is connected to.
func (c *Check) Expand(ctx context.Context, t probe.Target, r *probe.Result) (targets []probe.Target, err error) {
	if !c.MX {
		return []probe.Target{t}, nil
	}
	err = r.Run("mx", func(s *probe.Step) error {
		hosts, err := c.exchangers(ctx, t, s)
		targets = c.targetsOf(ctx, t, hosts, s)
		return err
	})
	return targets, err
}

// exchangers looks up the MX records of a domain and grades them. That there are none is
// not known by a look-up that failed.
func (c *Check) exchangers(ctx context.Context, t probe.Target, s *probe.Step) ([]string, error) {
	domain := strings.TrimSuffix(t.Host, ".")
	if _, err := netip.ParseAddr(domain); err == nil {
		s.Say("an address has no MX: it takes the mail itself")
		return []string{domain}, nil
	}
	// The name is absolute: no search domain may answer for a mistyped one (RFC 1535).
	records, err := c.probe.DNS.LookupMX(ctx, domain+".")
	switch {
	case err != nil && isNotFound(err):
		return c.implicit(ctx, t, err, s)
	case err != nil:
		return nil, c.explain(ctx, err, domain)
	}
	slices.SortStableFunc(records, func(a, b *net.MX) int { return cmp.Compare(a.Pref, b.Pref) })
	return c.gradeMX(domain, records, s)
}

func isNotFound(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

// implicit returns the domain as its own exchanger, as it has no MX (RFC 5321 §5.1). One
// that DNS denies can still have an address in /etc/hosts.
func (c *Check) implicit(ctx context.Context, t probe.Target, err error, s *probe.Step) ([]string, error) {
	var failed *dnssec.LookupError
	if errors.As(err, &failed) && transport.IsNoName(failed.Answer) {
		if _, err := c.probe.Addresses(ctx, t); err != nil {
			return nil, err
		}
	}
	domain := strings.TrimSuffix(t.Host, ".")
	s.Say(domain + " has no MX: its own address takes the mail (implicit MX)")
	return []string{domain}, nil
}

// explain returns the cause of a failed look-up.
func (c *Check) explain(ctx context.Context, err error, name string) error {
	if resolver, ok := c.probe.DNS.(transport.Resolver); ok {
		return transport.ExplainLookup(ctx, resolver.Client, err, name)
	}
	return probe.ExplainDNS(err, name)
}

// gradeMX reports faults of the records, which are in order of preference, and returns
// the hosts to check.
func (c *Check) gradeMX(domain string, records []*net.MX, s *probe.Step) (hosts []string, err error) {
	var said, bad []string
	null := false
	for _, mx := range records {
		host := strings.TrimSuffix(mx.Host, ".")
		said = append(said, fmt.Sprintf("%d %s", mx.Pref, cmp.Or(host, ".")))
		switch {
		case host == "":
			null = true
		case isNoExchanger(host):
			bad = append(bad, host)
		case !slices.Contains(hosts, host):
			hosts = append(hosts, host)
		}
	}
	s.Learn(probe.Text("mx", strings.Join(said, ", ")))
	if null && len(records) == 1 {
		return nil, probe.Because(CauseNullMX, fmt.Errorf("%s takes no mail: it has a null MX (RFC 7505)", domain))
	}
	s.Say(strings.Join(said, ", "))
	if null {
		s.RaiseFor(CauseNullMX.Advise("take the null MX out of DNS"), domain+" has a null MX beside others (RFC 7505 §3): there are senders that then deliver nothing, such as Postfix")
	}
	switch fault := fmt.Sprintf("no mail gets to %s, which is no name of a host that others can look up", strings.Join(bad, ", ")); {
	case len(bad) > 0 && len(hosts) == 0:
		return nil, probe.Because(CauseBadMX.As(probe.Critical), errors.New(fault))
	case len(bad) > 0:
		s.RaiseFor(CauseBadMX, fault)
	}
	return hosts, nil
}

// isNoExchanger reports whether an MX record holds what other hosts cannot look up: an
// address, which is no name (RFC 1035 §3.3.9), the machine itself (RFC 6761 §6.3), or what
// cannot be the name of a host, such as one with a blank in it.
func isNoExchanger(host string) bool {
	_, err := netip.ParseAddr(host)
	name := strings.ToLower(host)
	return err == nil || !policy.IsHost(name) || policy.IsLocalhost(name)
}

const (
	// maxAliases bounds how many exchangers are checked for being aliases, and aliasTime
	// how long that may take, as it is not what the check is for.
	maxAliases = 16
	aliasTime  = 3 * time.Second
)

// raiseAliases reports exchangers whose names are aliases, if the resolver supports that.
func (c *Check) raiseAliases(ctx context.Context, hosts []string, s *probe.Step) {
	resolver, ok := c.probe.DNS.(interface {
		LookupCNAME(ctx context.Context, host string) (string, error)
	})
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, aliasTime)
	defer cancel()
	hosts = hosts[:min(len(hosts), maxAliases)]
	canonical := slices.Clone(hosts)
	probe.SideBySide(canonical, func(host *string) {
		name, err := resolver.LookupCNAME(ctx, *host+".")
		if name = strings.TrimSuffix(name, "."); err == nil && strings.Contains(name, ".") {
			*host = name
		}
	})
	for i, host := range hosts {
		if name := canonical[i]; !strings.EqualFold(name, host) {
			s.RaiseFor(CauseAliasMX, fmt.Sprintf("the exchanger %s is an alias (CNAME) of %s", host, name))
		}
	}
}
