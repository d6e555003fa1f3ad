package smtpcheck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"mailprobe/probe"
)

// Expand finds the exchangers of a domain for --mx (RFC 5321 §5.1). A domain with
// a null MX takes no mail (RFC 7505), and nothing is connected to.
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

func (c *Check) exchangers(ctx context.Context, domain string, s *probe.Step) ([]string, error) {
	records, err := c.probe.DNS.LookupMX(ctx, domain)
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound && len(records) == 0 {
		// RFC 5321 §5.1: only a domain without any MX is its own exchanger.
		s.Say(domain + " has no MX: its own address takes the mail (implicit MX)")
		return []string{domain}, nil
	}
	if err != nil && len(records) == 0 {
		return nil, probe.ExplainDNS(err, domain)
	}
	slices.SortStableFunc(records, func(a, b *net.MX) int { return cmp.Compare(a.Pref, b.Pref) })
	var hosts, said []string
	for _, mx := range records {
		if host := strings.TrimSuffix(mx.Host, "."); host != "" {
			hosts, said = append(hosts, host), append(said, fmt.Sprintf("%d %s", mx.Pref, host))
		}
	}
	switch {
	case len(hosts) == 0:
		return nil, probe.Fail(probe.Critical, fmt.Errorf("%s takes no mail: it has a null MX (RFC 7505)", domain), "give the domain an MX record if it is to take mail")
	case len(hosts) < len(records):
		s.Raise(probe.Warning, domain+" has a null MX among others, which is void (RFC 7505 §3)", "take the null MX out of DNS")
	}
	s.Learn(probe.Text("mx", strings.Join(said, ", ")))
	s.Say(strings.Join(said, ", "))
	return hosts, nil
}
