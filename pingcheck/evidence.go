package pingcheck

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// A sender is the sender of an ICMP error, as far as it matters for the cause.
type sender uint8

const (
	anyone      sender = iota
	theHost            // the host that was probed
	thisMachine        // an address of this machine: its own firewall, ARP or NDP
)

// A faultRow maps an ICMP error to its cause.
type faultRow struct {
	ipv6  bool
	typ   int
	codes []int // nil for any
	from  sender
	cause *probe.Cause
	also  []*probe.Cause
	hint  string // empty for that of the cause
}

const hostRejects = "the host is up and rejects the probes by a firewall of its own: permit them there, or probe its service instead"

// faultRows are in order, the most specific first.
var faultRows = []faultRow{
	// Sent by this machine to itself: it found no neighbour, or its firewall rejects.
	{false, icmp.TypeUnreachable4, []int{1, 7}, thisMachine, CauseNeighbourSilent, []*probe.Cause{CauseHostDown}, ""},
	{true, icmp.TypeUnreachable6, []int{3}, thisMachine, CauseNeighbourSilent, []*probe.Cause{CauseHostDown}, ""},
	{false, icmp.TypeUnreachable4, []int{0, 6}, thisMachine, probe.CauseNoRoute, nil, ""},
	{true, icmp.TypeUnreachable6, []int{0}, thisMachine, probe.CauseNoRoute, nil, ""},
	{false, icmp.TypeUnreachable4, []int{2, 3, 9, 10, 13}, thisMachine, probe.CauseFirewallHere, nil, ""},
	{true, icmp.TypeUnreachable6, []int{1, 4, 5, 6}, thisMachine, probe.CauseFirewallHere, nil, ""},

	// An echo request has no port: a port or protocol that is unreachable is what
	// firewalls report by default.
	{false, icmp.TypeUnreachable4, []int{2, 3, 9, 10, 13}, theHost, CauseProhibited, nil, hostRejects},
	{true, icmp.TypeUnreachable6, []int{1, 4, 5, 6}, theHost, CauseProhibited, nil, hostRejects},
	{false, icmp.TypeUnreachable4, []int{2, 3, 9, 10, 13, 14, 15}, anyone, CauseProhibited, nil, ""},
	{true, icmp.TypeUnreachable6, []int{1, 4, 5, 6}, anyone, CauseProhibited, nil, ""},

	// Code 7 is for routers that know from the link layer that the host is not there.
	{false, icmp.TypeUnreachable4, []int{7}, anyone, CauseHostDown, nil, ""},
	{false, icmp.TypeUnreachable4, []int{1, 8, 12}, anyone, probe.CauseUnreachable, []*probe.Cause{CauseHostDown}, ""},
	{true, icmp.TypeUnreachable6, []int{3}, anyone, probe.CauseUnreachable, []*probe.Cause{CauseHostDown}, ""},
	{false, icmp.TypeUnreachable4, []int{0, 5, 6, 11}, anyone, CauseNetworkUnreachable, nil, ""},
	{true, icmp.TypeUnreachable6, []int{0, 7}, anyone, CauseNetworkUnreachable, nil, ""},
	{true, icmp.TypeUnreachable6, []int{2}, anyone, probe.CauseNoRoute, nil, "the source address is not valid beyond its own link: give another one with --source"},

	{false, icmp.TypeUnreachable4, []int{icmp.CodeFragNeeded}, anyone, CausePacketTooBig, nil, ""},
	{true, icmp.TypeTooBig6, nil, anyone, CausePacketTooBig, nil, ""},
	{false, icmp.TypeTimeExceeded4, []int{0}, anyone, CauseRoutingLoop, []*probe.Cause{CauseTTLExceeded}, ""},
	{true, icmp.TypeTimeExceeded6, []int{0}, anyone, CauseRoutingLoop, []*probe.Cause{CauseTTLExceeded}, ""},
	{false, icmp.TypeTimeExceeded4, []int{1}, anyone, CauseFragmentsLost, nil, ""},
	{true, icmp.TypeTimeExceeded6, []int{1}, anyone, CauseFragmentsLost, nil, ""},
}

// faultCause returns the cause of an ICMP error about a probe to a host.
func faultCause(e *icmp.Error, host netip.Addr) (c *probe.Cause, also []*probe.Cause) {
	from := anyone
	switch {
	case e.From.IsValid() && icmp.SameHost(e.From, host) && !isLocal(host):
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

// An errorRow maps an error of the operating system, or of package icmp, to its cause.
type errorRow struct {
	errors []error
	dial   bool // of a TCP handshake only
	cause  *probe.Cause
	also   []*probe.Cause
	hint   string // empty for that of the cause
}

// errorRows are in order; the first match counts.
var errorRows = []errorRow{
	{[]error{context.Canceled}, false, probe.CauseInterrupted, nil, ""},
	{[]error{icmp.ErrOverflow}, false, CauseReceiveOverflow, nil, ""},
	{[]error{syscall.ECONNREFUSED}, false, CausePortRefused, nil, ""},
	{[]error{context.DeadlineExceeded, os.ErrDeadlineExceeded, syscall.ETIMEDOUT}, false, CauseNoAnswer, nil, ""},
	// For a handshake the system returns the same error for a router's report and for its
	// own finding (icmp(7)).
	{[]error{syscall.EHOSTUNREACH}, true, probe.CauseUnreachable, []*probe.Cause{CauseNeighbourSilent, CauseProhibited, probe.CauseNoRoute}, ""},
	{[]error{syscall.ECONNRESET, syscall.ECONNABORTED}, true, CausePortRefused, nil, "the host is up, and ends connections to this port at once: see the log of the service, and whether a firewall is behind it"},
	{[]error{syscall.EPROTO}, true, CauseProhibited, nil, ""},
	{[]error{syscall.ENETUNREACH, syscall.EAFNOSUPPORT, syscall.EADDRNOTAVAIL}, false, probe.CauseNoRoute, nil, ""},
	{[]error{syscall.EHOSTUNREACH, syscall.EINVAL}, false, probe.CauseNoRoute, nil, "see `ip route get` for the address: a route may say that it is unreachable, or a black hole"},
	{[]error{syscall.ENETDOWN, syscall.ENODEV, syscall.ENXIO}, false, probe.CauseNoRoute, nil, "see `ip link`: the network interface is down, or there is none of that name"},
	{[]error{syscall.EHOSTDOWN}, false, CauseHostDown, nil, ""},
	{[]error{syscall.EPERM, syscall.EACCES}, false, probe.CauseFirewallHere, nil, ""},
	{[]error{errors.ErrUnsupported}, false, probe.CauseUsage, nil, "leave the flag out: this system does not support it"},
	{[]error{syscall.EMSGSIZE}, false, CausePacketTooBig.As(probe.Unknown), nil, "the probes are too big for this machine's own link: give them a smaller --size, or leave out --dont-fragment"},
	{[]error{syscall.EMFILE, syscall.ENFILE}, false, probe.CauseMachineLimit, nil, ""},
	{[]error{syscall.ENOBUFS, syscall.EAGAIN, syscall.ENOMEM}, false, CauseQueueFull, nil, ""},
	{[]error{syscall.EPROTO}, false, CauseICMPError, nil, ""},
}

// causeOf returns the cause of a failure to probe a host: an ICMP error, or one of the
// operating system. also are causes that the evidence cannot distinguish from it.
func causeOf(err error, host netip.Addr) (c *probe.Cause, also []*probe.Cause) {
	var permission *icmp.PermissionError
	var option *icmp.OptionError
	var fault *icmp.Error
	var dial *net.OpError
	switch {
	case errors.As(err, &permission):
		return CauseNotPermitted.Advise(permission.Hint()), nil
	case errors.As(err, &option) && errors.Is(err, fs.ErrPermission):
		return CauseNotPermitted.Advise("to set it takes a privilege (CAP_NET_ADMIN, CAP_NET_RAW): run it as root, or leave the flag out"), nil
	case errors.As(err, &fault):
		return faultCause(fault, host)
	}
	if isBroadcastRefusal(err, host) {
		return causeGroup, nil
	}
	errors.As(err, &dial)
	for _, row := range errorRows {
		if row.matches(err, dial != nil && dial.Op == "dial") {
			return row.cause.Advise(row.hint), row.also
		}
	}
	if dial != nil && dial.Timeout() {
		return CauseNoAnswer, nil
	}
	return CauseSendFailed, nil
}

func (r *errorRow) matches(err error, dial bool) bool {
	return (dial || !r.dial) && slices.ContainsFunc(r.errors, func(e error) bool { return errors.Is(err, e) })
}

// isBroadcastRefusal reports whether the system refused to send to a broadcast address,
// which takes a socket option of its own (socket(7): SO_BROADCAST).
func isBroadcastRefusal(err error, host netip.Addr) bool {
	return errors.Is(err, syscall.EACCES) && groupOf(host) != ""
}

// explain wraps the error that kept the check from sending any probe to a host; the host
// is invalid if it is not known.
func explain(err error, host netip.Addr) error {
	var permission *icmp.PermissionError
	if errors.As(err, &permission) {
		err = errors.New(permission.Reason())
		return probe.Because(CauseNotPermitted.Advise(permission.Hint()), err)
	}
	if limit := probe.MachineLimit(err); limit != nil {
		return probe.Because(limit, err)
	}
	c, also := causeOf(err, host)
	return probe.Because(c, err, also...)
}

// explainTrace wraps the error that kept a trace from sending any probe.
func explainTrace(err error, addr netip.Addr) error {
	var raw *icmp.RawError
	if errors.As(err, &raw) {
		return probe.Because(CauseNotPermitted.Advise(raw.Hint()), err)
	}
	return explain(err, addr)
}
