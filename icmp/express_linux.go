package icmp

import (
	"encoding/binary"
	"os"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// expressMost is how many octets a message has at most that needs no fragments on any
// link of today (RFC 1122 §3.3.3).
const expressMost = 576 - ipv4.HeaderLen

// An express is a raw IPv4 socket that takes packets with their IP header, which spares
// the kernel a good part of what it does for each. Nothing is received by it: its
// protocol is none that packets have.
type express struct {
	fd      int
	ttl     int
	headers [batchSize][ipv4.HeaderLen]byte
}

// openExpress opens one that sends as the socket like does.
func openExpress(o Options, like int) (*express, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_RAW)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	x := &express{fd: fd}
	if err := setOptions(fd, protoICMP4, o.toSend(), true); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if err := bind(fd, protoICMP4, o); err != nil {
		unix.Close(fd)
		return nil, err
	}
	x.ttl, _ = unix.GetsockoptInt(like, unix.IPPROTO_IP, unix.IP_TTL)
	tos, _ := unix.GetsockoptInt(like, unix.IPPROTO_IP, unix.IP_TOS)
	flags := uint16(0)
	if discover, _ := unix.GetsockoptInt(like, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER); discover != unix.IP_PMTUDISC_DONT {
		flags = 1 << 14 // don't fragment
	}
	for i := range x.headers {
		h := x.headers[i][:]
		h[0], h[1], h[9] = 4<<4|ipv4.HeaderLen/4, byte(tos), protoICMP4
		binary.BigEndian.PutUint16(h[6:], flags)
	}
	return x, nil
}

// takes reports whether messages like m can go this way.
func (x *express) takes(m *Packet) bool {
	return x != nil && len(m.Data) <= expressMost && !m.stamped
}

// add puts a header before the message in a place of a flight. The kernel fills in
// the length, the checksum, and the source where it is not known.
func (x *express) add(f *flight, m *Packet, i int) {
	if x == nil {
		return
	}
	h := x.headers[i][:]
	h[8] = byte(x.ttl)
	if m.TTL > 0 {
		h[8] = byte(m.TTL)
	}
	copy(h[4:6], m.Data[6:8]) // the sequence number will do for an identification
	if h[4]|h[5] == 0 {
		h[5] = 1
	}
	dst := m.Addr.As4()
	copy(h[16:], dst[:])
	f.vectors[i][0].Base = &h[0]
	f.vectors[i][0].SetLen(len(h))
	header := &f.headers[i].header
	header.Iov = &f.vectors[i][0]
	header.SetIovlen(2)
	header.Control = nil
	header.SetControllen(0)
}
