package icmp

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"

	"mailprobe/probe"
)

// A sender of an ICMP error, as far as that matters for what the error means.
type teller uint8

const (
	anyone      teller = iota
	theHost            // the host that was probed
	thisMachine        // an address of this machine: its own firewall, ARP or NDP
)

// A faultRow is what an ICMP error means.
type faultRow struct {
	ipv6  bool
	typ   int
	codes []int // nil for any
	from  teller
	cause *probe.Cause
	also  []*probe.Cause
	hint  string // empty for that of the cause
}

const hostRejects = "the host is up and rejects the probes by a firewall of its own: permit them there, or probe its service instead"

// faultRows are in order, the most specific first.
var faultRows = []faultRow{
	// This machine says so to itself: it found no neighbour, or its firewall rejects.
	{false, typeUnreachable4, []int{1, 7}, thisMachine, CauseNeighbourSilent, []*probe.Cause{CauseHostDown}, ""},
	{true, typeUnreachable6, []int{3}, thisMachine, CauseNeighbourSilent, []*probe.Cause{CauseHostDown}, ""},
	{false, typeUnreachable4, []int{0, 6}, thisMachine, probe.CauseNoRoute, nil, ""},
	{true, typeUnreachable6, []int{0}, thisMachine, probe.CauseNoRoute, nil, ""},
	{false, typeUnreachable4, []int{2, 3, 9, 10, 13}, thisMachine, probe.CauseFirewallHere, nil, ""},
	{true, typeUnreachable6, []int{1, 4, 5, 6}, thisMachine, probe.CauseFirewallHere, nil, ""},

	// An echo request has no port: a port or protocol that is unreachable is what
	// firewalls say by default.
	{false, typeUnreachable4, []int{2, 3, 9, 10, 13}, theHost, CauseProhibited, nil, hostRejects},
	{true, typeUnreachable6, []int{1, 4, 5, 6}, theHost, CauseProhibited, nil, hostRejects},
	{false, typeUnreachable4, []int{2, 3, 9, 10, 13, 14, 15}, anyone, CauseProhibited, nil, ""},
	{true, typeUnreachable6, []int{1, 4, 5, 6}, anyone, CauseProhibited, nil, ""},

	// Code 7 is for routers that know from the link layer that the host is not there.
	{false, typeUnreachable4, []int{7}, anyone, CauseHostDown, nil, ""},
	{false, typeUnreachable4, []int{1, 8, 12}, anyone, probe.CauseUnreachable, []*probe.Cause{CauseHostDown}, ""},
	{true, typeUnreachable6, []int{3}, anyone, probe.CauseUnreachable, []*probe.Cause{CauseHostDown}, ""},
	{false, typeUnreachable4, []int{0, 5, 6, 11}, anyone, CauseNetworkUnreachable, nil, ""},
	{true, typeUnreachable6, []int{0, 7}, anyone, CauseNetworkUnreachable, nil, ""},
	{true, typeUnreachable6, []int{2}, anyone, probe.CauseNoRoute, nil, "the source address is not valid beyond its own link: give another one with --source"},

	{false, typeUnreachable4, []int{codeFragNeeded}, anyone, CausePacketTooBig, nil, ""},
	{true, typeTooBig6, nil, anyone, CausePacketTooBig, nil, ""},
	{false, typeTimeExceeded4, []int{0}, anyone, CauseRoutingLoop, []*probe.Cause{CauseTTLExceeded}, ""},
	{true, typeTimeExceeded6, []int{0}, anyone, CauseRoutingLoop, []*probe.Cause{CauseTTLExceeded}, ""},
	{false, typeTimeExceeded4, []int{1}, anyone, CauseFragmentsLost, nil, ""},
	{true, typeTimeExceeded6, []int{1}, anyone, CauseFragmentsLost, nil, ""},
}

// find returns the cause of an ICMP error about a probe to a host.
func (e *Error) find(host netip.Addr) (c *probe.Cause, also []*probe.Cause) {
	from := anyone
	switch {
	case e.From.IsValid() && sameHost(e.From, host) && !isLocal(host):
		from = theHost
	case e.From.IsValid() && isLocal(e.From):
		from = thisMachine
	}
	for _, row := range faultRows {
		if row.ipv6 == e.IPv6 && row.typ == e.Type && (row.codes == nil || slices.Contains(row.codes, e.Code)) &&
			(row.from == anyone || row.from == from) {
			return row.cause.Advise(row.hint), row.also
		}
	}
	return CauseICMPError, nil
}

// An errorRow is what an error of the operating system, or of this package, means.
type errorRow struct {
	errors []error
	cause  *probe.Cause
	hint   string // empty for that of the cause
}

// errorRows are in order, the first that fits counts.
var errorRows = []errorRow{
	{[]error{context.Canceled}, probe.CauseInterrupted, ""},
	{[]error{ErrOverflow}, CauseReceiveOverflow, ""},
	{[]error{syscall.ECONNREFUSED}, CausePortRefused, ""},
	{[]error{context.DeadlineExceeded, os.ErrDeadlineExceeded, syscall.ETIMEDOUT}, CauseNoAnswer, ""},
	{[]error{syscall.ENETUNREACH, syscall.EAFNOSUPPORT, syscall.EADDRNOTAVAIL}, probe.CauseNoRoute, ""},
	{[]error{syscall.EHOSTUNREACH}, probe.CauseNoRoute, "see `ip route get` for the address: a route may say that it is unreachable"},
	{[]error{syscall.ENETDOWN, syscall.ENODEV, syscall.ENXIO}, probe.CauseNoRoute, "see `ip link`: the network interface is down, or there is none of that name"},
	{[]error{syscall.EHOSTDOWN}, CauseHostDown, ""},
	{[]error{syscall.EPERM, syscall.EACCES}, probe.CauseFirewallHere, ""},
	{[]error{syscall.EMSGSIZE}, CausePacketTooBig.As(probe.Unknown), "the probes are too big for this machine's own link: give them a smaller --size, or leave out --dont-fragment"},
	{[]error{syscall.EMFILE, syscall.ENFILE}, probe.CauseMachineLimit, ""},
	{[]error{syscall.ENOBUFS, syscall.EAGAIN, syscall.ENOMEM}, CauseQueueFull, ""},
	{[]error{syscall.EPROTO}, CauseICMPError, ""},
}

// causeOf returns the cause of a failure to probe a host: an ICMP error, or one of the
// operating system. also are causes that the evidence cannot tell from it.
func causeOf(err error, host netip.Addr) (c *probe.Cause, also []*probe.Cause) {
	var permission *PermissionError
	var fault *Error
	var timeout net.Error
	switch {
	case errors.As(err, &permission):
		return CauseNotPermitted.Advise(permission.Hint()), nil
	case errors.As(err, &fault):
		return fault.find(host)
	}
	for _, row := range errorRows {
		if slices.ContainsFunc(row.errors, func(e error) bool { return errors.Is(err, e) }) {
			return row.cause.Advise(row.hint), nil
		}
	}
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return CauseNoAnswer, nil
	case errors.Is(err, fs.ErrPermission):
		return probe.CauseFirewallHere, nil
	}
	return CauseSendFailed, nil
}
