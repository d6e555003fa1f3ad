package domain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mailprobe/policy"
	"mailprobe/probe"
)

// selector names a DKIM key.
type selector struct {
	name   string
	domain string // whose key it is; empty for the target's
}

// maxKeys bounds how many DKIM keys are checked.
const maxKeys = 32

func (c *Check) prepareKeys() error {
	for _, name := range c.Selectors {
		name = plain(name)
		if !isHost(name) {
			return probe.OptionErrorf("%s: %q is not a selector such as s2026", probe.OptionName("selector"), name)
		}
		if err := c.addKey(selector{name: name}); err != nil {
			return probe.OptionErrorf("%s: %w", probe.OptionName("selector"), err)
		}
	}
	if c.Message != "" {
		if err := c.readMessage(); err != nil {
			return probe.OptionErrorf("%s: %w", probe.OptionName("message"), err)
		}
	}
	if c.requires("dkim") && len(c.keys) == 0 {
		return probe.OptionErrorf("%s dkim needs to know which keys: add %s NAME or %s FILE", probe.OptionName("require"), probe.OptionName("selector"), probe.OptionName("message"))
	}
	return nil
}

func (c *Check) addKey(s selector) error {
	switch {
	case slices.Contains(c.keys, s):
	case len(c.keys) == maxKeys:
		return fmt.Errorf("there are more than %d keys to check", maxKeys)
	default:
		c.keys = append(c.keys, s)
	}
	return nil
}

// dkim judges the keys of the selectors that are known. DNS cannot list them.
func (q *inquiry) dkim(ctx context.Context, s *probe.Step) error {
	if len(q.keys) == 0 {
		_, err := q.TXT(ctx, "_domainkey."+q.domain)
		if errors.Is(err, policy.ErrNoName) {
			return s.Skip("there are no DKIM keys: _domainkey." + q.domain + " does not exist")
		}
		return s.Skip("no selector was given: --selector NAME or --message FILE says which keys there are")
	}
	keys := q.dkimKeys(ctx)
	shortest := 0
	for _, key := range keys {
		judgeKey(s, key)
		if k := key.key; k != nil && k.Algorithm == "rsa" && k.Bits > 0 && (shortest == 0 || k.Bits < shortest) {
			shortest = k.Bits
		}
	}
	if shortest > 0 {
		s.Learn(probe.Number("dkim_bits", float64(shortest), probe.None))
	}
	q.judgeAlignment(ctx, s, keys)
	return nil
}

// foundKey is a key that was looked up.
type foundKey struct {
	selector
	at    string // the name of the record
	texts []string
	err   error
	key   *policy.DKIMKey // nil where there is not one record
}

// findKeys looks all keys up at once.
func (q *inquiry) findKeys(ctx context.Context) []foundKey {
	var all []foundKey
	for _, s := range q.keys {
		s.domain = cmp.Or(s.domain, q.domain)
		if k := (foundKey{selector: s, at: s.name + "._domainkey." + s.domain}); !slices.ContainsFunc(all, func(o foundKey) bool { return o.at == k.at }) {
			all = append(all, k)
		}
	}
	probe.SideBySide(all, func(k *foundKey) {
		if !isHost(k.at) { // too long
			return
		}
		if k.texts, k.err = q.TXT(ctx, k.at); len(k.texts) == 1 {
			k.key = policy.ParseDKIMKey(k.texts[0])
		}
	})
	return all
}

// judgeKey judges a key. The fact is that of the first key by this selector.
func judgeKey(s *probe.Step, found foundKey) {
	switch {
	case isFailure(found.err):
		unknown(s, found.err, found.err.Error())
		return
	case len(found.texts) == 0:
		s.RaiseFor(CauseDKIMMissing, "there is no key at "+found.at)
		return
	case found.key == nil:
		s.RaiseFor(CauseDKIMInvalid, fmt.Sprintf("%s has %d TXT records: which of them a receiver takes is not defined", found.at, len(found.texts)))
		return
	}
	k, fact := found.key, "dkim_"+factPart(found.name)+"_bits"
	if k.Bits > 0 {
		if !slices.ContainsFunc(s.Facts, func(f probe.Fact) bool { return f.Name == fact }) {
			s.Learn(probe.Number(fact, float64(k.Bits), probe.None))
		}
		s.Say(fmt.Sprintf("%s %s %d bits", found.name, k.Algorithm, k.Bits))
	}
	judgeRecord(s, found.name, k)
}

// judgeAlignment judges whether one of the domains that signed a message is aligned with
// the target, which DMARC wants (RFC 9989 §4.4.1). Keys by --selector are the target's own.
func (q *inquiry) judgeAlignment(ctx context.Context, s *probe.Step, keys []foundKey) {
	var strangers []string
	for _, k := range keys {
		switch {
		case k.domain == q.domain:
			return
		case !slices.Contains(strangers, k.domain):
			strangers = append(strangers, k.domain)
		}
	}
	found, err := q.policy(ctx)
	if err != nil || found.Record == nil {
		return // the step dmarc says so
	}
	for _, domain := range strangers {
		org, err := policy.OrgDomain(ctx, q.resolver, domain)
		if err != nil {
			unknown(s, err, fmt.Sprintf("whether %s is aligned with %s is not known: %v", domain, q.domain, err))
			return
		}
		if org == found.Org && !found.Record.StrictDKIM {
			return
		}
	}
	how := "which is of another organization"
	if found.Record.StrictDKIM {
		how = "which is not the same, as adkim=s demands"
	}
	s.RaiseFor(CauseDKIMUnaligned, fmt.Sprintf("the message is signed by %s, %s: for the DMARC of %s it is not signed", strings.Join(strangers, ", "), how, q.domain))
}

// factPart is a selector as a part of the name of a fact.
func factPart(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

// goodBits is the length of RSA keys that RFC 8301 §3.2 recommends.
const goodBits = 2048

func judgeRecord(s *probe.Step, name string, k *policy.DKIMKey) {
	if k.Revoked {
		s.RaiseFor(CauseDKIMMissing, name+": the key is revoked (p= is empty)")
	}
	raiseEach(s, CauseDKIMInvalid, name+": ", k.Invalid)
	if k.Algorithm == "rsa" && k.Bits > 0 && k.Bits < goodBits && len(k.Invalid) == 0 {
		s.RaiseFor(CauseDKIMWeak, fmt.Sprintf("%s: the key has %d bits; %d are good", name, k.Bits, goodBits))
	}
	if k.Testing {
		s.RaiseFor(CauseDKIMWeak, name+": t=y says that the domain only tests DKIM, so that signatures may count for nothing")
	}
	raiseEach(s, CauseDKIMWeak, name+": ", k.Odd)
}
