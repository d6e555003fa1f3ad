package policy

import (
	"cmp"
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
	// Org is the organizational domain; empty where the walk failed.
	Org string
	// Policy is what is asked for mail from the domain, with what applies to
	// subdomains, to names that do not exist, and t=y; empty where there is no policy.
	Policy DMARCPolicy
	// Tag is the tag that the policy is from: p, sp or np; empty where it is the default.
	Tag string
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
// look-up that failed. What is found has then the domain's own record, if that is known,
// and not its organizational domain.
func DiscoverDMARC(ctx context.Context, dns DNS, domain string) (DMARCFound, error) {
	domain = canonical(domain)
	w, walkErr := walkDMARC(ctx, dns, domain)
	found := DMARCFound{Queries: w.queries, Several: w.several, Stray: w.stray}
	if walkErr == nil {
		found.Org = w.organization()
	}
	used := w.use(found.Org)
	if used == nil || walkErr != nil && used.domain != domain {
		return found, walkErr
	}
	for _, step := range w.found {
		if step.domain != used.domain && len(step.domain) > len(used.domain) {
			found.Between = append(found.Between, step.domain)
		}
	}
	found.Record, found.From = used.record, used.domain
	exists, err := true, error(nil)
	if used.domain != domain && used.record.NP != "" {
		exists, err = doesExist(ctx, dns, domain)
	}
	if err == nil {
		found.Tag, found.Policy = used.record.policyFor(used.domain == domain, exists)
	}
	return found, cmp.Or(walkErr, err)
}

// doesExist reports whether a name exists, which it does unless the response code is
// NXDOMAIN (RFC 9989 §3.2.13). Signers that deny compactly answer NOERROR for names that
// do not exist (RFC 9824), to which np does not apply.
func doesExist(ctx context.Context, dns DNS, domain string) (bool, error) {
	_, err := dns.TXT(ctx, domain)
	if err != nil && !errors.Is(err, ErrNoName) {
		return false, fmt.Errorf("TXT %s: %w", domain, err)
	}
	return err == nil, nil
}

// policyFor is the policy for the record's own domain, or for one below it, and the tag
// it is from. sp is for names that exist, np for those that do not; either is p where the
// record lacks it, and np is first sp (RFC 9989 §4.7, §4.10.1).
func (r *DMARC) policyFor(own, exists bool) (tag string, p DMARCPolicy) {
	if r.Void {
		return "", ""
	}
	tag, p = "p", r.P
	if !own && r.SP != "" {
		tag, p = "sp", r.SP
	}
	if !own && !exists && r.NP != "" {
		tag, p = "np", r.NP
	}
	if r.Testing {
		p = p.lowered()
	}
	return tag, p
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

// walkDMARC asks for the records of a domain and of those above it, until one says what
// the organizational domain is.
func walkDMARC(ctx context.Context, dns DNS, domain string) (*dmarcWalk, error) {
	w := &dmarcWalk{domain: domain}
	for _, target := range walkNames(domain) {
		record, err := w.ask(ctx, dns, target)
		if err != nil {
			return w, err
		}
		if record == nil {
			continue
		}
		w.found = append(w.found, dmarcStep{target, record})
		if record.PSD != "u" {
			break
		}
	}
	return w, nil
}

// DMARCNames are the names that a walk from a domain asks for, unless a record ends it
// before. Whoever wants them quickly asks for all at once.
func DMARCNames(domain string) []string {
	names := walkNames(canonical(domain))
	for i, name := range names {
		names[i] = "_dmarc." + name
	}
	return names
}

// walkNames are a domain and those above it that a walk visits.
func walkNames(domain string) (all []string) {
	for ; domain != "" && len(all) < maxWalk; domain = above(domain) {
		all = append(all, domain)
	}
	return all
}

// above is the next name of a walk: one label less, and at most seven.
func above(name string) string {
	labels := strings.Split(name, ".")
	return strings.Join(labels[max(1, len(labels)-7):], ".")
}

// ask returns the record of a domain, nil where it has none or several.
func (w *dmarcWalk) ask(ctx context.Context, dns DNS, domain string) (*DMARC, error) {
	w.queries++
	if len(domain) > maxName-len("_dmarc.") { // such a name cannot be
		return nil, nil
	}
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
// with psd=y unless the walk began there, or that with the fewest labels that has a
// record, or the name itself (RFC 9989 §4.10.2).
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
