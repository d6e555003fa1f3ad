package policy

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// SPFResult is the result of a check (RFC 7208 §2.6).
type SPFResult string

// The results.
const (
	SPFNone      SPFResult = "none"
	SPFNeutral   SPFResult = "neutral"
	SPFPass      SPFResult = "pass"
	SPFFail      SPFResult = "fail"
	SPFSoftFail  SPFResult = "softfail"
	SPFTempError SPFResult = "temperror"
	SPFPermError SPFResult = "permerror"
)

// The limits of RFC 7208 §4.6.4.
const (
	maxLookups = 10
	maxVoid    = 2
	maxNames   = 10 // of an MX or a PTR answer
)

// SPFCheck is the question whether a client may send for a domain.
type SPFCheck struct {
	// DNS answers the look-ups.
	DNS DNS
	// IP is the address of the client.
	IP netip.Addr
	// Helo is the name the client gave in HELO or EHLO.
	Helo string
	// Sender is the address of MAIL FROM; empty for the null sender, which stands for
	// postmaster at Helo.
	Sender string
	// Receiver is the name of the server that checks, for the macro r.
	Receiver string
}

// SPFVerdict is what a check found.
type SPFVerdict struct {
	// Result is the result.
	Result SPFResult
	// Matched is the mechanism that ended the check, with the domain whose record has
	// it; both are empty where none did.
	Matched, Domain string
	// Explanation is the domain's own for SPFFail, empty where it has none.
	Explanation string
	// Err is the reason of SPFTempError and SPFPermError.
	Err error
	// Lookups and Void count the terms that caused look-ups, and those of which a
	// look-up had no answer.
	Lookups, Void int
}

// Check evaluates the record of the sender's domain (RFC 7208 §4).
func (c SPFCheck) Check(ctx context.Context) SPFVerdict {
	local, domain := "postmaster", c.Helo
	if c.Sender != "" {
		at := strings.LastIndexByte(c.Sender, '@')
		if domain = c.Sender[at+1:]; at > 0 {
			local = c.Sender[:at]
		}
	}
	e := &spfEvaluation{SPFCheck: c, local: local, sender: domain}
	e.IP = e.IP.Unmap()
	if !isName(domain) {
		return SPFVerdict{Result: SPFNone}
	}
	e.verdict.Result = e.host(ctx, domain, true)
	if e.err != nil {
		e.verdict.Err, e.verdict.Result = e.err, SPFTempError
		if errors.As(e.err, new(permError)) {
			e.verdict.Result = SPFPermError
		}
	}
	return e.verdict
}

// permError is an error that only a change of the records ends.
type permError struct{ error }

func (e permError) Unwrap() error { return e.error }

func permanent(format string, args ...any) error { return permError{fmt.Errorf(format, args...)} }

// spfEvaluation is a check while it goes on. The first error ends it.
type spfEvaluation struct {
	SPFCheck
	local, sender string
	verdict       SPFVerdict
	void          bool // a look-up of this term had no answer
	err           error
}

// host is check_host of RFC 7208 §4; only where explain is set its explanation counts.
func (e *spfEvaluation) host(ctx context.Context, domain string, explain bool) SPFResult {
	record, err := findSPF(ctx, e.DNS, domain)
	if record == nil || err != nil {
		e.err = err
		return SPFNone
	}
	for _, m := range record.Mechanisms {
		matches := e.matches(ctx, m, domain)
		if e.err != nil {
			return SPFNone
		}
		if matches {
			e.verdict.Matched, e.verdict.Domain = m.Text, domain
			if explain && m.Qualifier == QualifierFail && record.Exp != "" {
				e.verdict.Explanation = e.explanation(ctx, record.Exp, domain)
			}
			return m.Qualifier.result()
		}
	}
	if record.Redirect == "" {
		return SPFNeutral
	}
	return e.redirect(ctx, record.Redirect, domain, explain)
}

// redirect goes on with another record; that there is none is an error (§6.1).
func (e *spfEvaluation) redirect(ctx context.Context, spec, domain string, explain bool) SPFResult {
	if e.count(); e.err != nil {
		return SPFNone
	}
	target := e.expand(ctx, spec, domain)
	result := e.host(ctx, target, explain)
	if result == SPFNone && e.err == nil {
		e.err = permanent("redirect=%s: %s has no SPF record", spec, target)
	}
	return result
}

// findSPF returns the record of a domain, nil where it has none (§4.4, §4.5).
func findSPF(ctx context.Context, dns DNS, domain string) (*SPF, error) {
	if !isName(domain) {
		return nil, nil
	}
	texts, err := dns.TXT(ctx, domain)
	if err != nil && !errors.Is(err, ErrNoName) {
		return nil, fmt.Errorf("TXT %s: %w", domain, err)
	}
	texts = slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return !IsSPF(text) })
	switch len(texts) {
	case 0:
		return nil, nil
	case 1:
		record, err := ParseSPF(texts[0])
		if err != nil {
			return nil, permError{fmt.Errorf("%s: %w", domain, err)}
		}
		return record, nil
	}
	return nil, permanent("%s has %d SPF records; only one may stand there", domain, len(texts))
}

// count counts a term that looks something up.
func (e *spfEvaluation) count() {
	if e.verdict.Lookups++; e.verdict.Lookups > maxLookups {
		e.err = permanent("more than %d terms need a look-up", maxLookups)
	}
}

// answer counts a term of which an answer has no records, and makes an error of one that failed.
func (e *spfEvaluation) answer(found int, name string, err error) {
	if err != nil && !errors.Is(err, ErrNoName) {
		e.err = fmt.Errorf("%s: %w", name, err)
		return
	}
	if found > 0 || e.void {
		return
	}
	e.void = true // a term counts once (§4.6.4)
	if e.verdict.Void++; e.verdict.Void > maxVoid {
		e.err = permanent("more than %d terms have no answer, that with %s the last", maxVoid, name)
	}
}

// matches evaluates a mechanism (§5).
func (e *spfEvaluation) matches(ctx context.Context, m Mechanism, domain string) bool {
	if m.looksUp() {
		if e.count(); e.err != nil {
			return false
		}
	}
	e.void = false
	if m.Name == "ip4" || m.Name == "ip6" {
		return m.Prefix.Contains(e.IP)
	}
	target := domain
	if m.Domain != "" {
		target = e.expand(ctx, m.Domain, domain)
	}
	switch m.Name {
	case "all":
		return true
	case "include":
		return e.included(ctx, m, target)
	case "a":
		return e.hasAddress(ctx, target, m)
	case "mx":
		return e.hasExchanger(ctx, target, m)
	case "ptr":
		return e.validated(ctx, target) != ""
	case "exists":
		return len(e.addresses(ctx, target, true)) > 0
	}
	return false
}

// included reports whether another record passes the client (§5.2).
func (e *spfEvaluation) included(ctx context.Context, m Mechanism, target string) bool {
	switch result := e.host(ctx, target, false); {
	case e.err != nil:
		return false
	case result == SPFNone:
		e.err = permanent("%s: %s has no SPF record", m.Text, target)
		return false
	default:
		return result == SPFPass
	}
}

// addresses returns the addresses of a name in the client's family, or IPv4.
func (e *spfEvaluation) addresses(ctx context.Context, name string, always4 bool) []netip.Addr {
	if !isName(name) {
		return nil
	}
	look := e.DNS.IPv6
	if always4 || e.IP.Is4() {
		look = e.DNS.IPv4
	}
	addrs, err := look(ctx, name)
	e.answer(len(addrs), name, err)
	return addrs
}

func (e *spfEvaluation) hasAddress(ctx context.Context, name string, m Mechanism) bool {
	bits := m.Bits6
	if e.IP.Is4() {
		bits = m.Bits4
	}
	for _, addr := range e.addresses(ctx, name, false) {
		if p, err := addr.Unmap().Prefix(bits); err == nil && p.Contains(e.IP) {
			return true
		}
	}
	return false
}

func (e *spfEvaluation) hasExchanger(ctx context.Context, domain string, m Mechanism) bool {
	if !isName(domain) {
		return false
	}
	names, err := e.DNS.MX(ctx, domain)
	e.answer(len(names), domain, err)
	if len(names) > maxNames {
		e.err = permanent("%s: %s has more than %d exchangers", m.Text, domain, maxNames)
	}
	for _, name := range names {
		if e.err != nil {
			return false
		}
		if e.hasAddress(ctx, name, m) {
			return e.err == nil
		}
	}
	return false
}

// validated returns the name of the client that its address has and that has its address,
// at or below a domain; its own name rather than another (§5.5, §7.3). A failed look-up
// is no match.
func (e *spfEvaluation) validated(ctx context.Context, domain string) (best string) {
	names, err := e.DNS.PTR(ctx, e.IP)
	if err != nil && !errors.Is(err, ErrNoName) {
		return ""
	}
	e.answer(len(names), "PTR "+e.IP.String(), nil)
	look := e.DNS.IPv6
	if e.IP.Is4() {
		look = e.DNS.IPv4
	}
	for _, name := range names[:min(len(names), maxNames)] {
		if !isName(name) || !isBelow(name, domain) {
			continue
		}
		addrs, err := look(ctx, name)
		if err == nil && slices.Contains(addrs, e.IP) && (best == "" || strings.EqualFold(name, domain)) {
			best = name
		}
	}
	return best
}

// isBelow reports whether a name is a domain or in it.
func isBelow(name, domain string) bool {
	name, domain = strings.ToLower(strings.TrimSuffix(name, ".")), strings.ToLower(strings.TrimSuffix(domain, "."))
	return name == domain || domain == "" || strings.HasSuffix(name, "."+domain)
}

// expand returns the name that a domain-spec stands for.
func (e *spfEvaluation) expand(ctx context.Context, spec, domain string) string {
	macros, _ := parseMacros(spec, false) // checked when the record was read
	return shorten(macros.expand(func(letter byte) string { return e.value(ctx, letter, domain) }))
}

// value is what a macro's letter stands for (§7.2).
func (e *spfEvaluation) value(ctx context.Context, letter byte, domain string) string {
	switch letter {
	case 's':
		return e.local + "@" + e.sender
	case 'l':
		return e.local
	case 'o':
		return e.sender
	case 'd':
		return domain
	case 'i':
		return dotted(e.IP)
	case 'p':
		return e.clientName(ctx, domain)
	case 'v':
		if e.IP.Is4() {
			return "in-addr"
		}
		return "ip6"
	case 'h':
		return e.Helo
	case 'c':
		return e.IP.String()
	case 'r':
		if e.Receiver == "" {
			return "unknown"
		}
		return e.Receiver
	}
	return fmt.Sprint(time.Now().Unix())
}

// clientName is the macro p: the validated name, in the domain if there is one there.
func (e *spfEvaluation) clientName(ctx context.Context, domain string) string {
	for _, in := range []string{domain, ""} {
		before, count, void := e.err, e.verdict.Void, e.void
		name := e.validated(ctx, in)
		e.err, e.verdict.Void, e.void = before, count, void // the macro counts against no limit
		if name != "" {
			return strings.TrimSuffix(name, ".")
		}
	}
	return "unknown"
}

// dotted is an address as the macro i has it: of IPv6 every digit apart.
func dotted(addr netip.Addr) string {
	if addr.Is4() {
		return addr.String()
	}
	digits := strings.ToUpper(strings.ReplaceAll(addr.StringExpanded(), ":", ""))
	return strings.Join(strings.Split(digits, ""), ".")
}

// explanation is the text that exp= leads to; none where anything is wrong with it (§6.2).
func (e *spfEvaluation) explanation(ctx context.Context, spec, domain string) string {
	name := e.expand(ctx, spec, domain)
	texts, err := e.DNS.TXT(ctx, name)
	if err != nil || len(texts) != 1 {
		return ""
	}
	macros, err := parseMacros(texts[0], true)
	if err != nil {
		return ""
	}
	return macros.expand(func(letter byte) string { return e.value(ctx, letter, domain) })
}
