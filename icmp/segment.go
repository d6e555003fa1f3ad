package icmp

import (
	"encoding/binary"
	"net/netip"
)

// IP protocol numbers of probes that are no echo requests.
const (
	protoTCP = 6
	protoUDP = 17
)

const (
	tcpHeaderLen = 24 // with one option
	udpHeaderLen = 8
	flagSYN      = 0x02
	flagRST      = 0x04
	flagACK      = 0x10
)

// An endpoint is an address with a port, and what it talks to.
type flowID struct {
	src, dst     netip.Addr
	sport, dport uint16
}

// newSYN returns the TCP segment that asks for a connection (RFC 9293 section 3.1), with
// the option that every client sends: some firewalls drop it without.
func (f flowID) newSYN(seq uint32) []byte {
	b := make([]byte, tcpHeaderLen)
	f.ports(b)
	binary.BigEndian.PutUint32(b[4:], seq)
	b[12], b[13] = tcpHeaderLen/4<<4, flagSYN
	binary.BigEndian.PutUint16(b[14:], 64240) // window
	copy(b[20:], []byte{2, 4, 1460 >> 8, 1460 & 0xff})
	binary.BigEndian.PutUint16(b[16:], f.checksum(protoTCP, b))
	return b
}

// newDatagram returns a UDP datagram (RFC 768) with size octets.
func (f flowID) newDatagram(size int) []byte {
	b := make([]byte, udpHeaderLen+size)
	f.ports(b)
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)))
	for i := range size {
		b[udpHeaderLen+i] = byte(i)
	}
	sum := f.checksum(protoUDP, b)
	if sum == 0 {
		sum = 0xffff // none at all would be 0
	}
	binary.BigEndian.PutUint16(b[6:], sum)
	return b
}

func (f flowID) ports(b []byte) {
	binary.BigEndian.PutUint16(b, f.sport)
	binary.BigEndian.PutUint16(b[2:], f.dport)
}

// checksum returns that of a segment whose own is 0, over it and the pseudo header (RFC
// 9293 section 3.1, RFC 8200 section 8.1).
func (f flowID) checksum(proto byte, segment []byte) uint16 {
	pseudo := append(f.src.AsSlice(), f.dst.AsSlice()...)
	if f.src.Is4() {
		pseudo = append(pseudo, 0, proto)
		pseudo = binary.BigEndian.AppendUint16(pseudo, uint16(len(segment)))
	} else {
		pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(len(segment)))
		pseudo = append(pseudo, 0, 0, 0, proto)
	}
	return checksum(append(pseudo, segment...))
}

// A segmentAnswer is what a TCP segment or a UDP datagram says of a probe.
type segmentAnswer struct {
	from, to uint16 // ports
	ack      uint32 // of TCP
	refused  bool   // a TCP reset
}

// parseSegment reads an answer of a host. It reports false for a TCP segment that is no
// answer to a SYN.
func parseSegment(proto int, b []byte) (a segmentAnswer, ok bool) {
	if len(b) < udpHeaderLen {
		return a, false
	}
	a.from, a.to = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	if proto == protoUDP {
		return a, true
	}
	if len(b) < 20 || b[13]&flagACK == 0 || b[13]&(flagSYN|flagRST) == 0 {
		return a, false
	}
	a.ack, a.refused = binary.BigEndian.Uint32(b[8:]), b[13]&flagRST != 0
	return a, true
}

// parseQuotedSegment reads the begin of a probe that an ICMP error of a family quotes:
// the IP header and at least the ports.
func parseQuotedSegment(family, proto int, b []byte) (f flowID, ok bool) {
	switch {
	case family == protoICMP4 && len(b) >= 20 && b[0]>>4 == 4 && int(b[9]) == proto:
		f.src, f.dst = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
		b = b[min(int(b[0]&0xf)*4, len(b)):]
	case family == protoICMP6 && len(b) >= 40 && b[0]>>4 == 6 && int(b[6]) == proto:
		f.src, f.dst = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
		b = b[40:]
	default:
		return f, false
	}
	if len(b) < 4 {
		return f, false
	}
	f.sport, f.dport = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	return f, true
}
