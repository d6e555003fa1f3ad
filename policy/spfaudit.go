package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// SPFAudit is what the record of a domain costs and permits, whoever sends: every term
// that a check may come to is followed.
type SPFAudit struct {
	// Record is the record, nil where there is none or its syntax is wrong.
	Record *SPF
	// Lookups is the number of terms that need a look-up if no mechanism matches; more
	// than ten are a permanent error. What stands behind "all" does not count, nor what
	// is beyond a hundred.
	Lookups int
	// Costs are the look-ups of each term of the domain's own record that has any.
	Costs []SPFCost
	// Void4 and Void6 are the terms of which a look-up has no answer for a client of
	// either family, each counted once; more than two are a permanent error for it.
	Void4, Void6 int
	// Passes4 and Passes6 report whether a client of either family may pass.
	Passes4, Passes6 bool
	// Permanent are the reasons why a check may end in a permanent error.
	Permanent []error
	// Harmless are such reasons that only clients of one family meet, of which the
	// record authorises none while it authorises some of the other.
	Harmless []error
	// Temporary are the look-ups that failed; the counts are then lower bounds.
	Temporary []error
	// Everyone is the term that authorises any client of a family; empty for none.
	Everyone string
	// Default is the result where no mechanism but "all" matches; empty where that
	// depends on the message.
	Default SPFResult
	// PTR reports whether ptr or the macro p is used, which RFC 7208 §5.5 and §7.2
	// advise against.
	PTR bool
	// Unreached are the mechanisms of the domain's own record behind "all".
	Unreached []string
	// Unexpanded are the terms whose macros depend on the message, so that they were
	// counted but not looked up.
	Unexpanded []string
}

// SPFCost is the number of look-ups that a term needs, those of the records that it
// includes counted.
type SPFCost struct {
	Term    string
	Lookups int
}

// MaxSPFAudit is the number of look-ups at which an audit ends.
const MaxSPFAudit = 100

// AuditSPF follows the record of a domain. It asks several questions at once, and some
// twice: dns should keep its answers.
func AuditSPF(ctx context.Context, dns DNS, domain string) *SPFAudit {
	a := &spfAudit{dns: dns, domain: domain, report: &SPFAudit{Default: SPFNone}}
	record := a.find(ctx, domain)
	if record == nil {
		return a.report
	}
	a.report.Record = record
	askAhead(ctx, dns, record, domain)
	own := a.follow(ctx, record, domain, 1)
	a.report.Default = own.otherwise
	a.report.Everyone = own.everyone()
	if a.report.Lookups > maxLookups {
		a.permanent("%s terms need a look-up (%d are allowed)", a.lookups(), maxLookups)
	}
	a.judgeVoid(own)
	return a.report
}

// judgeVoid judges the terms without an answer (RFC 7208 §4.6.4 limits terms, not
// look-ups: an mx term with ten exchangers counts once). A host with an IPv4 address alone
// has no answer for IPv6 clients: that hurts nobody where none of them is authorised.
func (a *spfAudit) judgeVoid(own permits) {
	r := a.report
	r.Passes4, r.Passes6 = own.passes(32), own.passes(128)
	for _, f := range []struct {
		name        string
		void, other int
		idle        bool
	}{{"IPv4", r.Void4, r.Void6, r.Passes6 && !r.Passes4}, {"IPv6", r.Void6, r.Void4, r.Passes4 && !r.Passes6}} {
		if f.void <= maxVoid {
			continue
		}
		err := fmt.Errorf("for an %s client %d terms have no answer (%d are allowed)", f.name, f.void, maxVoid)
		if f.idle && f.other <= maxVoid {
			r.Harmless = append(r.Harmless, err)
		} else {
			r.Permanent = append(r.Permanent, err)
		}
	}
}

// spfAudit is an audit while it goes on.
type spfAudit struct {
	dns    DNS
	domain string
	report *SPFAudit
}

func (a *spfAudit) permanent(format string, args ...any) {
	a.report.Permanent = append(a.report.Permanent, fmt.Errorf(format, args...))
}

// lookups is the number of look-ups in words.
func (a *spfAudit) lookups() string {
	if a.report.Lookups >= MaxSPFAudit {
		return fmt.Sprintf("%d or more", MaxSPFAudit)
	}
	return fmt.Sprint(a.report.Lookups)
}

// find returns the record of a domain; nil with the reason where there is none to use.
func (a *spfAudit) find(ctx context.Context, domain string) *SPF {
	record, err := findSPF(ctx, a.dns, domain)
	a.failed(err)
	return record
}

// failed records the error of a look-up.
func (a *spfAudit) failed(err error) {
	switch {
	case err == nil, errors.Is(err, ErrNoName):
	case errors.As(err, new(permError)):
		a.report.Permanent = append(a.report.Permanent, err)
	default:
		a.report.Temporary = append(a.report.Temporary, err)
	}
}

// follow counts the terms of a record; depth is 1 for the domain's own.
func (a *spfAudit) follow(ctx context.Context, record *SPF, domain string, depth int) permits {
	p := permits{otherwise: SPFNeutral}
	for i, m := range record.Mechanisms {
		if a.report.Lookups >= MaxSPFAudit && m.Name != "all" {
			continue // records that include each other have no end
		}
		if m.Name == "all" {
			p.otherwise = m.Qualifier.result()
			for _, dead := range record.Mechanisms[i+1:] {
				if depth == 1 {
					a.report.Unreached = append(a.report.Unreached, dead.Text)
				}
			}
			return p
		}
		before := a.report.Lookups
		a.mechanism(ctx, m, domain, depth, &p)
		a.cost(m.Text, before, depth)
	}
	if record.Redirect != "" && a.report.Lookups < MaxSPFAudit {
		before := a.report.Lookups
		p = a.redirect(ctx, record.Redirect, domain, depth, p)
		a.cost("redirect="+record.Redirect, before, depth)
	}
	return p
}

// cost notes the look-ups of a term of the domain's own record.
func (a *spfAudit) cost(term string, before, depth int) {
	if n := a.report.Lookups - before; n > 0 && depth == 1 {
		a.report.Costs = append(a.report.Costs, SPFCost{term, n})
	}
}

func (a *spfAudit) redirect(ctx context.Context, spec, domain string, depth int, own permits) permits {
	a.report.Lookups++
	target, ok := a.target("redirect="+spec, spec, domain)
	if !ok || a.report.Lookups >= MaxSPFAudit {
		own.some, own.otherwise = true, ""
		return own
	}
	next := a.included(ctx, "redirect="+spec, target, depth)
	own.otherwise = next.otherwise
	own.add(next)
	return own
}

// included follows the record of another domain; that there is none is a permanent error.
func (a *spfAudit) included(ctx context.Context, term, target string, depth int) permits {
	failures := len(a.report.Permanent) + len(a.report.Temporary)
	record := a.find(ctx, target)
	if record != nil {
		return a.follow(ctx, record, target, depth+1)
	}
	if failures == len(a.report.Permanent)+len(a.report.Temporary) {
		a.permanent("%s: %s has no SPF record", term, target)
	}
	return permits{otherwise: SPFNeutral}
}

// target expands a domain-spec; ok is false where that takes a message.
func (a *spfAudit) target(term, spec, domain string) (name string, ok bool) {
	macros, _ := parseMacros(spec, false)
	a.report.PTR = a.report.PTR || macros.uses("p")
	if name, ok = expandKnown(spec, a.domain, domain); !ok {
		a.report.Unexpanded = append(a.report.Unexpanded, term)
	}
	return name, ok
}

// mechanism counts a mechanism and adds what it permits.
func (a *spfAudit) mechanism(ctx context.Context, m Mechanism, domain string, depth int, p *permits) {
	passes := m.Qualifier == QualifierPass
	if !m.looksUp() {
		if passes {
			p.networks = append(p.networks, m.Prefix)
		}
		return
	}
	a.report.Lookups++
	a.report.PTR = a.report.PTR || m.Name == "ptr"
	target := domain
	if m.Domain != "" {
		var ok bool
		if target, ok = a.target(m.Text, m.Domain, domain); !ok {
			p.some = p.some || passes
			return
		}
	}
	if a.report.Lookups >= MaxSPFAudit || m.Name == "ptr" {
		p.some = p.some || passes
		return
	}
	found := a.matched(ctx, m, target, depth)
	a.countVoid(found)
	if !passes {
		return
	}
	if found.otherwise == SPFPass || found.exists != "" {
		found.exists = m.Text
	}
	p.add(found)
}

// countVoid counts a term of which a look-up has no answer.
func (a *spfAudit) countVoid(found permits) {
	if found.void4 {
		a.report.Void4++
	}
	if found.void6 {
		a.report.Void6++
	}
}

// matched looks up what a mechanism needs and returns whom it matches: otherwise
// is SPFPass where that is everyone.
func (a *spfAudit) matched(ctx context.Context, m Mechanism, target string, depth int) permits {
	switch {
	case m.Name == "include":
		found := a.included(ctx, m.Text, target, depth)
		found.void4, found.void6 = false, false // its own terms are counted
		return found
	case a.report.Lookups > maxLookups || !isName(target):
		return permits{some: isName(target)} // too many already: the number is all that counts
	case m.Name == "a":
		return a.addresses(ctx, target, m)
	case m.Name == "mx":
		return a.exchangers(ctx, target, m)
	}
	addrs, err := a.dns.IPv4(ctx, target)
	if a.failed(wrapName(err, target)); len(addrs) > 0 {
		return permits{otherwise: SPFPass}
	}
	void := isVoid(addrs, err)
	return permits{void4: void, void6: void}
}

// isVoid reports whether an answer has no records.
func isVoid[T any](found []T, err error) bool {
	return len(found) == 0 && (err == nil || errors.Is(err, ErrNoName))
}

// addresses is whom an a mechanism matches.
func (a *spfAudit) addresses(ctx context.Context, name string, m Mechanism) (p permits) {
	if !isName(name) {
		return p
	}
	four, err4 := a.dns.IPv4(ctx, name)
	six, err6 := a.dns.IPv6(ctx, name)
	a.failed(wrapName(err4, name))
	if !errors.Is(err4, err6) {
		a.failed(wrapName(err6, name))
	}
	p.void4, p.void6 = isVoid(four, err4), isVoid(six, err6)
	for _, addr := range append(slices.Clone(four), six...) {
		bits := m.Bits6
		if addr = addr.Unmap(); addr.Is4() {
			bits = m.Bits4
		}
		if network, err := addr.Prefix(bits); err == nil {
			p.networks = append(p.networks, network)
		}
	}
	return p
}

func wrapName(err error, name string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// exchangers is whom an mx mechanism matches.
func (a *spfAudit) exchangers(ctx context.Context, domain string, m Mechanism) (p permits) {
	names, err := a.dns.MX(ctx, domain)
	a.failed(wrapName(err, "MX "+domain))
	p.void4 = isVoid(names, err)
	p.void6 = p.void4
	if len(names) > maxNames {
		a.permanent("%s: %s has %d exchangers (%d are allowed)", m.Text, domain, len(names), maxNames)
	}
	for _, name := range names[:min(len(names), maxNames)] {
		found := a.addresses(ctx, name, m)
		p.void4, p.void6 = p.void4 || found.void4, p.void6 || found.void6
		p.networks = append(p.networks, found.networks...)
	}
	return p
}
