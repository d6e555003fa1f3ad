package icmp

import (
	"fmt"
	"net/netip"
	"strings"

	neticmp "golang.org/x/net/icmp"
)

// What is kept of the extensions of one ICMP error (RFC 4884): a router may put as
// much into it as a packet holds.
const (
	maxLabels     = 16
	maxInterfaces = 4
)

// A Label is an entry of the MPLS label stack that a probe arrived with at a router
// (RFC 4950).
type Label struct {
	Value  int  // 20 bits
	TC     int  // traffic class, 3 bits
	TTL    int  // of the entry
	Bottom bool // the last of the stack
}

// String returns the entry as routers print it, such as "24005 (tc 0, ttl 1)".
func (l Label) String() string { return fmt.Sprintf("%d (tc %d, ttl %d)", l.Value, l.TC, l.TTL) }

// A Role is what an interface has to do with a probe (RFC 5837 section 4.1).
type Role uint8

// The roles, as they stand in the message.
const (
	Incoming Role = iota // the probe came in by it
	Underlay             // part of the interface that the probe came in by
	Outgoing             // the probe would have gone out by it
	NextHop              // the address the probe would have gone to
)

var roleNames = [...]string{"in", "in by", "out", "next hop"}

// String returns the role in a word.
func (r Role) String() string { return roleNames[r&3] }

// An Interface describes an interface of a router, as an ICMP error reports it (RFC
// 5837). Fields the router left out are zero.
type Interface struct {
	Role  Role
	Index int
	Name  string // the router's own name for it
	Addr  netip.Addr
	MTU   int
}

// String describes the interface in a few words, such as "in eth0 (ifindex 2, 192.0.2.1, MTU 1500)".
func (i Interface) String() string {
	var more []string
	if i.Index > 0 {
		more = append(more, fmt.Sprintf("ifindex %d", i.Index))
	}
	if i.Addr.IsValid() {
		more = append(more, i.Addr.String())
	}
	if i.MTU > 0 {
		more = append(more, fmt.Sprintf("MTU %d", i.MTU))
	}
	text := i.Role.String()
	if i.Name != "" {
		text += " " + i.Name
	}
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	return text
}

// interfaceOf translates an object of interface information. The role is in the first
// two bits of its type (RFC 5837 section 4.1).
func interfaceOf(x *neticmp.InterfaceInfo) Interface {
	i := Interface{Role: Role(x.Type >> 6 & 3)}
	if x.Interface != nil {
		i.Index, i.Name, i.MTU = x.Interface.Index, x.Interface.Name, x.Interface.MTU
	}
	if x.Addr != nil {
		addr, _ := netip.AddrFromSlice(x.Addr.IP)
		i.Addr = addr.Unmap()
	}
	return i
}
