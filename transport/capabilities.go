package transport

import (
	"slices"
	"strings"
)

// Capability is one thing that a server offers: an extension of SMTP (RFC 5321 §2.2), or
// a capability of POP3 (RFC 2449) or IMAP (RFC 3501 §7.2.1).
type Capability struct {
	// Name is its keyword; letter case does not matter.
	Name string
	// Params are the words after it.
	Params []string
}

// Capabilities are all that a server offers.
type Capabilities []Capability

// Has reports whether a capability is offered.
func (c Capabilities) Has(name string) bool { return c.index(name) >= 0 }

// Params returns the parameters of a capability, nil where it has none or is not offered.
func (c Capabilities) Params(name string) []string {
	if i := c.index(name); i >= 0 {
		return c[i].Params
	}
	return nil
}

func (c Capabilities) index(name string) int {
	return slices.IndexFunc(c, func(have Capability) bool { return strings.EqualFold(have.Name, name) })
}

// Mechanisms returns the SASL mechanisms in capitals: the parameters of AUTH in SMTP
// (RFC 4954 §3) and of SASL in POP3 (RFC 2449 §6.4), and what follows AUTH= in IMAP.
func (c Capabilities) Mechanisms() []string {
	var names []string
	for _, have := range c {
		if name := strings.ToUpper(have.Name); name == "AUTH" || name == "SASL" {
			names = append(names, strings.Fields(strings.ToUpper(strings.Join(have.Params, " ")))...)
		} else if mechanism, ok := strings.CutPrefix(name, "AUTH="); ok {
			names = append(names, mechanism)
		}
	}
	return names
}

// String lists the capabilities with commas between them.
func (c Capabilities) String() string { return c.List(", ") }

// List lists the capabilities with a separator between them.
func (c Capabilities) List(separator string) string {
	all := make([]string, len(c))
	for i, have := range c {
		all[i] = strings.Join(append([]string{have.Name}, have.Params...), " ")
	}
	return strings.Join(all, separator)
}
