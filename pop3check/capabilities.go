package pop3check

import (
	"mailprobe/transport"
	"strings"
)

// Capability is one line of CAPA's answer (RFC 2449 §5).
type Capability struct {
	// Tag is its name, in capitals.
	Tag string
	// Params are the words after it as the server wrote them.
	Params []string
}

// Capabilities are what a server says it can do.
type Capabilities []Capability

// The tags that the session and its check look for (RFC 2449 §6, RFC 2595 §4,
// RFC 6856 §2).
const (
	TagTop            = "TOP"
	TagUser           = "USER"
	TagSASL           = "SASL"
	TagUIDL           = "UIDL"
	TagSTLS           = "STLS"
	TagLoginDelay     = "LOGIN-DELAY"
	TagExpire         = "EXPIRE"
	TagImplementation = "IMPLEMENTATION"
	TagUTF8           = "UTF8"
)

// maxCapabilities bounds CAPA's answer, in bytes.
const maxCapabilities = 64 << 10

// Capa asks what the server can do (RFC 2449 §5). Servers older than that refuse
// it, which is no fault.
func (s *Session) Capa() (Capabilities, error) {
	s.offered = nil
	if _, err := s.command("CAPA"); err != nil {
		return nil, err
	}
	var all Capabilities
	err := s.lines("CAPA", maxCapabilities, func(line string) error {
		c, ok := parseCapability(line)
		if !ok {
			return transport.Malformed("a line of CAPA", line, "a capability and its parameters (RFC 2449 §3)")
		}
		all = append(all, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.offered = all
	return all, nil
}

// parseCapability reads a tag and its parameters. RFC 2449 §3: both are printable
// ASCII with single spaces between; more than one space is let pass.
func parseCapability(line string) (Capability, bool) {
	if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) || strings.HasPrefix(line, " ") {
		return Capability{}, false
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return Capability{}, false
	}
	return Capability{strings.ToUpper(words[0]), words[1:]}, true
}

// Has tells whether a capability is there.
func (c Capabilities) Has(tag string) bool {
	_, ok := c.find(tag)
	return ok
}

// Params returns the parameters of a capability, nil where it has none or is not there.
func (c Capabilities) Params(tag string) []string {
	found, _ := c.find(tag)
	return found.Params
}

func (c Capabilities) find(tag string) (Capability, bool) {
	for _, capability := range c {
		if strings.EqualFold(capability.Tag, tag) {
			return capability, true
		}
	}
	return Capability{}, false
}

// Mechanisms returns the SASL mechanisms, in capitals.
func (c Capabilities) Mechanisms() []string {
	var names []string
	for _, name := range c.Params(TagSASL) {
		names = append(names, strings.ToUpper(name))
	}
	return names
}

// Implementation returns the server's name for itself (RFC 2449 §6.9).
func (c Capabilities) Implementation() string {
	return strings.Join(c.Params(TagImplementation), " ")
}

// String lists the capabilities in the server's order.
func (c Capabilities) String() string {
	var all []string
	for _, capability := range c {
		all = append(all, strings.Join(append([]string{capability.Tag}, capability.Params...), " "))
	}
	return strings.Join(all, ", ")
}
