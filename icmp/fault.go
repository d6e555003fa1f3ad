package icmp

import (
	"fmt"
	"net/netip"

	neticmp "golang.org/x/net/icmp"
)

// An Error is an ICMP error message about a probe.
type Error struct {
	From netip.Addr // the router, or the host itself, that sent it
	Type int        // ICMP type, RFC 792 or RFC 4443
	Code int        // ICMP code of that type
	MTU  int        // of the next link in octets, where a packet was too big; else 0
	IPv6 bool       // Type and Code are those of ICMPv6

	Labels     []Label     // MPLS labels that the packet had at the router (RFC 4950)
	Interfaces []Interface // what the router says of its interfaces (RFC 5837)
}

// ICMP types and codes that this package distinguishes.
const (
	TypeUnreachable4  = 3
	TypeTimeExceeded4 = 11
	TypeParamProblem4 = 12
	TypeUnreachable6  = 1
	TypeTooBig6       = 2
	TypeTimeExceeded6 = 3
	TypeParamProblem6 = 4
	CodeFragNeeded    = 4
)

var unreachable4 = [...]string{
	"network unreachable", "host unreachable", "protocol unreachable", "port unreachable",
	"fragmentation needed", "source route failed", "network unknown", "host unknown",
	"source host isolated", "network prohibited", "host prohibited",
	"network unreachable for this type of service", "host unreachable for this type of service",
	"prohibited by a filter", "host precedence violation", "precedence cutoff",
}

var unreachable6 = [...]string{
	"no route to destination", "prohibited by a filter", "beyond scope of source address",
	"address unreachable", "port unreachable", "source address failed policy",
	"route rejected", "error in source routing header",
}

var timeExceeded = [...]string{"time to live exceeded", "fragment reassembly time exceeded"}

var paramProblem6 = [...]string{"erroneous header field", "unknown next header", "unknown option"}

// Error returns the code in words and the sender, for example
// "host unreachable (type 3 code 1), says 192.0.2.1".
func (e *Error) Error() string {
	s := fmt.Sprintf("%s (type %d code %d)", e.words(), e.Type, e.Code)
	if e.MTU > 0 {
		s += fmt.Sprintf(", next link takes %d bytes", e.MTU)
	}
	if e.From.IsValid() {
		s += ", says " + e.From.String()
	}
	return s
}

// TimeExceeded reports whether the probe's TTL or hop limit ran out on the way.
func (e *Error) TimeExceeded() bool {
	if e.IPv6 {
		return e.Type == TypeTimeExceeded6 && e.Code == 0
	}
	return e.Type == TypeTimeExceeded4 && e.Code == 0
}

// TooBig reports whether the probe was larger than a link on the way permits.
func (e *Error) TooBig() bool {
	if e.IPv6 {
		return e.Type == TypeTooBig6
	}
	return e.Type == TypeUnreachable4 && e.Code == CodeFragNeeded
}

func (e *Error) words() string {
	if e.IPv6 {
		return e.words6()
	}
	switch e.Type {
	case TypeUnreachable4:
		return pick(unreachable4[:], e.Code, "destination unreachable")
	case TypeTimeExceeded4:
		return pick(timeExceeded[:], e.Code, "time exceeded")
	case TypeParamProblem4:
		return "parameter problem"
	}
	return "ICMP error"
}

func (e *Error) words6() string {
	switch e.Type {
	case TypeUnreachable6:
		return pick(unreachable6[:], e.Code, "destination unreachable")
	case TypeTooBig6:
		return "packet too big"
	case TypeTimeExceeded6:
		return pick(timeExceeded[:], e.Code, "time exceeded")
	case TypeParamProblem6:
		return pick(paramProblem6[:], e.Code, "parameter problem")
	}
	return "ICMPv6 error"
}

func pick(words []string, code int, other string) string {
	if code >= 0 && code < len(words) {
		return words[code]
	}
	return other
}

// extend adds to an error what its extensions say.
func (e *Error) extend(extensions []neticmp.Extension) {
	for _, x := range extensions {
		switch x := x.(type) {
		case *neticmp.MPLSLabelStack:
			for _, l := range x.Labels[:min(len(x.Labels), maxLabels-len(e.Labels))] {
				e.Labels = append(e.Labels, Label{Value: l.Label, TC: l.TC, TTL: l.TTL, Bottom: l.S})
			}
		case *neticmp.InterfaceInfo:
			if len(e.Interfaces) < maxInterfaces {
				e.Interfaces = append(e.Interfaces, interfaceOf(x))
			}
		}
	}
}
