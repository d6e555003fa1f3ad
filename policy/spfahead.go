package policy

import (
	"context"
	"sync"
	"sync/atomic"
)

// spfAhead asks for what an audit will need, all at once. The audit then goes on in order,
// with answers that a DNS with a memory has already: otherwise each term would cost a round
// trip.
type spfAhead struct {
	dns    DNS
	sender string
	left   atomic.Int32 // terms that it may still ask for
}

// maxAhead is enough for every record without a permanent error.
const maxAhead = maxLookups

// askAhead asks for what the record of a domain leads to, and waits for the answers.
func askAhead(ctx context.Context, dns DNS, record *SPF, domain string) {
	a := &spfAhead{dns: dns, sender: domain}
	a.left.Store(maxAhead)
	a.follow(ctx, record, domain)
}

// follow asks for the terms of a record that a check may come to.
func (a *spfAhead) follow(ctx context.Context, record *SPF, domain string) {
	var wait sync.WaitGroup
	defer wait.Wait()
	ask := func(name, spec string) {
		target, ok := domain, true
		if spec != "" {
			target, ok = expandKnown(spec, a.sender, domain)
		}
		if ok && isName(target) && a.left.Add(-1) >= 0 {
			wait.Go(func() { a.term(ctx, name, target) })
		}
	}
	for _, m := range record.Mechanisms {
		if m.Name == "all" {
			return
		}
		if m.looksUp() {
			ask(m.Name, m.Domain)
		}
	}
	if record.Redirect != "" {
		ask("include", record.Redirect)
	}
}

// term asks for what one term needs. What goes wrong the audit sees itself.
func (a *spfAhead) term(ctx context.Context, name, target string) {
	switch name {
	case "include":
		if record, err := findSPF(ctx, a.dns, target); err == nil && record != nil {
			a.follow(ctx, record, target)
		}
	case "exists":
		_, _ = a.dns.IPv4(ctx, target)
	case "a":
		a.addresses(ctx, target)
	case "mx":
		names, _ := a.dns.MX(ctx, target)
		a.addresses(ctx, names[:min(len(names), maxNames)]...)
	}
}

// addresses asks for the addresses of names.
func (a *spfAhead) addresses(ctx context.Context, names ...string) {
	var wait sync.WaitGroup
	for _, name := range names {
		if isName(name) {
			wait.Go(func() { _, _ = a.dns.IPv4(ctx, name) })
			wait.Go(func() { _, _ = a.dns.IPv6(ctx, name) })
		}
	}
	wait.Wait()
}

// expandKnown expands a domain-spec; ok is false where that takes a message.
func expandKnown(spec, sender, domain string) (name string, ok bool) {
	macros, _ := parseMacros(spec, false) // checked when the record was read
	if macros.uses("slipvhcrt") {
		return "", false
	}
	return shorten(macros.expand(func(letter byte) string {
		if letter == 'o' {
			return sender
		}
		return domain
	})), true
}
