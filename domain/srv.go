package domain

import (
	"context"
	"fmt"

	"mailprobe/dnssec"
	"mailprobe/probe"
)

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
	probe.SideBySide(all, func(one *service) { q.findService(ctx, one) })
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
	probe.SideBySide(one.hosts, func(h *serviceHost) {
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
		case h.at.Err != nil:
			unknown(s, h.at.Err, h.at.Err.Error())
		case len(h.at.Addrs) == 0:
			s.RaiseFor(CauseService, fmt.Sprintf("%s: %s has no address", one.name, h.name))
		case h.at.Canonical != h.name:
			s.RaiseFor(CauseService, fmt.Sprintf("%s: %s is an alias (CNAME) of %s", one.name, h.name, h.at.Canonical))
		}
	}
	if one.more > 0 {
		s.Say(fmt.Sprintf("%d more hosts of %s are not checked", one.more, one.name))
	}
}
