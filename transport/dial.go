package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"mailprobe/probe"
)

// attempt is a failed connection to one address.
type attempt struct {
	text  string // the address, and what happened
	cause *probe.Cause
}

// dialError is one kind of failed connection.
type dialError struct {
	errors []error
	cause  *probe.Cause
	says   string // before a colon, the error of the operating system follows
}

const (
	noWay  = "this machine has no way there:"
	noRoom = "this machine has no room for another connection:"
)

// dialErrors lists the kinds; the first match counts.
var dialErrors = []dialError{
	{[]error{syscall.ECONNREFUSED}, CauseRefused, "connection refused"},
	{[]error{context.DeadlineExceeded, os.ErrDeadlineExceeded, syscall.ETIMEDOUT}, CauseTimeout, "no answer"},
	{[]error{syscall.EHOSTUNREACH, syscall.EHOSTDOWN}, probe.CauseUnreachable, "no route to the host"},
	{[]error{syscall.ENETUNREACH, syscall.EAFNOSUPPORT}, probe.CauseNoRoute, noWay},
	{[]error{syscall.EPERM, syscall.EACCES}, probe.CauseFirewallHere, "this machine does not permit the connection:"},
	{[]error{syscall.ECONNRESET}, CauseReset, "connection reset"},
}

// explainDial returns the cause of a connection that failed within limit.
func (l *Link) explainDial(err error, addr netip.Addr, limit time.Duration) *attempt {
	cause, says := l.dialCause(err, addr)
	switch {
	case cause.Is(CauseTimeout):
		says += " within " + probe.FormatDuration(limit)
	case strings.HasSuffix(says, ":"):
		says += " " + reason(err)
	}
	return &attempt{fmt.Sprintf("%s: %s", netip.AddrPortFrom(addr, l.Target.Port), says), cause}
}

func (l *Link) dialCause(err error, addr netip.Addr) (*probe.Cause, string) {
	known := (*probe.Failure)(nil)
	switch {
	case errors.As(err, &known): // it was not permitted
		return known.Cause, known.Error()
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return l.noAddressHere(addr)
	case errors.Is(err, syscall.EADDRINUSE): // with --source
		return probe.CauseNoPorts, noRoom
	case probe.MachineLimit(err) != nil:
		return probe.MachineLimit(err), noRoom
	}
	for _, d := range dialErrors {
		if slices.ContainsFunc(d.errors, func(e error) bool { return errors.Is(err, e) }) {
			return l.adviseDial(d.cause), d.says
		}
	}
	return CauseConnectFailed, reason(err)
}

// noAddressHere returns the cause if this machine has no address to connect from: not
// that of --source, none of the family, or none with a free port.
func (l *Link) noAddressHere(addr netip.Addr) (*probe.Cause, string) {
	switch {
	case l.probe.Source != "":
		return probe.CauseNoRoute.Advise("give an address of this machine with --source"), noWay
	case addr.Is6() && !l.hasSource(addr):
		return probe.CauseNoRoute, noWay
	}
	return probe.CauseNoPorts, noRoom
}

// hasSource reports whether this machine has an IPv6 address that can reach another: if
// it has none, EADDRNOTAVAIL means that.
func (l *Link) hasSource(to netip.Addr) bool {
	if l.probe.Dial != nil { // it is not this machine's network
		return false
	}
	addrs, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(addrs, func(a net.Addr) bool {
		prefix, err := netip.ParsePrefix(a.String())
		from := prefix.Addr()
		return err == nil && from.Is6() && from.IsLoopback() == to.IsLoopback() && from.IsLinkLocalUnicast() == to.IsLinkLocalUnicast()
	})
}

// adviseDial returns the cause with the hint for the port.
func (l *Link) adviseDial(c *probe.Cause) *probe.Cause {
	if c.Is(CauseTimeout) && l.Target.Port == 25 {
		return c.Advise("the host is down or a firewall drops the packets; many networks block port 25 going out: try 587, or from another network")
	}
	if c.Is(CauseTimeout) {
		return c.Advise("the host is down, or a firewall drops the packets")
	}
	return c
}

// conclude returns the error of a host none of whose addresses answered. It is as bad as
// the worst of them; addresses of a family that this machine has no route to do not count
// if there are others.
func conclude(failed []*attempt) error {
	theirs := withoutMissingRoutes(failed)
	if len(theirs) == 0 {
		theirs = failed
	}
	causes := causesOf(theirs)
	return probe.Because(causes[0], errors.New(join(theirs)), causes[1:]...)
}

func withoutMissingRoutes(failed []*attempt) []*attempt {
	return slices.DeleteFunc(slices.Clone(failed), func(a *attempt) bool { return a.cause.Is(probe.CauseNoRoute) })
}

// causesOf returns the causes of attempts, worst first.
func causesOf(failed []*attempt) (causes []*probe.Cause) {
	for _, a := range failed {
		causes = append(causes, a.cause)
	}
	worstFirst(causes)
	return causes
}

// worstFirst sorts causes, worst first and stable. Unknown is worse than Warning.
func worstFirst(causes []*probe.Cause) {
	order := []probe.Status{probe.Critical, probe.Unknown, probe.Warning}
	slices.SortStableFunc(causes, func(a, b *probe.Cause) int {
		return slices.Index(order, a.Status) - slices.Index(order, b.Status)
	})
}

func join(failed []*attempt) string {
	var texts []string
	for _, a := range failed {
		texts = append(texts, a.text)
	}
	return strings.Join(texts, "; ")
}

// reason returns the innermost text of a network error.
func reason(err error) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number.Error()
	}
	return err.Error()
}
