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
	"sync"
	"time"

	"mailprobe/probe"
)

// Expand returns the exchangers of a domain for --mx (RFC 5321 §5.1). A domain with a
// null MX takes no mail (RFC 7505), and nothing is connected to.
func (c *Check) Expand(ctx context.Context, t probe.Target, r *probe.Result) (targets []probe.Target, err error) {
	if !c.MX {
		return []probe.Target{t}, nil
	}
	err = r.Run("mx", func(s *probe.Step) error {
		hosts, err := c.exchangers(ctx, t.Host, s)
		for _, host := range hosts {
			x := t
			x.Host, x.Text = host, host
			targets = append(targets, x)
		}
		return err
	})
	return targets, err
}

// exchangers looks up the MX records of a domain and grades them.
func (c *Check) exchangers(ctx context.Context, domain string, s *probe.Step) ([]string, error) {
	// The name is absolute: no search domain may answer for a mistyped one (RFC 1535).
	records, err := c.probe.DNS.LookupMX(ctx, strings.TrimSuffix(domain, ".")+".")
	var dns *net.DNSError
	switch malformed := errors.As(err, &dns) && strings.Contains(dns.Err, invalidNames); {
	case malformed && len(records) == 0:
		return nil, probe.Because(CauseBadMX.As(probe.Critical), fmt.Errorf("%s takes no mail: %s", domain, noHostNames))
	case malformed:
		s.RaiseFor(CauseBadMX, noHostNames)
	case dns != nil && dns.IsNotFound && len(records) == 0:
		// RFC 5321 §5.1: only a domain without any MX is its own exchanger.
		s.Say(domain + " has no MX: its own address takes the mail (implicit MX)")
		return []string{domain}, nil
	case err != nil && len(records) == 0:
		return nil, probe.ExplainDNS(err, domain)
	}
	slices.SortStableFunc(records, func(a, b *net.MX) int { return cmp.Compare(a.Pref, b.Pref) })
	return c.gradeMX(ctx, domain, records, s)
}

// net.Resolver leaves out records whose name cannot be that of a host, such as one
// with a blank in it, and returns the others together with this error.
const (
	invalidNames = "invalid names"
	noHostNames  = "there is an MX record whose name cannot be that of a host, such as one with a blank in it"
)

// gradeMX reports faults of the records, which are in order of preference, and returns
// the hosts to check.
func (c *Check) gradeMX(ctx context.Context, domain string, records []*net.MX, s *probe.Step) (hosts []string, err error) {
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
	c.raiseAliases(ctx, hosts, s)
	return hosts, nil
}

// isNoExchanger reports whether an MX record holds what other hosts cannot look up: an
// address, which is no name (RFC 1035 §3.3.9), or the machine itself (RFC 6761 §6.3).
func isNoExchanger(host string) bool {
	_, err := netip.ParseAddr(host)
	name := strings.ToLower(host)
	return err == nil || name == "localhost" || name == "localhost.localdomain" || strings.HasSuffix(name, ".localhost")
}

const (
	// maxAliases bounds how many exchangers are checked for being aliases, and aliasTime
	// how long that may take, as it is not what the check is for.
	maxAliases = 16
	aliasTime  = 3 * time.Second
)

// raiseAliases reports exchangers whose names are aliases, if the resolver supports that,
// as net.Resolver does.
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
	canonical := make([]string, len(hosts))
	var all sync.WaitGroup
	for i, host := range hosts {
		all.Go(func() {
			name, err := resolver.LookupCNAME(ctx, host+".")
			if name = strings.TrimSuffix(name, "."); err == nil && strings.Contains(name, ".") {
				canonical[i] = name
			}
		})
	}
	all.Wait()
	for i, host := range hosts {
		if name := canonical[i]; name != "" && !strings.EqualFold(name, host) {
			s.RaiseFor(CauseAliasMX, fmt.Sprintf("the exchanger %s is an alias (CNAME) of %s", host, name))
		}
	}
}
