package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mailprobe/policy"
	"mailprobe/probe"
)

// maxDestinations bounds how many destinations of reports are asked about, each of which
// takes up to nine questions.
const maxDestinations = 8

// dmarcReports checks whether the reports that the record asks for can be sent.
func (q *inquiry) dmarcReports(ctx context.Context, s *probe.Step) error {
	found, err := q.policy(ctx)
	switch {
	case err != nil:
		unknown(s, err, "the DMARC record is not known: "+err.Error())
		return nil
	case found.Record == nil:
		return s.Skip("there is no DMARC record")
	case len(found.Record.RUA)+len(found.Record.Unusable) == 0:
		return s.Skip("the record asks for no aggregate reports")
	}
	var all []string
	for _, uri := range found.Record.RUA {
		if !slices.Contains(all[:min(len(all), maxDestinations+1)], uri) {
			all = append(all, uri)
		}
	}
	uris := all[:min(len(all), maxDestinations)]
	s.Learn(probe.Text("rua", strings.Join(uris, ",")))
	s.Say(strings.Join(uris, ", "))
	raiseEach(s, CauseReportsRefused, "", found.Record.Unusable)
	usable := q.judgeDestinations(s, q.askDestinations(ctx, found, uris))
	if rest := len(all) - len(uris); rest > 0 {
		s.Say(fmt.Sprintf("%d more destinations are not checked", rest))
		usable = true // for all that is known
	}
	if !usable {
		s.RaiseFor(CauseReportsRefused.As(probe.Critical), "no report can be sent anywhere")
	}
	return nil
}

// destination is a destination of reports, and whether mail gets there.
type destination struct {
	policy.ReportDestination
	uri  string
	dead string // why no mail gets there
	bare bool   // and that is for want of an address alone
	err  error  // of the look-ups for that
}

// askDestinations asks about all destinations at once.
func (q *inquiry) askDestinations(ctx context.Context, found policy.DMARCFound, uris []string) []destination {
	all := make([]destination, len(uris))
	for i, uri := range uris {
		all[i].uri = uri
	}
	probe.SideBySide(all, func(d *destination) {
		host := policy.ReportHost(d.uri)
		own := host == q.domain || host == found.From
		ahead := []func(){func() { d.dead, d.bare, d.err = q.takesMail(ctx, host) }, func() { q.askDMARC(ctx, host) }}
		if host != found.Org && !strings.HasSuffix(host, "."+found.Org) { // as a rule external
			ahead = append(ahead, func() { _, _ = q.TXT(ctx, policy.ReportName(found.From, host)) })
		}
		probe.Together(ahead...)
		d.ReportDestination = policy.CheckDestination(ctx, q.resolver, found, d.uri)
		if own {
			d.err = nil
		}
		if d.bare && (own || !d.External) {
			d.dead = ""
		}
	})
	return all
}

// takesMail says why a domain can take no mail; empty if it may. bare is set where only an
// address is missing: among the hosts of the domain's own organization that is for step mx
// to say.
func (q *inquiry) takesMail(ctx context.Context, domain string) (dead string, bare bool, err error) {
	other := &inquiry{Check: q.Check, resolver: q.resolver, domain: domain}
	m := other.findExchangers(ctx)
	switch {
	case m.err != nil:
		return "", false, m.err
	case isNoName(m.answer):
		return domain + " does not exist", false, nil
	case m.null && len(m.hosts) == 0:
		return domain + " takes no mail (null MX)", false, nil
	}
	for _, h := range m.hosts {
		if len(h.at.Addrs) > 0 || h.at.Err != nil {
			return "", false, nil
		}
	}
	return domain + " has no exchanger with an address", true, nil
}

// judgeDestinations reports whether one of the destinations can be used, or may be.
func (q *inquiry) judgeDestinations(s *probe.Step, all []destination) (usable bool) {
	for _, d := range all {
		usable = usable || d.Err != nil || d.Authorised
		switch {
		case d.Err != nil:
			unknown(s, d.Err, d.Err.Error())
		case !d.Authorised:
			q.refuse(s, d.ReportDestination)
		case d.err != nil:
			unknown(s, d.err, fmt.Sprintf("whether %s takes mail is not known: %v", d.Host, d.err))
		case d.dead != "":
			s.RaiseFor(CauseReportsUndeliverable, fmt.Sprintf("%s: %s", d.URI, d.dead))
		case len(d.Instead) > 0:
			s.Say(fmt.Sprintf("%s has reports sent to %s instead", d.Host, strings.Join(d.Instead[:min(len(d.Instead), maxDestinations)], ", ")))
		}
	}
	return usable
}

// refuse raises the step for a destination that does not accept the reports.
func (q *inquiry) refuse(s *probe.Step, d policy.ReportDestination) {
	if len(d.Instead) > 0 {
		s.RaiseFor(CauseReportsRefused, fmt.Sprintf("%s: the record at %s names a destination at another host instead, so that none is used", d.URI, d.Name))
		return
	}
	s.RaiseFor(CauseReportsRefused, fmt.Sprintf("%s belongs to another organization, which does not accept these reports: %s would have to publish a record at %s", d.URI, d.Host, d.Name))
	if isHost(d.Name) {
		s.Fix = append(s.Fix, txtRecord(d.Name, "v=DMARC1"))
	}
}
