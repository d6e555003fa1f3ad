package domain

import (
	"context"
	"fmt"
	"strings"
	"sync"

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
	all := make([]issuing, len(m.hosts))
	for i, h := range m.hosts {
		all[i].host = h
	}
	sideBySide(all, func(one *issuing) { q.findCAA(ctx, one) })
	var said []string
	for _, one := range all {
		switch {
		case one.err != nil:
			unknown(s, one.err, one.err.Error())
		case policy.DeniesAll(one.records):
			s.RaiseFor(CauseCAADenies, fmt.Sprintf("the CAA records of %s let no authority issue a certificate for %s", one.owner, one.host.name))
		case len(one.records) > 0:
			said = append(said, fmt.Sprintf("%s by %s", one.host.name, one.owner))
		}
	}
	if len(said) == 0 && s.Status == probe.OK {
		return s.Skip("there are no CAA records: every authority may issue certificates")
	}
	s.Say(strings.Join(said, ", "))
	return nil
}

// issuing is who may issue certificates for an exchanger.
type issuing struct {
	host    mailHost
	owner   string // of the records
	records []policy.CAA
	err     error
}

// findCAA finds the records that apply to an exchanger: its own, or those of the nearest
// name above (RFC 8659 §3). All the names are asked for at once.
func (q *inquiry) findCAA(ctx context.Context, one *issuing) {
	if one.host.literal {
		return
	}
	names := upwards(one.host.name)
	answers, errs := make(map[string]dnssec.Answer), make(map[string]error)
	var mutex sync.Mutex
	sideBySide(names, func(name *string) {
		a, err := q.answer(ctx, *name, dnssec.TypeCAA)
		mutex.Lock()
		defer mutex.Unlock()
		answers[*name], errs[*name] = a, err
	})
	for _, name := range names {
		for _, r := range dnssec.All[dnssec.CAA](answers[name].Records) {
			one.records = append(one.records, policy.CAA{Critical: r.Critical, Tag: strings.ToLower(r.Tag), Value: r.Value})
		}
		if one.owner, one.err = name, errs[name]; one.err != nil || len(one.records) > 0 {
			return
		}
	}
}

// maxLabels bounds how many names above one are asked about.
const maxLabels = 8

// upwards are a name and those above it, without the root.
func upwards(name string) (all []string) {
	for ; name != "" && len(all) < maxLabels; _, name, _ = strings.Cut(name, ".") {
		all = append(all, name)
	}
	return all
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
