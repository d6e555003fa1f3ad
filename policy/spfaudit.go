package policy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
)

// SPFAudit is what the record of a domain costs and permits, whoever sends: every term
// that a check may come to is followed.
type SPFAudit struct {
	// Record is the record, nil where there is none or its syntax is wrong.
	Record *SPF
	// Lookups is the number of terms that need a look-up if no mechanism matches; more
	// than ten are a permanent error. What stands behind "all" does not count.
	Lookups int
	// Costs are the look-ups of each term of the domain's own record that has any.
	Costs []SPFCost
	// Void4 and Void6 are the look-ups without an answer for a client of either
	// family; more than two are a permanent error for it.
	Void4, Void6 int
	// Permanent are the reasons why a check may end in a permanent error.
	Permanent []error
	// Temporary are the look-ups that failed; the counts are then lower bounds.
	Temporary []error
	// Everyone is the term that authorises any client of a family; empty for none.
	Everyone string
	// Default is the result where no mechanism but "all" matches.
	Default SPFResult
	// PTR reports whether a ptr mechanism is used, which RFC 7208 §5.5 advises against.
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

// maxAudited bounds an audit: records that include themselves have no end.
const maxAudited = 100

// AuditSPF follows the record of a domain.
func AuditSPF(ctx context.Context, dns DNS, domain string) *SPFAudit {
	a := &spfAudit{dns: dns, domain: domain, report: &SPFAudit{Default: SPFNone}}
	record := a.find(ctx, domain)
	if record == nil {
		return a.report
	}
	a.report.Record = record
	own := a.follow(ctx, record, domain, 1)
	a.report.Default = own.otherwise
	a.report.Everyone = own.everyone()
	if a.report.Lookups > maxLookups {
		a.permanent("%s terms need a look-up; %d are allowed", a.lookups(), maxLookups)
	}
	for family, void := range map[string]int{"IPv4": a.report.Void4, "IPv6": a.report.Void6} {
		if void > maxVoid {
			a.permanent("for an %s client %d look-ups have no answer; %d are allowed", family, void, maxVoid)
		}
	}
	slices.SortFunc(a.report.Permanent, func(x, y error) int { return strings.Compare(x.Error(), y.Error()) })
	return a.report
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
	if a.report.Lookups >= maxAudited {
		return fmt.Sprintf("%d or more", maxAudited)
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

// permits is what a record permits.
type permits struct {
	networks  []netip.Prefix // of mechanisms that pass
	exists    string         // a term that passes every client
	otherwise SPFResult      // where no other mechanism matches
}

// everyone names what passes any client of a family.
func (p permits) everyone() string {
	switch {
	case p.otherwise == SPFPass:
		return "+all"
	case p.exists != "":
		return p.exists
	case coversAll(p.networks, 32):
		return "all IPv4 addresses"
	case coversAll(p.networks, 128):
		return "all IPv6 addresses"
	}
	return ""
}

// follow counts the terms of a record; depth is 1 for the domain's own.
func (a *spfAudit) follow(ctx context.Context, record *SPF, domain string, depth int) permits {
	p := permits{otherwise: SPFNeutral}
	for i, m := range record.Mechanisms {
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
	if record.Redirect != "" {
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
	if !ok || a.report.Lookups >= maxAudited {
		return own
	}
	next := a.included(ctx, "redirect="+spec, target, depth)
	next.networks = append(own.networks, next.networks...)
	if own.exists != "" {
		next.exists = own.exists
	}
	return next
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
	if macros.uses("slipvhcrt") {
		a.report.Unexpanded = append(a.report.Unexpanded, term)
		return "", false
	}
	return shorten(macros.expand(func(letter byte) string {
		if letter == 'o' {
			return a.domain
		}
		return domain
	})), true
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
			return
		}
	}
	if a.report.Lookups >= maxAudited || m.Name == "ptr" {
		return
	}
	found := a.matched(ctx, m, target, depth)
	if !passes {
		return
	}
	p.networks = append(p.networks, found.networks...)
	if found.otherwise == SPFPass || found.exists != "" {
		p.exists = cmp.Or(p.exists, m.Text)
	}
}

// matched looks up what a mechanism needs and returns whom it matches: otherwise
// is SPFPass where that is everyone.
func (a *spfAudit) matched(ctx context.Context, m Mechanism, target string, depth int) permits {
	switch m.Name {
	case "include":
		return a.included(ctx, m.Text, target, depth)
	case "a":
		return permits{networks: a.addresses(ctx, target, m)}
	case "mx":
		return permits{networks: a.exchangers(ctx, target, m)}
	}
	if !isName(target) {
		return permits{}
	}
	addrs, err := a.dns.IPv4(ctx, target)
	if a.failed(wrapName(err, target)); len(addrs) > 0 {
		return permits{otherwise: SPFPass}
	}
	if isVoid(addrs, err) {
		a.report.Void4++
		a.report.Void6++
	}
	return permits{}
}

// isVoid reports whether an answer has no records.
func isVoid[T any](found []T, err error) bool {
	return len(found) == 0 && (err == nil || errors.Is(err, ErrNoName))
}

// addresses are the networks that an a mechanism matches.
func (a *spfAudit) addresses(ctx context.Context, name string, m Mechanism) (networks []netip.Prefix) {
	if !isName(name) {
		return nil
	}
	four, err4 := a.dns.IPv4(ctx, name)
	six, err6 := a.dns.IPv6(ctx, name)
	a.failed(wrapName(err4, name))
	if !errors.Is(err4, err6) {
		a.failed(wrapName(err6, name))
	}
	if isVoid(four, err4) {
		a.report.Void4++
	}
	if isVoid(six, err6) {
		a.report.Void6++
	}
	for _, addr := range append(slices.Clone(four), six...) {
		bits := m.Bits6
		if addr = addr.Unmap(); addr.Is4() {
			bits = m.Bits4
		}
		if p, err := addr.Prefix(bits); err == nil {
			networks = append(networks, p)
		}
	}
	return networks
}

func wrapName(err error, name string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// exchangers are the networks that an mx mechanism matches.
func (a *spfAudit) exchangers(ctx context.Context, domain string, m Mechanism) (networks []netip.Prefix) {
	if !isName(domain) {
		return nil
	}
	names, err := a.dns.MX(ctx, domain)
	a.failed(wrapName(err, "MX "+domain))
	if isVoid(names, err) {
		a.report.Void4++
		a.report.Void6++
	}
	if len(names) > maxNames {
		a.permanent("%s: %s has %d exchangers; %d are allowed", m.Text, domain, len(names), maxNames)
	}
	for _, name := range names[:min(len(names), maxNames)] {
		networks = append(networks, a.addresses(ctx, name, m)...)
	}
	return networks
}

// coversAll reports whether networks hold every address of so many bits.
func coversAll(networks []netip.Prefix, bits int) bool {
	var family []netip.Prefix
	for _, p := range networks {
		if p.Addr().BitLen() == bits {
			family = append(family, p.Masked())
		}
	}
	slices.SortFunc(family, func(a, b netip.Prefix) int {
		if c := a.Addr().Compare(b.Addr()); c != 0 {
			return c
		}
		return a.Bits() - b.Bits()
	})
	sum, one := new(big.Int), big.NewInt(1)
	var last netip.Prefix
	for _, p := range family {
		if last.IsValid() && last.Contains(p.Addr()) {
			continue
		}
		sum.Add(sum, new(big.Int).Lsh(one, uint(bits-p.Bits())))
		last = p
	}
	return sum.Cmp(new(big.Int).Lsh(one, uint(bits))) == 0
}
