package domain

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"mailprobe/internal/cut"
	"mailprobe/policy"
	"mailprobe/probe"
)

// dmarc finds the policy for mail that fails, and judges the record it is from.
func (q *inquiry) dmarc(ctx context.Context, s *probe.Step) error {
	found, err := q.policy(ctx)
	learnDMARC(s, found)
	if err == nil || found.Record != nil {
		q.judgeAbsence(ctx, s, found)
	}
	if found.Record != nil {
		q.judgeDMARC(ctx, s, found)
	}
	if err != nil {
		unknown(s, err, err.Error())
	}
	return nil
}

// findPolicy finds the policy. The walk asks name by name; asked for at once the names
// take one round trip.
func (q *inquiry) findPolicy(ctx context.Context) dmarcOutcome {
	q.askDMARC(ctx, q.domain)
	found, err := policy.DiscoverDMARC(ctx, q.resolver, q.domain)
	return dmarcOutcome{found, err}
}

// dmarcOutcome is what the search for the policy has come to.
type dmarcOutcome struct {
	policy.DMARCFound
	err error
}

// askDMARC asks ahead for the records that a walk from a domain looks at.
func (q *inquiry) askDMARC(ctx context.Context, domain string) {
	names := policy.DMARCNames(domain)
	probe.SideBySide(names, func(name *string) { _, _ = q.TXT(ctx, *name) })
}

func learnDMARC(s *probe.Step, f policy.DMARCFound) {
	if f.Record != nil {
		s.Learn(probe.Text("dmarc", f.Record.Text), probe.Text("dmarc_from", "_dmarc."+f.From))
	}
	if f.Org != "" {
		s.Learn(probe.Text("dmarc_org", f.Org))
	}
	if f.Policy != "" {
		s.Learn(probe.Text("dmarc_policy", string(f.Policy)))
		tag := ""
		if f.Tag != "p" {
			tag = fmt.Sprintf(" (by %s=)", f.Tag)
		}
		s.Say(fmt.Sprintf("%s%s, from _dmarc.%s", f.Policy, tag, f.From))
	}
	s.Learn(probe.Number("dmarc_queries", float64(f.Queries), probe.None))
}

// judgeAbsence judges records that do not count, and that there is none that does.
func (q *inquiry) judgeAbsence(ctx context.Context, s *probe.Step, f policy.DMARCFound) {
	if f.Record != nil && f.From == q.domain {
		return
	}
	for _, domain := range f.Several {
		cause := CauseDMARCSeveral
		if f.Record != nil && domain != q.domain {
			cause = cause.As(probe.Warning)
		}
		s.RaiseFor(cause, fmt.Sprintf("_dmarc.%s has several DMARC records, so that all of them are discarded", domain))
	}
	switch {
	case len(f.Stray) > 0:
		s.RaiseFor(CauseDMARCInvalid, fmt.Sprintf("the text at _dmarc.%s is no DMARC record, which begins with v=DMARC1; in these letters: %s", q.domain, quoted(f.Stray[0])))
	case f.Record == nil && len(f.Several) == 0:
		q.judgeNoDMARC(ctx, s)
	}
}

// judgeNoDMARC judges that no record applies to the domain, which may not exist at all.
func (q *inquiry) judgeNoDMARC(ctx context.Context, s *probe.Step) {
	if _, err := q.TXT(ctx, q.domain); errors.Is(err, policy.ErrNoName) {
		s.RaiseFor(CauseDMARCNone.Advise(probe.CauseNoSuchName.Hint), q.domain+" does not exist in DNS: there is no DMARC record")
		return
	}
	s.RaiseFor(CauseDMARCNone, "there is no DMARC record for "+q.domain)
	q.propose(ctx, s, "_dmarc."+q.domain, q.firstDMARC(ctx))
}

// firstDMARC is the record of a domain that has none: reports first, to be able to judge
// what a policy would do; a policy at once where nobody sends or takes mail; empty if it is
// not clear which.
func (q *inquiry) firstDMARC(ctx context.Context) string {
	if m := q.exchangers(ctx); !m.null || len(m.hosts) > 0 {
		return "v=DMARC1; p=none; rua=mailto:postmaster@" + q.domain
	}
	if audit := q.audit(ctx); audit.Record == nil || audit.Passes4 || audit.Passes6 || len(audit.Temporary) > 0 {
		return ""
	}
	return "v=DMARC1; p=reject" // to a domain with a null MX no report would get
}

// judgeDMARC judges the record that counts.
func (q *inquiry) judgeDMARC(ctx context.Context, s *probe.Step, f policy.DMARCFound) {
	r := f.Record
	raiseEach(s, CauseDMARCInvalid, "", r.Invalid)
	if r.Testing && !r.Void {
		s.RaiseFor(CauseDMARCWeak, "t=y: receivers are asked to be one step milder than the policy says")
	}
	switch {
	case f.Policy != policy.DMARCNone:
	case r.Missing:
		s.RaiseFor(CauseDMARCWeak, "there is no p=, which counts as p=none: mail that fails is delivered all the same")
	default:
		s.RaiseFor(CauseDMARCWeak, "the policy is none: mail that fails is delivered all the same")
	}
	raiseEach(s, CauseDMARCOdd, "", r.Odd)
	if len(r.RUA) == 0 && !(r.Missing && r.Void) {
		s.RaiseFor(CauseDMARCUnreported, "there is no rua= with a mailto: address: nobody reports what fails")
	}
	if len(f.Between) > 0 {
		s.RaiseFor(CauseDMARCOdd, fmt.Sprintf("the record at _dmarc.%s has no effect on %s", strings.Join(f.Between, ", _dmarc."), q.domain))
	}
	q.propose(ctx, s, "_dmarc."+f.From, r.Corrected())
}

// maxFaults bounds how many faults of one sort a step names.
const maxFaults = 8

// raiseEach raises a step for each of some faults.
func raiseEach(s *probe.Step, cause *probe.Cause, prefix string, faults []error) {
	for i, err := range faults {
		if i == maxFaults {
			s.Say(fmt.Sprintf("%d more such faults are not shown", len(faults)-i))
			return
		}
		s.RaiseFor(cause, prefix+err.Error())
	}
}

// quoted is a text from DNS as a part of a message, cut where it is long.
func quoted(text string) string {
	const most = 120
	return cut.Quoted(text, most)
}
