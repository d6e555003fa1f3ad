//go:build linux

package tun

import (
	"encoding/binary"
	"time"
)

const (
	ethernetLen = 14
	arpLen      = 28
	typeIPv4    = 0x0800
	typeARP     = 0x0806
)

// neighbour is the link-layer address of everyone behind a TAP device.
var neighbour = [6]byte{0x02, 0, 0, 0, 0, 0x07}

// ServeLink is Serve for a TAP device and IPv4: whoever the kernel asks for by ARP
// answers after a time, as respond does to its packets.
func ServeLink(d *Device, slow time.Duration, respond func(Packet) []Answer) error {
	return Serve(d, func(frame Packet) []Answer {
		if len(frame) < ethernetLen {
			return nil
		}
		header, body := frame[:ethernetLen], frame[ethernetLen:]
		switch binary.BigEndian.Uint16(header[12:]) {
		case typeARP:
			if reply := arpReply(body); reply != nil {
				return []Answer{{After: slow, Packet: framed(header, reply)}}
			}
		case typeIPv4:
			answers := respond(body)
			for i := range answers {
				answers[i].Packet = framed(header, answers[i].Packet)
			}
			return answers
		}
		return nil
	})
}

// framed puts the header of an answer before a packet.
func framed(asked, body []byte) Packet {
	frame := append(Packet(nil), asked[6:12]...)
	frame = append(frame, neighbour[:]...)
	frame = append(frame, asked[12:14]...)
	return append(frame, body...)
}

// arpReply answers a request (RFC 826), nil if it is none.
func arpReply(b []byte) []byte {
	if len(b) < arpLen || binary.BigEndian.Uint16(b[6:]) != 1 {
		return nil
	}
	reply := append([]byte(nil), b[:8]...)
	binary.BigEndian.PutUint16(reply[6:], 2)
	reply = append(reply, neighbour[:]...)
	reply = append(reply, b[24:28]...)
	return append(reply, b[8:18]...)
}
