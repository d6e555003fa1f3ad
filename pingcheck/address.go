package pingcheck

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// aim returns the address with the zone of an interface, if it needs one; device is empty
// for any interface. The error says why the address cannot be probed.
func aim(addr netip.Addr, device string) (netip.Addr, error) {
	local := addr.Is6() && addr.IsLinkLocalUnicast()
	switch {
	case addr.IsMulticast():
		return addr, groupError(addr, "a multicast address")
	case addr == wholeLink:
		return addr, groupError(addr, "the broadcast address of the link")
	case addr.Zone() != "" && !hasInterface(addr.Zone()):
		return addr, probe.Because(probe.CauseUsage.Advise("name an interface that there is, as in "+addr.WithZone(someInterface()).String()),
			fmt.Errorf("%s: this machine has no interface %s; it has %s", addr, addr.Zone(), strings.Join(interfaces(), ", ")))
	case local && addr.Zone() == "" && device == "":
		return addr, probe.Because(probe.CauseUsage.Advise("name the interface, as in "+addr.WithZone(someInterface()).String()),
			fmt.Errorf("%s is a link-local address, which is on every link", addr))
	case local && addr.Zone() == "":
		return addr.WithZone(device), nil
	}
	return addr, nil
}

var causeGroup = probe.CauseUsage.Advise("give the address of one host; `mailprobe ping --alive NETWORK/PREFIX` finds those of a network")

// wholeLink is the broadcast address of every link (RFC 919 section 7).
var wholeLink = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// groupError reports that an address is one of many hosts, whose answers cannot be matched.
func groupError(addr netip.Addr, group string) error {
	return probe.Because(causeGroup, fmt.Errorf("%s is %s: many hosts may answer, each under an address of its own", addr, group))
}

// groupOf names the interface whose broadcast address an address is, in words; empty if
// it is none.
func groupOf(addr netip.Addr) string {
	all, _ := net.Interfaces()
	for _, i := range all {
		prefixes, _ := i.Addrs()
		for _, p := range prefixes {
			if p, err := netip.ParsePrefix(p.String()); err == nil && i.Flags&net.FlagBroadcast != 0 && addr == broadcastOf(p) {
				return "the broadcast address of " + i.Name
			}
		}
	}
	return ""
}

// broadcastOf returns the last address of an IPv4 network; invalid for networks without
// one (RFC 3021).
func broadcastOf(p netip.Prefix) netip.Addr {
	if !p.Addr().Is4() || p.Bits() > 30 {
		return netip.Addr{}
	}
	return icmp.RangeOf(p).Last
}

// interfaces are the names of this machine's interfaces.
func interfaces() (names []string) {
	all, _ := net.Interfaces()
	for _, i := range all {
		names = append(names, i.Name)
	}
	return names
}

// hasInterface reports whether a zone is the name or the number of an interface.
func hasInterface(zone string) bool {
	if n, err := strconv.Atoi(zone); err == nil {
		_, err = net.InterfaceByIndex(n)
		return err == nil
	}
	return slices.Contains(interfaces(), zone)
}

// someInterface returns the name of an interface that is up and not loopback, for hints.
func someInterface() string {
	all, _ := net.Interfaces()
	for _, i := range all {
		if i.Flags&(net.FlagLoopback|net.FlagUp) == net.FlagUp {
			return i.Name
		}
	}
	return "eth0"
}

// isLocal reports whether an address is one of this machine.
func isLocal(addr netip.Addr) bool {
	own, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(own, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && icmp.SameHost(p.Addr(), addr)
	})
}
