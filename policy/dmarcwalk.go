package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxWalk is the number of queries of a tree walk (RFC 9989 §4.10).
const maxWalk = 8

// DMARCFound is the policy of a domain, and where it comes from.
type DMARCFound struct {
	// Record is the record whose policy counts; nil where there is none.
	Record *DMARC
	// From is the domain whose record it is, without "_dmarc.".
	From string
	// Org is the organizational domain.
	Org string
	// Policy is what is asked for mail from the domain, with what applies to
	// subdomains, to names that do not exist, and t=y; empty where there is no policy.
	Policy DMARCPolicy
	// Tag is the tag that the policy is from: p, sp or np; empty where it is the default.
	Tag string
	// Exists reports whether the domain exists.
	Exists bool
	// Queries is the number of names that were asked.
	Queries int
	// Between are the domains above with a record that has no effect on this one.
	Between []string
	// Several are the domains whose records were discarded since there is more than
	// one.
	Several []string
	// Stray are the texts at the domain's own name that look like DMARC and are not.
	Stray []string
}

// DiscoverDMARC finds the policy of a domain (RFC 9989 §4.10). Its error is that of a
// look-up that failed, so that it is not known.
func DiscoverDMARC(ctx context.Context, dns DNS, domain string) (DMARCFound, error) {
	domain = canonical(domain)
	w, err := walkDMARC(ctx, dns, domain)
	found := DMARCFound{Org: w.organization(), Queries: w.queries, Several: w.several, Stray: w.stray, Exists: true}
	if err != nil {
		return found, err
	}
	used := w.use(found.Org)
	for _, step := range w.found {
		if used == nil || step.domain != used.domain {
			found.Between = append(found.Between, step.domain)
		}
	}
	if used == nil {
		return found, nil
	}
	found.Record, found.From = used.record, used.domain
	if used.domain != domain {
		_, err := dns.TXT(ctx, domain)
		if err != nil && !errors.Is(err, ErrNoName) {
			return found, fmt.Errorf("TXT %s: %w", domain, err)
		}
		found.Exists = err == nil
	}
	found.Tag, found.Policy = used.record.policyFor(used.domain == domain, found.Exists)
	return found, nil
}

// policyFor is the policy for the record's own domain, or for one below it.
func (r *DMARC) policyFor(own, exists bool) (name string, p DMARCPolicy) {
	if r.Void {
		return "", ""
	}
	name, p = "p", r.P
	if !own && r.SP != "" {
		name, p = "sp", r.SP
	}
	if !own && !exists && r.NP != "" {
		name, p = "np", r.NP
	}
	if p == "" {
		return "", DMARCNone
	}
	if r.Testing {
		p = p.lowered()
	}
	return name, p
}

// OrgDomain finds the organizational domain of a name (RFC 9989 §4.10.2).
func OrgDomain(ctx context.Context, dns DNS, domain string) (string, error) {
	w, err := walkDMARC(ctx, dns, canonical(domain))
	return w.organization(), err
}

// dmarcWalk is a walk up the tree.
type dmarcWalk struct {
	domain  string
	found   []dmarcStep // from the domain upwards
	queries int
	several []string
	stray   []string
}

// dmarcStep is a domain with one record.
type dmarcStep struct {
	domain string
	record *DMARC
}

// walkDMARC asks for the records of a domain and of those above it.
func walkDMARC(ctx context.Context, dns DNS, domain string) (*dmarcWalk, error) {
	w := &dmarcWalk{domain: domain}
	for target := domain; target != "" && w.queries < maxWalk; target = above(target) {
		record, err := w.ask(ctx, dns, target)
		if err != nil {
			return w, err
		}
		if record == nil {
			continue
		}
		w.found = append(w.found, dmarcStep{target, record})
		if record.PSD == "n" || record.PSD == "y" && target != domain {
			break
		}
	}
	return w, nil
}

// above is the next name of a walk: one label less, and at most seven.
func above(name string) string {
	labels := strings.Split(name, ".")
	return strings.Join(labels[max(1, len(labels)-7):], ".")
}

// ask returns the record of a domain, nil where it has none or several.
func (w *dmarcWalk) ask(ctx context.Context, dns DNS, domain string) (*DMARC, error) {
	w.queries++
	texts, err := dns.TXT(ctx, "_dmarc."+domain)
	if err != nil && !errors.Is(err, ErrNoName) {
		return nil, fmt.Errorf("TXT _dmarc.%s: %w", domain, err)
	}
	records := slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return !IsDMARC(text) })
	if domain == w.domain {
		w.stray = slices.DeleteFunc(slices.Clone(texts), func(text string) bool {
			return IsDMARC(text) || !strings.Contains(strings.ToLower(text), "dmarc")
		})
	}
	switch len(records) {
	case 0:
		return nil, nil
	case 1:
		return ParseDMARC(records[0]), nil
	}
	w.several = append(w.several, domain)
	return nil, nil
}

// organization is the organizational domain: that with psd=n, or one label below that
// with psd=y, or that with the fewest labels that has a record, or the name itself
// (RFC 9989 §4.10.2).
func (w *dmarcWalk) organization() string {
	if len(w.found) == 0 {
		return w.domain
	}
	last := w.found[len(w.found)-1]
	if last.record.PSD == "y" && last.domain != w.domain {
		labels := strings.Count(last.domain, ".") + 2
		all := strings.Split(w.domain, ".")
		return strings.Join(all[len(all)-labels:], ".")
	}
	return last.domain
}

// use returns the step whose record counts: the domain's own, else the organizational
// domain's, else the public suffix's; nil for none (RFC 9989 §4.10.1).
func (w *dmarcWalk) use(org string) *dmarcStep {
	for _, name := range []string{w.domain, org} {
		if i := slices.IndexFunc(w.found, func(s dmarcStep) bool { return s.domain == name }); i >= 0 {
			return &w.found[i]
		}
	}
	if n := len(w.found); n > 0 && w.found[n-1].record.PSD == "y" {
		return &w.found[n-1]
	}
	return nil
}
