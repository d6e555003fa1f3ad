package pingcheck

import (
	"encoding/binary"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"mailprobe/icmp"
)

// silentNeighbour returns the first station on the path to a host (the host itself if it
// is on a link of this machine), if it does not answer for its link-layer address (ARP, NDP).
func silentNeighbour(host netip.Addr) (addr netip.Addr, ok bool) {
	next := nextHop(host)
	if !next.IsValid() {
		return netip.Addr{}, false
	}
	table, err := syscall.NetlinkRIB(unix.RTM_GETNEIGH, family(host))
	if err != nil {
		return netip.Addr{}, false
	}
	entries, err := syscall.ParseNetlinkMessage(table)
	if err != nil {
		return netip.Addr{}, false
	}
	for _, e := range entries {
		if e.Header.Type != unix.RTM_NEWNEIGH || len(e.Data) < unix.SizeofNdMsg {
			continue
		}
		state := binary.NativeEndian.Uint16(e.Data[8:]) // struct ndmsg, linux/neighbour.h
		if state&(unix.NUD_INCOMPLETE|unix.NUD_FAILED) != 0 && icmp.SameHost(attribute(e.Data[unix.SizeofNdMsg:], unix.NDA_DST), next) {
			return next, true
		}
	}
	return netip.Addr{}, false
}

func family(addr netip.Addr) int {
	if addr.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// nextHop asks the kernel for the first router on the path to a host, the host itself if
// there is none between; invalid without a route.
func nextHop(host netip.Addr) netip.Addr {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return netip.Addr{}
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, routeRequest(host), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return netip.Addr{}
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil {
		return netip.Addr{}
	}
	messages, err := syscall.ParseNetlinkMessage(answer[:n])
	if err != nil || len(messages) != 1 || messages[0].Header.Type != unix.RTM_NEWROUTE || len(messages[0].Data) < unix.SizeofRtMsg {
		return netip.Addr{}
	}
	if gate := attribute(messages[0].Data[unix.SizeofRtMsg:], unix.RTA_GATEWAY); gate.IsValid() {
		return gate
	}
	return host
}

// routeRequest is an RTM_GETROUTE for one address (rtnetlink(7)).
func routeRequest(host netip.Addr) []byte {
	addr := host.AsSlice()
	attr := unix.SizeofRtAttr + len(addr)
	b := make([]byte, unix.SizeofNlMsghdr+unix.SizeofRtMsg+attr)
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], unix.RTM_GETROUTE)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST)
	message := b[unix.SizeofNlMsghdr:]
	message[0], message[1] = byte(family(host)), byte(8*len(addr))
	message = message[unix.SizeofRtMsg:]
	binary.NativeEndian.PutUint16(message, uint16(attr))
	binary.NativeEndian.PutUint16(message[2:], unix.RTA_DST)
	copy(message[unix.SizeofRtAttr:], addr)
	return b
}

// attribute returns the address in an attribute of a type, not valid if there is none.
func attribute(b []byte, typ uint16) netip.Addr {
	for len(b) >= unix.SizeofRtAttr {
		n := int(binary.NativeEndian.Uint16(b))
		if n < unix.SizeofRtAttr || n > len(b) {
			break
		}
		if binary.NativeEndian.Uint16(b[2:]) == typ {
			addr, _ := netip.AddrFromSlice(b[unix.SizeofRtAttr:n])
			return addr
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return netip.Addr{}
}
