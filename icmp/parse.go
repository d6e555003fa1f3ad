package icmp

import (
	"encoding/binary"
	"net/netip"

	neticmp "golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// A parsed message is what the engine needs to know of an ICMP message: an
// echo reply, or an error about an echo request together with what the error
// quotes of that request.
type parsed struct {
	id, seq uint16
	payload []byte     // of the reply; of a quoted request, often cut short
	fault   *Error     // nil for a reply
	dst     netip.Addr // where the quoted request was sent to
}

// parse reads an ICMP message of the given protocol that came from an address.
// It reports false for everything that cannot concern an echo request. The
// payload is part of b.
func parse(proto int, b []byte, from netip.Addr) (parsed, bool) {
	if len(b) < HeaderLen {
		return parsed{}, false
	}
	if isEcho(proto, b[0], false) {
		return parsed{id: binary.BigEndian.Uint16(b[4:]), seq: binary.BigEndian.Uint16(b[6:]), payload: b[HeaderLen:]}, true
	}
	return parseError(proto, b, from)
}

// isEcho reports whether an ICMP type is that of an echo request, or reply.
func isEcho(proto int, typ byte, request bool) bool {
	switch {
	case proto == protoICMP4 && request:
		return typ == byte(ipv4.ICMPTypeEcho)
	case proto == protoICMP4:
		return typ == byte(ipv4.ICMPTypeEchoReply)
	case request:
		return typ == byte(ipv6.ICMPTypeEchoRequest)
	}
	return typ == byte(ipv6.ICMPTypeEchoReply)
}

// parseError reads an ICMP error message and the request it quotes.
func parseError(proto int, b []byte, from netip.Addr) (parsed, bool) {
	fault, quote := parseFault(proto, b, from)
	if fault == nil {
		return parsed{}, false
	}
	p, ok := parseQuote(proto, quote)
	p.fault = fault
	return p, ok
}

// parseFault reads an ICMP error message, nil if it is none, and returns what it quotes.
func parseFault(proto int, b []byte, from netip.Addr) (fault *Error, quote []byte) {
	m, err := neticmp.ParseMessage(proto, b)
	if err != nil {
		return nil, nil
	}
	fault = &Error{From: from, Type: int(b[0]), Code: m.Code, IPv6: proto == protoICMP6}
	switch body := m.Body.(type) {
	case *neticmp.DstUnreach:
		quote = body.Data
		fault.extend(body.Extensions)
		if proto == protoICMP4 && m.Code == CodeFragNeeded {
			fault.MTU = int(binary.BigEndian.Uint16(b[6:])) // RFC 1191 section 4
		}
	case *neticmp.TimeExceeded:
		quote = body.Data
		fault.extend(body.Extensions)
	case *neticmp.ParamProb:
		quote = body.Data
	case *neticmp.PacketTooBig:
		quote, fault.MTU = body.Data, body.MTU
	default:
		return nil, nil
	}
	return fault, quote
}

// parseQuote reads the start of the packet that an ICMP error quotes: the IP
// header and at least 8 octets (RFC 792), or as much as fits (RFC 4443).
func parseQuote(proto int, b []byte) (parsed, bool) {
	var dst netip.Addr
	switch {
	case proto == protoICMP4 && len(b) >= 20 && b[0]>>4 == 4 && b[9] == protoICMP4:
		dst = netip.AddrFrom4([4]byte(b[16:20]))
		b = b[min(int(b[0]&0xf)*4, len(b)):]
	case proto == protoICMP6 && len(b) >= 40 && b[0]>>4 == 6 && b[6] == protoICMP6:
		dst = netip.AddrFrom16([16]byte(b[24:40]))
		b = b[40:]
	default:
		return parsed{}, false
	}
	p, ok := parseRequest(proto, b)
	p.dst = dst
	return p, ok
}

// parseRequest reads an echo request, of which the end may be missing.
func parseRequest(proto int, b []byte) (parsed, bool) {
	if len(b) < HeaderLen || !isEcho(proto, b[0], true) {
		return parsed{}, false
	}
	return parsed{id: binary.BigEndian.Uint16(b[4:]), seq: binary.BigEndian.Uint16(b[6:]), payload: b[HeaderLen:]}, true
}

// stripHeader takes the IPv4 header off, which a raw socket leaves in place,
// as it leaves the checksum of ICMP to the reader.
func stripHeader(m *Packet) {
	m.unchecked = true
	if len(m.Data) < 20 {
		m.Data = nil
		return
	}
	m.TTL = int(m.Data[8])
	m.Data = m.Data[min(int(m.Data[0]&0xf)*4, len(m.Data)):]
}
