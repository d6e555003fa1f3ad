package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"mailprobe/internal/cut"
)

// Qualifier is what a mechanism that matches says of the sender (RFC 7208 §4.6.2).
type Qualifier byte

// The qualifiers. A mechanism without one has QualifierPass.
const (
	QualifierPass     Qualifier = '+'
	QualifierFail     Qualifier = '-'
	QualifierSoftFail Qualifier = '~'
	QualifierNeutral  Qualifier = '?'
)

// result is the result of a check that a mechanism with the qualifier ends.
func (q Qualifier) result() SPFResult {
	switch q {
	case QualifierFail:
		return SPFFail
	case QualifierSoftFail:
		return SPFSoftFail
	case QualifierNeutral:
		return SPFNeutral
	}
	return SPFPass
}

// SPF is an SPF record.
type SPF struct {
	// Text is the record as it stands in DNS.
	Text string
	// Mechanisms are its mechanisms in order; those behind "all" are never reached.
	Mechanisms []Mechanism
	// Redirect is the domain whose record is used where no mechanism matches, and Exp
	// where the explanation of a failure stands; both are empty where there is none.
	Redirect, Exp string
}

// Mechanism is one mechanism of a record.
type Mechanism struct {
	// Qualifier is the result if the mechanism matches.
	Qualifier Qualifier
	// Name is all, include, a, mx, ptr, ip4, ip6 or exists.
	Name string
	// Domain is the domain-spec with its macros, empty where there is none.
	Domain string
	// Prefix is the network of ip4 and ip6.
	Prefix netip.Prefix
	// Bits4 and Bits6 are the lengths of the prefixes of a and mx.
	Bits4, Bits6 int
	// Text is the mechanism as it stands in the record.
	Text string
}

// looksUp reports whether the mechanism counts against the limit of ten (RFC 7208
// §4.6.4).
func (m Mechanism) looksUp() bool {
	return slices.Contains([]string{"include", "a", "mx", "ptr", "exists"}, m.Name)
}

// IsSPF reports whether a TXT record is an SPF record (RFC 7208 §4.5).
func IsSPF(text string) bool {
	version, _, _ := strings.Cut(text, " ")
	return strings.EqualFold(version, "v=spf1")
}

// ParseSPF reads a record that IsSPF. Its error is a permanent one and quotes the term
// that is wrong (RFC 7208 §4.6, §12).
func ParseSPF(text string) (*SPF, error) {
	if !IsSPF(text) {
		return nil, errors.New(`an SPF record begins with "v=spf1" and a space`)
	}
	record := &SPF{Text: text}
	seen := map[string]bool{}
	for _, term := range strings.Split(text[len("v=spf1"):], " ") {
		if term == "" {
			continue
		}
		if err := record.add(term, seen); err != nil {
			return nil, fmt.Errorf("%q: %w", short(term), err)
		}
	}
	return record, nil
}

// short is the beginning of a term, as much as a message quotes.
func short(term string) string {
	if len(term) > 100 {
		return cut.Prefix(term, 100) + cut.Mark
	}
	return term
}

// add reads one term: a modifier, which has a "=" before any ":" and "/", or a mechanism.
func (r *SPF) add(term string, seen map[string]bool) error {
	if i := strings.IndexAny(term, ":/="); i > 0 && term[i] == '=' {
		return r.addModifier(term[:i], term[i+1:], seen)
	}
	m, err := parseMechanism(term)
	if err != nil {
		return err
	}
	r.Mechanisms = append(r.Mechanisms, m)
	return nil
}

// addModifier reads a modifier. Unknown ones are ignored (RFC 7208 §6), though not their
// syntax.
func (r *SPF) addModifier(name, value string, seen map[string]bool) error {
	if !isModifierName(name) {
		return errors.New("the name of a modifier is a letter with letters, digits, hyphens, underscores and dots after it")
	}
	name = strings.ToLower(name)
	if name != "redirect" && name != "exp" {
		_, err := parseMacros(value, false)
		return err
	}
	if seen[name] {
		return fmt.Errorf("%s= stands twice", name)
	}
	seen[name] = true
	if err := checkDomainSpec(value); err != nil {
		return err
	}
	if name == "redirect" {
		r.Redirect = value
	} else {
		r.Exp = value
	}
	return nil
}

func isModifierName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789-_.", rune(c))) {
			return false
		}
	}
	return name != ""
}

func parseMechanism(term string) (Mechanism, error) {
	m := Mechanism{Qualifier: QualifierPass, Text: term, Bits4: 32, Bits6: 128}
	if strings.IndexByte("+-~?", term[0]) >= 0 {
		m.Qualifier, term = Qualifier(term[0]), term[1:]
	}
	end := strings.IndexAny(term, ":/")
	if end < 0 {
		end = len(term)
	}
	m.Name = strings.ToLower(term[:end])
	argument := term[end:]
	switch m.Name {
	case "all":
		if argument != "" {
			return m, errors.New("all takes nothing after it")
		}
		return m, nil
	case "include", "exists":
		return m, m.parseDomain(argument, true)
	case "ptr":
		return m, m.parseDomain(argument, false)
	case "a", "mx":
		domain, err := m.parseBits(argument)
		if err != nil {
			return m, err
		}
		return m, m.parseDomain(domain, false)
	case "ip4", "ip6":
		return m, m.parseNetwork(argument)
	}
	return m, fmt.Errorf("there is no mechanism %q; they are all, include, a, mx, ptr, ip4, ip6 and exists", short(m.Name))
}

// parseDomain reads ":domain-spec" or nothing.
func (m *Mechanism) parseDomain(argument string, required bool) error {
	if argument == "" && !required {
		return nil
	}
	domain, ok := strings.CutPrefix(argument, ":")
	if !ok || domain == "" {
		return fmt.Errorf("%s needs a domain: %s:example.org", m.Name, m.Name)
	}
	m.Domain = domain
	return checkDomainSpec(domain)
}

// parseBits cuts "/24", "//64" or "/24//64" off the end. A domain-spec may have slashes
// of its own.
func (m *Mechanism) parseBits(argument string) (rest string, err error) {
	rest = argument
	if i := strings.LastIndex(rest, "//"); i >= 0 && !strings.ContainsAny(rest[i+2:], "/.}") {
		if m.Bits6, err = parsePrefixLength(rest[i+2:], 128); err != nil {
			return "", err
		}
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '/'); i >= 0 && !strings.ContainsAny(rest[i:], ".}") {
		m.Bits4, err = parsePrefixLength(rest[i+1:], 32)
		rest = rest[:i]
	}
	return rest, err
}

// parsePrefixLength reads the length of a prefix, which has no leading zero.
func parsePrefixLength(text string, limit int) (int, error) {
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil || int(n) > limit || len(text) > 1 && text[0] == '0' {
		return 0, fmt.Errorf("%q is not the length of a prefix; it is a number from 0 to %d without leading zeros", text, limit)
	}
	return int(n), nil
}

// parseNetwork reads ":192.0.2.0/24" or ":2001:db8::/32".
func (m *Mechanism) parseNetwork(argument string) error {
	text, _ := strings.CutPrefix(argument, ":")
	address, length, hasLength := strings.Cut(text, "/")
	addr, err := netip.ParseAddr(address)
	if err != nil || addr.Zone() != "" || addr.Is4() != (m.Name == "ip4") {
		return fmt.Errorf("%q is not an address of %s", short(address), m.Name)
	}
	bits := addr.BitLen()
	if hasLength {
		if bits, err = parsePrefixLength(length, bits); err != nil {
			return err
		}
	}
	m.Prefix = netip.PrefixFrom(addr, bits).Masked()
	return nil
}
