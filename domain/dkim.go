package domain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os"
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
		c.addKey(selector{name: name})
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

func (c *Check) addKey(s selector) {
	if !slices.Contains(c.keys, s) && len(c.keys) < maxKeys {
		c.keys = append(c.keys, s)
	}
}

// readMessage takes the keys from the signatures of a message (RFC 6376 §3.5).
func (c *Check) readMessage() error {
	in := c.probe.Stdin
	if c.Message != "-" {
		file, err := os.Open(c.Message)
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	if in == nil {
		return errors.New("there is no standard input to read")
	}
	m, err := mail.ReadMessage(io.LimitReader(in, maxFile))
	if err != nil {
		return fmt.Errorf("%s is not a message: %w", c.Message, err)
	}
	signatures := m.Header["Dkim-Signature"]
	for _, text := range signatures {
		name, domain := signatureTag(text, "s"), signatureTag(text, "d")
		if isHost(name) && isHost(domain) {
			c.addKey(selector{name, domain})
		}
	}
	if len(signatures) == 0 {
		return fmt.Errorf("%s has no DKIM-Signature", c.Message)
	}
	return nil
}

// signatureTag is the value of a tag, without white space and in lower case.
func signatureTag(text, name string) string {
	for tag := range strings.SplitSeq(text, ";") {
		key, value, _ := strings.Cut(tag, "=")
		if strings.TrimSpace(key) == name {
			return plain(strings.Join(strings.Fields(value), ""))
		}
	}
	return ""
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
	shortest := 0
	for _, key := range q.keys {
		if key.domain == "" {
			key.domain = q.domain
		}
		q.dkimKey(ctx, s, key, &shortest)
	}
	if shortest > 0 {
		s.Learn(probe.Number("dkim_bits", float64(shortest), probe.None))
	}
	return nil
}

// dkimKey judges a key; shortest becomes the length of the shortest RSA key.
func (q *inquiry) dkimKey(ctx context.Context, s *probe.Step, key selector, shortest *int) {
	name := key.name + "._domainkey." + key.domain
	texts, err := q.TXT(ctx, name)
	switch {
	case isFailure(err):
		unknown(s, err, err.Error())
		return
	case len(texts) == 0:
		s.RaiseFor(CauseDKIMMissing, "there is no key at "+name)
		return
	case len(texts) > 1:
		s.RaiseFor(CauseDKIMInvalid, fmt.Sprintf("%s has %d TXT records: which of them a receiver takes is not defined", name, len(texts)))
		return
	}
	k := policy.ParseDKIMKey(texts[0])
	if k.Bits > 0 {
		if k.Algorithm == "rsa" && (*shortest == 0 || k.Bits < *shortest) {
			*shortest = k.Bits
		}
		s.Learn(probe.Number("dkim_"+factPart(key.name)+"_bits", float64(k.Bits), probe.None))
		s.Say(fmt.Sprintf("%s %s %d bits", key.name, k.Algorithm, k.Bits))
	}
	judgeKey(s, key.name, k)
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

func judgeKey(s *probe.Step, name string, k *policy.DKIMKey) {
	if k.Revoked {
		s.RaiseFor(CauseDKIMMissing, name+": the key is revoked (p= is empty)")
	}
	for _, err := range k.Invalid {
		s.RaiseFor(CauseDKIMInvalid, name+": "+err.Error())
	}
	if k.Algorithm == "rsa" && k.Bits > 0 && k.Bits < goodBits && len(k.Invalid) == 0 {
		s.RaiseFor(CauseDKIMWeak, fmt.Sprintf("%s: the key has %d bits; %d are good", name, k.Bits, goodBits))
	}
	if k.Testing {
		s.RaiseFor(CauseDKIMWeak, name+": t=y says that the domain only tests DKIM, so that signatures may count for nothing")
	}
	for _, err := range k.Odd {
		s.RaiseFor(CauseDKIMWeak, name+": "+err.Error())
	}
}
