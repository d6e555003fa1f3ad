package domain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mailprobe/internal/cut"
	"mailprobe/policy"
	"mailprobe/probe"
)

// The sizes and numbers from which an SPF record is worth a warning.
const (
	maxSPFSize    = 450 // RFC 7208 §3.4
	manyLookups   = 9   // of ten
	manyVoid      = 2   // as many as are allowed
	allowedNumber = 10
)

// spf judges whom the domain lets send, and whether receivers can find that out.
func (q *inquiry) spf(ctx context.Context, s *probe.Step) error {
	texts, err := q.TXT(ctx, q.domain)
	if isFailure(err) {
		unknown(s, err, err.Error())
		return nil
	}
	var own []string
	for _, text := range texts {
		if policy.IsSPF(text) {
			own = append(own, text)
		}
	}
	if errors.Is(err, policy.ErrNoName) {
		s.RaiseFor(CauseSPFNone.Advise(probe.CauseNoSuchName.Hint), q.domain+" does not exist in DNS: there is no SPF record")
		return nil
	}
	if len(own) == 0 {
		s.RaiseFor(CauseSPFNone, "there is no SPF record: receivers cannot know who may send for the domain")
		q.proposeSPF(ctx, s, texts)
		return nil
	}
	audit := q.audit(ctx)
	s.Learn(probe.Text("spf", strings.Join(own, " | ")), probe.Number("spf_lookups", float64(audit.Lookups), probe.None),
		probe.Number("spf_void4", float64(audit.Void4), probe.None), probe.Number("spf_void6", float64(audit.Void6), probe.None),
		probe.Number("spf_size", float64(len(own[0])), probe.Bytes))
	s.Say(countsOf(audit))
	q.judgeSPF(ctx, s, audit, own[0])
	if len(own) > 1 || audit.Default == policy.SPFNeutral || audit.Everyone != "" || len(audit.Unreached) > 0 {
		q.proposeSPF(ctx, s, texts)
	}
	return nil
}

// maxCosts is how long the list of terms may be, so that it fits a screen.
const maxCosts = 64

// countsOf says which terms need how many look-ups. Where they are many it leaves out the
// cheapest.
func countsOf(audit *policy.SPFAudit) string {
	if audit.Record == nil { // it cannot be read
		return ""
	}
	text := fmt.Sprintf("%d of %d lookups", audit.Lookups, allowedNumber)
	switch {
	case audit.Lookups >= policy.MaxSPFAudit:
		text = fmt.Sprintf("%d or more of %d lookups", audit.Lookups, allowedNumber)
	case isNearLimit(audit): // of which there is a warning
		text = "lookups"
	}
	if costs := costsOf(audit.Costs); costs != "" {
		text += ": " + costs
	}
	if audit.Default != "" && audit.Default != policy.SPFNeutral && audit.Everyone == "" { // of which there is a verdict
		text += "; otherwise " + string(audit.Default)
	}
	if audit.Record.Redirect != "" && hasAll(audit.Record) {
		text += "; redirect= has no effect beside all"
	}
	if len(audit.Unexpanded) > 0 {
		text += "; not followed, as the message decides: " + brief(strings.Join(audit.Unexpanded, " "))
	}
	return text
}

// isNearLimit reports whether the record needs nearly as many look-ups as are allowed.
func isNearLimit(a *policy.SPFAudit) bool {
	return a.Lookups >= manyLookups && a.Lookups <= allowedNumber
}

// costsOf are the terms with their look-ups, in their order, such as "mx 1, include
// a.example 6".
func costsOf(costs []policy.SPFCost) string {
	costs = slices.Clone(costs)
	for more := ""; ; more = " ..." {
		var texts []string
		cheapest := 0
		for i, c := range costs {
			term := strings.NewReplacer(":", " ", "=", " ").Replace(brief(c.Term))
			texts = append(texts, fmt.Sprintf("%s %d", term, c.Lookups))
			if c.Lookups <= costs[cheapest].Lookups {
				cheapest = i
			}
		}
		text := strings.Join(texts, ", ") + more
		if len(text) <= maxCosts || len(costs) < 2 {
			return text
		}
		costs = slices.Delete(costs, cheapest, cheapest+1)
	}
}

// maxTerm is how much of a term is shown.
const maxTerm = 60

// brief is a text that is not too long to be read.
func brief(text string) string { return cut.Bytes(text, maxTerm) }

func hasAll(record *policy.SPF) bool {
	return slices.ContainsFunc(record.Mechanisms, func(m policy.Mechanism) bool { return m.Name == "all" })
}

func (q *inquiry) judgeSPF(ctx context.Context, s *probe.Step, audit *policy.SPFAudit, text string) {
	for _, err := range audit.Temporary {
		unknown(s, err, err.Error()+"; the counts are those so far")
	}
	for _, err := range audit.Permanent {
		s.RaiseFor(CauseSPFPermanent, err.Error())
	}
	if audit.Everyone != "" {
		s.RaiseFor(CauseSPFEveryone, "everyone may send for the domain: "+brief(audit.Everyone))
	}
	if len(audit.Temporary) > 0 || audit.Record == nil {
		return
	}
	for _, w := range spfWarnings(audit, text) {
		s.RaiseFor(w.cause, w.text)
	}
	if len(audit.Permanent) == 0 {
		q.judgeSenders(ctx, s, audit)
	}
}

// finding is a cause with what was found.
type finding struct {
	cause *probe.Cause
	text  string
}

func spfWarnings(a *policy.SPFAudit, text string) (all []finding) {
	add := func(is bool, cause *probe.Cause, format string, args ...any) {
		if is {
			all = append(all, finding{cause, fmt.Sprintf(format, args...)})
		}
	}
	add(a.Default == policy.SPFNeutral, CauseSPFNeutral, "the record says nothing of other senders (?all, or no all)")
	add(a.PTR, CauseSPFFragile, "ptr is slow and not reliable, and some receivers ignore it")
	add(isNearLimit(a), CauseSPFFragile, "%d of %d lookups are used: one more include may be too many", a.Lookups, allowedNumber)
	for _, err := range a.Harmless {
		add(true, CauseSPFFragile, "%v: a permanent error, though none may send anyway", err)
	}
	void := usedVoid(a)
	add(void == manyVoid, CauseSPFFragile, "%d terms have no answer, as many as are allowed", void)
	add(len(text) > maxSPFSize, CauseSPFFragile, "the record has %d bytes, which may not fit into an answer by UDP", len(text))
	add(len(a.Unreached) > 0, CauseSPFUnreached, "terms behind all have no effect: %s", brief(strings.Join(a.Unreached, " ")))
	return all
}

// usedVoid is the number of terms without an answer for a client that may send. Hosts with
// an IPv4 address alone have none for IPv6 clients, of which none may send then.
func usedVoid(a *policy.SPFAudit) int {
	switch {
	case a.Passes4 && !a.Passes6:
		return a.Void4
	case a.Passes6 && !a.Passes4:
		return a.Void6
	}
	return max(a.Void4, a.Void6)
}
