package icmp

import (
	"encoding/binary"

	neticmp "golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// The payload of every request starts with a token of 16 octets:
//
//	0-7   cookie   random, of the run
//	8-13  index    the number of the probe within the run
//	14-15 balance  makes the sum of sequence number, index and balance constant
//
// The sequence number is the index modulo 65,536. Thanks to the balance all
// requests of a run have the same checksum, so that routers that spread
// packets over several paths by that field send all of them the same way.
const (
	// MinSize is the least number of payload octets a probe can have.
	MinSize = tokenLen
	// MaxSize is the greatest: an IPv4 packet of 65,535 octets less headers.
	MaxSize = 65535 - 20 - HeaderLen
	// DefaultSize is what is used where no size is asked for, as ping does.
	DefaultSize = 56

	tokenLen  = 16
	HeaderLen = 8
	maxIndex  = 1<<48 - 1
)

// ICMP protocol numbers, as IP headers and x/net/icmp know them.
const (
	protoICMP4 = 1
	protoICMP6 = 58
)

type cookie [8]byte

// newTemplate returns a request of index 0 in wire format, its payload filled
// up to size with the repeated pattern. proto is protoICMP4 or protoICMP6; the
// checksum of ICMPv6 is left to the kernel, which knows the addresses.
func newTemplate(proto, size int, c cookie, pattern []byte) ([]byte, error) {
	payload := make([]byte, size)
	copy(payload, c[:])
	for i := tokenLen; i < size; i++ {
		if len(pattern) > 0 {
			payload[i] = pattern[(i-tokenLen)%len(pattern)]
		} else {
			payload[i] = byte(i)
		}
	}
	setToken(payload, 0)
	msg := neticmp.Message{Type: ipv4.ICMPTypeEcho, Body: &neticmp.Echo{Data: payload}}
	if proto == protoICMP6 {
		msg.Type = ipv6.ICMPTypeEchoRequest
	}
	return msg.Marshal(nil)
}

// stamp turns msg, a copy of a template, into the request of the given index.
func stamp(msg []byte, id uint16, index uint64) {
	old := binary.BigEndian.Uint16(msg[4:])
	binary.BigEndian.PutUint16(msg[4:], id)
	binary.BigEndian.PutUint16(msg[6:], uint16(index))
	setToken(msg[HeaderLen:], index)
	sum := binary.BigEndian.Uint16(msg[2:])
	binary.BigEndian.PutUint16(msg[2:], adjust(sum, old, id))
}

// setToken writes index and balance into the token payload starts with.
func setToken(payload []byte, index uint64) {
	hi, mid, lo := uint16(index>>32), uint16(index>>16), uint16(index)
	binary.BigEndian.PutUint16(payload[8:], hi)
	binary.BigEndian.PutUint16(payload[10:], mid)
	binary.BigEndian.PutUint16(payload[12:], lo)
	sum := fold(uint32(hi) + uint32(mid) + 2*uint32(lo))
	binary.BigEndian.PutUint16(payload[14:], ^sum)
}

// tokenIndex returns the index in the token that payload starts with.
func tokenIndex(payload []byte) uint64 {
	return uint64(binary.BigEndian.Uint16(payload[8:]))<<32 | uint64(binary.BigEndian.Uint32(payload[10:]))
}

// fold adds the carries of a ones' complement sum back in (RFC 1071).
func fold(sum uint32) uint16 {
	sum = sum&0xffff + sum>>16
	return uint16(sum + sum>>16)
}

// adjust returns the checksum of a message in which a 16-bit word changed from
// old to now (RFC 1624, equation 3).
func adjust(sum, old, now uint16) uint16 {
	return ^fold(uint32(^sum) + uint32(^old) + uint32(now))
}

// checksum returns the Internet checksum of b (RFC 1071); over a message that
// holds its right checksum it is 0.
func checksum(b []byte) uint16 {
	var sum uint64
	for len(b) >= 4 {
		sum += uint64(binary.BigEndian.Uint32(b))
		b = b[4:]
	}
	if len(b) >= 2 {
		sum += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint64(b[0]) << 8
	}
	sum = sum&0xffffffff + sum>>32
	sum = sum&0xffff + sum>>16&0xffff + sum>>32
	return ^fold(uint32(sum))
}
