package pop3check

import (
	"mailprobe/transport"
	"strings"
)

// Capability is one line of the answer to CAPA (RFC 2449 §5), with its name in capitals.
type Capability = transport.Capability

// Capabilities are what a server offers, in its order.
type Capabilities = transport.Capabilities

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
	TagPipelining     = "PIPELINING"
)

// maxCapabilities bounds the answer to CAPA, in bytes.
const maxCapabilities = 64 << 10

// Capa sends CAPA (RFC 2449 §5). Servers older than that refuse it, which is no fault.
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

// parseCapability reads a name and its parameters. Both are printable ASCII, separated by
// single spaces (RFC 2449 §3); more than one space is tolerated.
func parseCapability(line string) (Capability, bool) {
	if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) || strings.HasPrefix(line, " ") {
		return Capability{}, false
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return Capability{}, false
	}
	return Capability{Name: strings.ToUpper(words[0]), Params: words[1:]}, true
}
