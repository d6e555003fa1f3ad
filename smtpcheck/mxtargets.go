package smtpcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"mailprobe/probe"
)

// maxSideBySide bounds how many exchangers are looked up at once.
const maxSideBySide = 64

// targetsOf returns the addresses of exchangers as targets. One whose addresses are not
// known stays a name, and its own result says why.
func (c *Check) targetsOf(ctx context.Context, t probe.Target, hosts []string, s *probe.Step) (targets []probe.Target) {
	addrs := make([][]netip.Addr, len(hosts))
	ahead := make([]func(), min(len(hosts), maxSideBySide))
	of := func(i int) probe.Target {
		x := t
		x.Host, x.Text, x.Domain = hosts[i], hosts[i], strings.TrimSuffix(t.Host, ".")
		return x
	}
	for i := range ahead {
		ahead[i] = func() { addrs[i], _ = c.probe.Addresses(ctx, of(i)) }
	}
	probe.Together(ahead...)
	c.raiseAliases(ctx, hosts, s)
	for i := range hosts {
		here := c.leaveOut(addrs[i], hosts[i], s)
		for _, addr := range here {
			targets = append(targets, of(i).At(addr))
		}
		if len(here) == 0 {
			targets = append(targets, of(i))
		}
	}
	return targets
}

// leaveOut returns the addresses of an exchanger without those that this machine has no
// way to, as one without IPv6 has none to many, if there are others: what nobody can try
// from here says nothing about the exchanger.
func (c *Check) leaveOut(addrs []netip.Addr, host string, s *probe.Step) []netip.Addr {
	if c.probe.Dial != nil { // it is not this machine's network
		return addrs
	}
	here := slices.DeleteFunc(slices.Clone(addrs), isOutOfReach)
	if len(here) == 0 || len(here) == len(addrs) {
		return addrs
	}
	for _, addr := range addrs {
		if !slices.Contains(here, addr) {
			s.Say(fmt.Sprintf("%s (%s) is left out, as this machine has no way to it", host, addr))
		}
	}
	return here
}

// isOutOfReach reports whether this machine has no route to an address. No packet is sent
// to find out.
func isOutOfReach(addr netip.Addr) bool {
	conn, err := net.Dial("udp", netip.AddrPortFrom(addr, 25).String())
	if err != nil {
		return slices.ContainsFunc([]syscall.Errno{syscall.ENETUNREACH, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT},
			func(e syscall.Errno) bool { return errors.Is(err, e) })
	}
	_ = conn.Close()
	return false
}
