package imapcheck

import (
	"mailprobe/transport"
	"strings"
)

// Capabilities are what a server offers, as it wrote them (RFC 3501 §7.2.1).
type Capabilities = transport.Capabilities

// The capabilities that the session and its check look for.
const (
	capRev1          = "IMAP4rev1" // RFC 3501
	capRev2          = "IMAP4rev2" // RFC 9051
	capStartTLS      = "STARTTLS"
	capLoginDisabled = "LOGINDISABLED"
	capInitial       = "SASL-IR" // RFC 4959
	capUIDPlus       = "UIDPLUS" // RFC 4315
	capQuota         = "QUOTA"   // RFC 2087
	capID            = "ID"      // RFC 2971
	capExtended      = "ESEARCH" // RFC 4731
)

// Capability sends CAPABILITY (RFC 3501 §6.1.1). It is not needed if the server listed
// its capabilities in the greeting or at the log-in: see Capabilities.
func (s *Session) Capability() (Capabilities, error) {
	s.offered = nil
	reply, err := s.command("CAPABILITY").run()
	if err != nil {
		return nil, err
	}
	if s.offered == nil {
		return nil, transport.Malformed("the answer to CAPABILITY", reply.Line, "one after an untagged CAPABILITY (RFC 3501 §6.1.1)")
	}
	return s.offered, nil
}

// Capabilities returns the capabilities that the server listed last; nil if they are
// unknown, as after STARTTLS and usually after a log-in.
func (s *Session) Capabilities() Capabilities { return s.offered }

// learn reads a list of capabilities.
func (s *Session) learn(list, line string) error {
	all := Capabilities{}
	for word := range strings.FieldsSeq(list) {
		if !isAtom(word) {
			return transport.Malformed("a capability", line, "a list of atoms (RFC 3501 §7.2.1)")
		}
		all = append(all, transport.Capability{Name: word})
	}
	s.offered = all
	return nil
}
