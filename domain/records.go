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

// maxLabels bounds how many names are asked about, a name and those above it.
const maxLabels = 20

// upwards are a name and those above it, without the root.
func upwards(name string) (all []string) {
	for ; name != "" && len(all) < maxLabels; _, name, _ = strings.Cut(name, ".") {
		all = append(all, name)
	}
	return all
}

// services are the SRV records by which mail programs find their servers (RFC 6186, RFC
// 8314 §5.1).
var services = []string{"_submission", "_submissions", "_imap", "_imaps", "_pop3", "_pop3s"}

// maxTargets bounds how many hosts of one service are looked up.
const maxTargets = 8

// service is a service and the hosts that offer it.
type service struct {
	name  string
	hosts []serviceHost
	more  int // those that are not looked up
	err   error
}

// serviceHost is a host of a service; its name is empty where nobody offers it.
type serviceHost struct {
	mailHost
	port uint16
}

// srv judges the SRV records of mail programs.
func (q *inquiry) srv(ctx context.Context, s *probe.Step) error {
	all := make([]service, len(services))
	for i, name := range services {
		all[i].name = name
	}
	sideBySide(all, func(one *service) { q.findService(ctx, one) })
	found := 0
	for _, one := range all {
		found += len(one.hosts)
		judgeService(s, one)
	}
	if found == 0 && s.Status == probe.OK {
		return s.Skip("there are no SRV records for mail programs")
	}
	return nil
}

// findService looks up the hosts of a service, and their addresses.
func (q *inquiry) findService(ctx context.Context, one *service) {
	answer, err := q.answer(ctx, one.name+"._tcp."+q.domain, dnssec.TypeSRV)
	one.err = err
	records := dnssec.All[dnssec.SRV](answer.Records)
	one.more = max(0, len(records)-maxTargets)
	for _, r := range records[:len(records)-one.more] {
		one.hosts = append(one.hosts, serviceHost{mailHost{name: plain(r.Host)}, r.Port})
	}
	sideBySide(one.hosts, func(h *serviceHost) {
		if h.name != "" {
			q.findAddresses(ctx, &h.mailHost)
		}
	})
}

func judgeService(s *probe.Step, one service) {
	if one.err != nil {
		unknown(s, one.err, one.err.Error())
	}
	for _, h := range one.hosts {
		if h.name == "" { // RFC 6186 §3.4
			s.Say(one.name + " is not offered")
			continue
		}
		s.Say(fmt.Sprintf("%s %s:%d", one.name, h.name, h.port))
		switch {
		case h.err != nil:
			unknown(s, h.err, h.err.Error())
		case len(h.addrs) == 0:
			s.RaiseFor(CauseService, fmt.Sprintf("%s: %s has no address", one.name, h.name))
		case h.canonical != h.name:
			s.RaiseFor(CauseService, fmt.Sprintf("%s: %s is an alias (CNAME) of %s", one.name, h.name, h.canonical))
		}
	}
	if one.more > 0 {
		s.Say(fmt.Sprintf("%d more hosts of %s are not checked", one.more, one.name))
	}
}
