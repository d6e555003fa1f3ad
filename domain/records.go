package domain

import (
	"context"
	"fmt"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/policy"
	"mailprobe/probe"
)

// caa judges whether the exchangers can have certificates (RFC 8659).
func (q *inquiry) caa(ctx context.Context, s *probe.Step) error {
	m := q.exchangers(ctx)
	if m.err != nil {
		unknown(s, m.err, "the exchangers are not known: "+m.err.Error())
		return nil
	}
	var said []string
	for _, h := range m.hosts {
		if h.literal {
			continue
		}
		owner, records, err := q.findCAA(ctx, h.name)
		switch {
		case err != nil:
			unknown(s, err, err.Error())
		case policy.DeniesAll(records):
			s.RaiseFor(CauseCAADenies, fmt.Sprintf("the CAA records of %s let no authority issue a certificate for %s", owner, h.name))
		case len(records) > 0:
			said = append(said, fmt.Sprintf("%s by %s", h.name, owner))
		}
	}
	if len(said) == 0 && s.Status == probe.OK {
		return s.Skip("there are no CAA records: every authority may issue certificates")
	}
	s.Say(strings.Join(said, ", "))
	return nil
}

// findCAA returns the records that apply to a name: its own, or those of the nearest
// name above (RFC 8659 §3).
func (q *inquiry) findCAA(ctx context.Context, name string) (string, []policy.CAA, error) {
	for ; name != ""; _, name, _ = strings.Cut(name, ".") {
		a, err := q.answer(ctx, name, dnssec.TypeCAA)
		if err != nil {
			return name, nil, err
		}
		var all []policy.CAA
		for _, r := range dnssec.All[dnssec.CAA](a.Records) {
			all = append(all, policy.CAA{Critical: r.Critical, Tag: strings.ToLower(r.Tag), Value: r.Value})
		}
		if len(all) > 0 {
			return name, all, nil
		}
	}
	return "", nil, nil
}

// bimi judges the record of the domain's logo, which needs a policy that is enforced.
func (q *inquiry) bimi(ctx context.Context, s *probe.Step) error {
	name := "default._bimi." + q.domain
	texts, err := q.text(ctx, name, policy.IsBIMI)
	switch {
	case err != nil:
		unknown(s, err, err.Error())
		return nil
	case len(texts) == 0:
		return q.absent(s, "bimi", "there is no record at "+name)
	case len(texts) > 1:
		s.RaiseFor(CauseBIMI, fmt.Sprintf("%s has %d records, so that none of them counts", name, len(texts)))
		return nil
	}
	b, err := policy.ParseBIMI(texts[0])
	if err != nil {
		s.RaiseFor(CauseBIMI, err.Error())
		return nil
	}
	if b.Logo == "" {
		s.Say("the domain declines to show a logo")
		return nil
	}
	s.Say("logo " + b.Logo)
	if found, err := q.policy(ctx); err == nil && (found.Policy == policy.DMARCNone || found.Policy == "") {
		s.RaiseFor(CauseBIMI, "the logo is not shown, as the DMARC policy is not quarantine or reject")
	}
	return nil
}

// services are the SRV records by which mail programs find their servers (RFC 6186, RFC
// 8314 §5.1).
var services = []string{"_submission", "_submissions", "_imap", "_imaps", "_pop3", "_pop3s"}

// srv judges the SRV records of mail programs.
func (q *inquiry) srv(ctx context.Context, s *probe.Step) error {
	answers := make([]dnssec.Answer, len(services))
	errs := make([]error, len(services))
	indexes := make([]int, len(services))
	for i := range indexes {
		indexes[i] = i
	}
	sideBySide(indexes, func(i *int) {
		answers[*i], errs[*i] = q.answer(ctx, services[*i]+"._tcp."+q.domain, dnssec.TypeSRV)
	})
	found := 0
	for i, a := range answers {
		if errs[i] != nil {
			unknown(s, errs[i], errs[i].Error())
		}
		for _, record := range dnssec.All[dnssec.SRV](a.Records) {
			found++
			q.judgeService(ctx, s, services[i], record)
		}
	}
	if found == 0 && s.Status == probe.OK {
		return s.Skip("there are no SRV records for mail programs")
	}
	return nil
}

func (q *inquiry) judgeService(ctx context.Context, s *probe.Step, service string, r dnssec.SRV) {
	host := plain(r.Host)
	if host == "" {
		s.Say(service + " is not offered")
		return
	}
	s.Say(fmt.Sprintf("%s %s:%d", service, host, r.Port))
	h := mailHost{name: host}
	q.findAddresses(ctx, &h)
	switch {
	case h.err != nil:
		unknown(s, h.err, h.err.Error())
	case len(h.addrs) == 0:
		s.RaiseFor(CauseService, fmt.Sprintf("%s: %s has no address", service, host))
	case h.canonical != host:
		s.RaiseFor(CauseService, fmt.Sprintf("%s: %s is an alias (CNAME) of %s", service, host, h.canonical))
	}
}
