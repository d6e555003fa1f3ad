package icmp

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// readControl takes what the kernel says beside a packet into m: its time, its
// TTL, and what an error queue entry is about.
func readControl(b []byte, m *Packet) {
	for len(b) >= unix.SizeofCmsghdr {
		hdr, data, rest, err := unix.ParseOneSocketControlMessage(b)
		if err != nil {
			return
		}
		b = rest
		switch {
		case hdr.Level == unix.SOL_SOCKET && hdr.Type == unix.SCM_TIMESTAMPING:
			m.stamp = softwareStamp(data)
		case hdr.Level == unix.IPPROTO_IP && hdr.Type == unix.IP_TTL && len(data) >= 4,
			hdr.Level == unix.IPPROTO_IPV6 && hdr.Type == unix.IPV6_HOPLIMIT && len(data) >= 4:
			m.TTL = int(binary.NativeEndian.Uint32(data))
		case hdr.Level == unix.IPPROTO_IP && hdr.Type == unix.IP_RECVERR,
			hdr.Level == unix.IPPROTO_IPV6 && hdr.Type == unix.IPV6_RECVERR:
			readExtendedError(data, m)
		}
	}
}

// softwareStamp returns the first of the three struct timespec of an
// SCM_TIMESTAMPING, in ns since the Unix epoch; 0 if it is not set.
func softwareStamp(b []byte) int64 {
	switch len(b) {
	case 48:
		return int64(binary.NativeEndian.Uint64(b))*1e9 + int64(binary.NativeEndian.Uint64(b[8:]))
	case 24:
		return int64(int32(binary.NativeEndian.Uint32(b)))*1e9 + int64(binary.NativeEndian.Uint32(b[4:]))
	}
	return 0
}

// readExtendedError reads a struct sock_extended_err and the address of the
// offender after it (ip(7), IP_RECVERR).
func readExtendedError(b []byte, m *Packet) {
	if len(b) < 16 || b[4] != unix.SO_EE_ORIGIN_ICMP && b[4] != unix.SO_EE_ORIGIN_ICMP6 {
		return // a transmit stamp, or an error that Send returns as well
	}
	m.kind = quotedError
	m.fault = &Error{Type: int(b[5]), Code: int(b[6]), IPv6: b[4] == unix.SO_EE_ORIGIN_ICMP6}
	if m.fault.TooBig() {
		m.fault.MTU = int(binary.NativeEndian.Uint32(b[8:]))
	}
	offender := b[16:]
	if len(offender) < 2 {
		return
	}
	switch family := binary.NativeEndian.Uint16(offender); {
	case family == unix.AF_INET && len(offender) >= 8:
		m.fault.From = netip.AddrFrom4([4]byte(offender[4:8]))
	case family == unix.AF_INET6 && len(offender) >= 24:
		m.fault.From = netip.AddrFrom16([16]byte(offender[8:24]))
	}
}

// appendControl appends a control message that holds one 32-bit value.
func appendControl(b []byte, level, typ int, value uint32) []byte {
	start := len(b)
	b = append(b, make([]byte, unix.CmsgSpace(4))...)
	hdr := (*unix.Cmsghdr)(unsafe.Pointer(&b[start]))
	hdr.Level, hdr.Type = int32(level), int32(typ)
	hdr.SetLen(unix.CmsgLen(4))
	binary.NativeEndian.PutUint32(b[start+unix.CmsgLen(0):], value)
	return b
}

// appendSendControl appends the control messages for a packet that is sent.
func appendSendControl(b []byte, m *Packet, proto int, stamps bool) []byte {
	if m.stamped && stamps {
		b = appendControl(b, unix.SOL_SOCKET, unix.SO_TIMESTAMPING, unix.SOF_TIMESTAMPING_TX_SOFTWARE)
	}
	switch {
	case m.TTL == 0:
	case proto == protoICMP4:
		b = appendControl(b, unix.IPPROTO_IP, unix.IP_TTL, uint32(m.TTL))
	default:
		b = appendControl(b, unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT, uint32(m.TTL))
	}
	return b
}

// readEvent reads one entry of a socket's error queue into buffers; false if it is
// empty.
func readEvent(fd int, data, control []byte, m *Packet) bool {
	n, controlN, _, to, err := unix.Recvmsg(fd, data, control, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
	if err != nil {
		return false
	}
	*m = Packet{Data: data[:n], kind: sentCopy}
	switch to := to.(type) {
	case *unix.SockaddrInet4:
		m.Addr = netip.AddrFrom4(to.Addr)
	case *unix.SockaddrInet6:
		m.Addr = netip.AddrFrom16(to.Addr)
	}
	readControl(control[:controlN], m)
	return true
}

// memInfo returns the octets of a socket's receive buffer that are in use, and
// how many packets found no room in it; 0 where the kernel does not report it (the
// latter before Linux 4.12).
func memInfo(fd int) (used, drops uint32) {
	var info [9]uint32 // SK_MEMINFO_RMEM_ALLOC to SK_MEMINFO_DROPS, linux/sock_diag.h
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0, 0
	}
	return info[0], info[8]
}
