package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mailprobe/policy"
	"mailprobe/probe"
)

// dmarc finds the policy for mail that fails, and judges the record it is from.
func (q *inquiry) dmarc(ctx context.Context, s *probe.Step) error {
	found, err := q.policy(ctx)
	if err != nil {
		s.Learn(probe.Number("dmarc_queries", float64(found.Queries), probe.None))
		unknown(s, err, err.Error())
		return nil
	}
	learnDMARC(s, found)
	q.judgeAbsence(s, found)
	if found.Record != nil {
		judgeDMARC(s, q.domain, found)
	}
	return nil
}

func learnDMARC(s *probe.Step, f policy.DMARCFound) {
	if f.Record != nil {
		s.Learn(probe.Text("dmarc", f.Record.Text), probe.Text("dmarc_from", "_dmarc."+f.From))
	}
	s.Learn(probe.Text("dmarc_org", f.Org))
	if f.Policy != "" {
		s.Learn(probe.Text("dmarc_policy", string(f.Policy)))
		tag := ""
		if f.Tag != "" && f.Tag != "p" {
			tag = fmt.Sprintf(" (by %s=)", f.Tag)
		}
		s.Say(fmt.Sprintf("%s%s, from _dmarc.%s", f.Policy, tag, f.From))
	}
	s.Learn(probe.Number("dmarc_queries", float64(f.Queries), probe.None))
}

// judgeAbsence judges records that do not count, and that there is none that does.
func (q *inquiry) judgeAbsence(s *probe.Step, f policy.DMARCFound) {
	own := f.Record != nil && f.From == q.domain
	for _, domain := range f.Several {
		cause := CauseDMARCSeveral
		if f.Record != nil && domain != q.domain {
			cause = cause.As(probe.Warning)
		}
		s.RaiseFor(cause, fmt.Sprintf("_dmarc.%s has several DMARC records, so that all of them are discarded", domain))
	}
	switch {
	case own:
	case len(f.Stray) > 0:
		s.RaiseFor(CauseDMARCInvalid, fmt.Sprintf("the text at _dmarc.%s is no DMARC record, which begins with v=DMARC1; in these letters: %q", q.domain, f.Stray[0]))
	case f.Record == nil && len(f.Several) == 0:
		s.RaiseFor(CauseDMARCNone, fmt.Sprintf("there is no DMARC record for %s", q.domain))
		s.Fix = append(s.Fix, txtRecord("_dmarc."+f.Org, "v=DMARC1; p=none; rua=mailto:postmaster@"+f.Org))
	}
}

// judgeDMARC judges the record that counts.
func judgeDMARC(s *probe.Step, domain string, f policy.DMARCFound) {
	r := f.Record
	for _, err := range r.Invalid {
		s.RaiseFor(CauseDMARCInvalid, err.Error())
	}
	if r.Testing {
		s.RaiseFor(CauseDMARCWeak, "t=y: receivers are asked to be one step milder than the policy says")
	}
	if f.Policy == policy.DMARCNone {
		s.RaiseFor(CauseDMARCWeak, "the policy is none: mail that fails is delivered all the same")
	}
	for _, err := range r.Odd {
		s.RaiseFor(CauseDMARCOdd, err.Error())
	}
	if len(r.RUA) == 0 {
		s.RaiseFor(CauseDMARCUnreported, "there is no rua=: nobody reports what fails")
	}
	between := slices.DeleteFunc(slices.Clone(f.Between), func(name string) bool {
		return name == domain || len(name) <= len(f.From) || !strings.HasSuffix(domain, "."+name)
	})
	if len(between) > 0 {
		s.RaiseFor(CauseDMARCOdd, fmt.Sprintf("the record at _dmarc.%s has no effect on %s", strings.Join(between, ", _dmarc."), domain))
	}
}

// maxDestinations bounds how many destinations of reports are asked about.
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
	}
	bad := slices.DeleteFunc(slices.Clone(found.Record.Odd), func(err error) bool { return !strings.HasPrefix(err.Error(), "rua: ") })
	uris := found.Record.RUA[:min(len(found.Record.RUA), maxDestinations)]
	if len(uris) == 0 && len(bad) == 0 {
		return s.Skip("the record asks for no aggregate reports")
	}
	s.Learn(probe.Text("rua", strings.Join(uris, ",")))
	s.Say(strings.Join(uris, ", "))
	for _, err := range bad {
		s.RaiseFor(CauseReportsRefused, err.Error())
	}
	usable := q.judgeDestinations(s, policy.CheckDestinations(ctx, q.resolver, found, uris))
	if !usable && probe.Worst(s.Status, probe.OK) != probe.Unknown {
		s.RaiseFor(CauseReportsRefused.As(probe.Critical), "no report can be sent anywhere")
	}
	return nil
}

// judgeDestinations reports whether one of the destinations can be used, or may be.
func (q *inquiry) judgeDestinations(s *probe.Step, all []policy.ReportDestination) (usable bool) {
	for _, d := range all {
		switch {
		case d.Err != nil:
			usable = true
			unknown(s, d.Err, d.Err.Error())
		case d.Authorised:
			usable = true
		default:
			s.RaiseFor(CauseReportsRefused, fmt.Sprintf("%s belongs to another organization, which does not accept reports on %s: there is no record at %s", d.URI, q.domain, d.Name))
			if isHost(d.Name) {
				s.Fix = append(s.Fix, txtRecord(d.Name, "v=DMARC1"))
			}
		}
	}
	return usable
}
