package pingcheck

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
)

const (
	queueWorthReporting = time.Millisecond // on average, and
	queueShare          = 10               // percent of the round trip
)

// queueMatters reports whether the part of a round trip spent in this machine is worth
// reporting.
func queueMatters(queued, rtt time.Duration) bool {
	return queued > queueWorthReporting && 100*queued > queueShare*rtt
}

// queueText describes how much of the round trips to a host was spent in this machine,
// and at which interface; empty if it does not matter.
func queueText(stats *icmp.Stats, host netip.Addr) string {
	if !queueMatters(stats.Queued, stats.Avg()) {
		return ""
	}
	text := fmt.Sprintf("the answers came after %s; %s were spent in this machine's own queue",
		probe.FormatDuration(stats.Avg()-stats.Queued), probe.FormatDuration(stats.Queued))
	if name := wayOut(host); name != "" {
		text += " (" + name + ")"
	}
	return text
}

// queueFacts returns the average and maximum time spent in this machine; none if the
// kernel does not timestamp sent packets.
func queueFacts(stats *icmp.Stats) []probe.Fact {
	if stats.Measured(icmp.KernelClock) == 0 {
		return nil
	}
	return []probe.Fact{probe.Duration("queued", stats.Queued), probe.Duration("queued_max", stats.MaxQueue)}
}

// wayOut returns the name of the interface that packets to a host leave by, empty if it
// is not known. Nothing is sent.
func wayOut(host netip.Addr) string {
	if host.Zone() != "" {
		return host.Zone()
	}
	conn, err := net.Dial("udp", netip.AddrPortFrom(host, 9).String())
	if err != nil {
		return ""
	}
	defer conn.Close()
	from, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return ""
	}
	return deviceOf(from.Addr())
}

// deviceOf returns the name of the interface with an address, empty if none has it.
func deviceOf(addr netip.Addr) string {
	all, _ := net.Interfaces()
	for _, i := range all {
		prefixes, _ := i.Addrs()
		if slices.ContainsFunc(prefixes, func(a net.Addr) bool {
			p, err := netip.ParsePrefix(a.String())
			return err == nil && icmp.SameHost(p.Addr(), addr)
		}) {
			return i.Name
		}
	}
	return ""
}
