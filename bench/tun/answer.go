//go:build linux

package tun

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"sync"
	"time"
)

// An Answer is a packet that comes back, after a time.
type Answer struct {
	After  time.Duration
	Packet Packet
}

// Serve reads packets until the device is closed and writes the answers that
// respond gives to each. The packet is respond's to keep.
func Serve(d *Device, respond func(Packet) []Answer) error {
	var pending sync.WaitGroup
	defer pending.Wait()
	buf := make([]byte, 1<<16)
	for {
		n, err := d.Read(buf)
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		if err != nil {
			time.Sleep(time.Millisecond) // the device is down
			continue
		}
		for _, a := range respond(append(Packet(nil), buf[:n]...)) {
			if a.After == 0 {
				d.Write(a.Packet)
				continue
			}
			pending.Add(1)
			time.AfterFunc(a.After, func() {
				defer pending.Done()
				d.Write(a.Packet)
			})
		}
	}
}

// Lossy returns a respond for Serve that loses the first of every n echo
// requests and answers the second twice.
func Lossy(n int) func(Packet) []Answer {
	asked := 0
	return func(p Packet) []Answer {
		if !p.Turn() {
			return nil
		}
		asked++
		switch asked % n {
		case 1:
			return nil
		case 2:
			return []Answer{{Packet: p}, {Packet: p}}
		}
		return []Answer{{Packet: p}}
	}
}

// Echo answers every echo request after a delay. It is made for many.
func Echo(d *Device, delay time.Duration) error {
	type due struct {
		at time.Time
		p  Packet
	}
	queue := make(chan due, 1<<17)
	go func() {
		for a := range queue {
			if wait := time.Until(a.at); wait > 0 {
				time.Sleep(wait)
			}
			d.Write(a.p)
		}
	}()
	defer close(queue)
	buf := make([]byte, 1<<16)
	for {
		n, err := d.Read(buf)
		if err != nil {
			return err
		}
		p := Packet(buf[:n])
		if !p.Turn() {
			continue
		}
		if delay == 0 {
			d.Write(p)
			continue
		}
		queue <- due{time.Now().Add(delay), append(Packet(nil), p...)}
	}
}

// A Packet is an IPv4 or IPv6 packet, header first.
type Packet []byte

// IPv6 reports whether it is one.
func (p Packet) IPv6() bool { return len(p) > 0 && p[0]>>4 == 6 }

// ICMP returns the part after the IP header, nil unless it is ICMP.
func (p Packet) ICMP() []byte {
	switch {
	case p.IPv6() && len(p) >= 48 && p[6] == 58:
		return p[40:]
	case !p.IPv6() && len(p) >= 28 && p[9] == 1:
		return p[int(p[0]&0xf)*4:]
	}
	return nil
}

// IsEchoRequest reports whether it is one.
func (p Packet) IsEchoRequest() bool {
	m := p.ICMP()
	return len(m) >= 8 && (p.IPv6() && m[0] == 128 || !p.IPv6() && m[0] == 8)
}

// Source returns the address it comes from.
func (p Packet) Source() netip.Addr {
	src, _ := p.addrs()
	addr, _ := netip.AddrFromSlice(src)
	return addr
}

// Destination returns the address it goes to.
func (p Packet) Destination() netip.Addr {
	_, dst := p.addrs()
	addr, _ := netip.AddrFromSlice(dst)
	return addr
}

func (p Packet) addrs() (src, dst []byte) {
	if p.IPv6() {
		return p[8:24], p[24:40]
	}
	return p[12:16], p[16:20]
}

// TTL returns the TTL or hop limit.
func (p Packet) TTL() int {
	if p.IPv6() {
		return int(p[7])
	}
	return int(p[8])
}

// Turn makes an echo request into its reply and reports whether it was one.
func (p Packet) Turn() bool {
	if !p.IsEchoRequest() {
		return false
	}
	src, dst := p.addrs()
	var was [16]byte
	n := copy(was[:], src)
	copy(src, dst)
	copy(dst, was[:n])
	m := p.ICMP()
	old := uint16(m[0]) << 8
	if m[0] = 0; p.IPv6() {
		m[0] = 129
	}
	sum := uint32(^binary.BigEndian.Uint16(m[2:])) + uint32(^old) + uint32(m[0])<<8 // RFC 1624
	binary.BigEndian.PutUint16(m[2:], ^fold(sum))
	return true
}

// Reply returns the reply to an echo request, which stays as it is.
func (p Packet) Reply() Packet {
	r := append(Packet(nil), p...)
	r.Turn()
	return r
}

// From returns the packet with another sender.
func (p Packet) From(addr netip.Addr) Packet {
	src, _ := p.addrs()
	copy(src, addr.AsSlice())
	p.Seal()
	return p
}

// Cut returns the packet without its last n octets.
func (p Packet) Cut(n int) Packet {
	p = p[:len(p)-n]
	p.Seal()
	return p
}

// Fault returns the ICMP error of a type and code that a router sends about a
// packet, with rest as the second word of its header (the MTU, for one).
func (p Packet) Fault(router netip.Addr, typ, code byte, rest uint32) Packet {
	header := 20
	if p.IPv6() {
		header = 40
	}
	f := append(make(Packet, header+8), p[:min(len(p), 512)]...)
	copy(f, p[:header])
	src, dst := f.addrs()
	copy(dst, src)
	copy(src, router.AsSlice())
	if p.IPv6() {
		f[7] = 64
	} else {
		f[0], f[8] = 0x45, 64
		f[6], f[7] = 0, 0
	}
	m := f.ICMP()
	m[0], m[1] = typ, code
	binary.BigEndian.PutUint32(m[4:], rest)
	f.Seal()
	return f
}

// Seal sets lengths and checksums right.
func (p Packet) Seal() {
	m := p.ICMP()
	m[2], m[3] = 0, 0
	if p.IPv6() {
		binary.BigEndian.PutUint16(p[4:], uint16(len(p)-40))
		pseudo := append(append([]byte(nil), p[8:40]...), 0, 0, byte(len(m)>>8), byte(len(m)), 0, 0, 0, 58)
		binary.BigEndian.PutUint16(m[2:], ^sum(pseudo, m))
		return
	}
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	p[10], p[11] = 0, 0
	binary.BigEndian.PutUint16(p[10:], ^sum(p[:int(p[0]&0xf)*4]))
	binary.BigEndian.PutUint16(m[2:], ^sum(m))
}

// sum returns the ones' complement sum of parts of even length but the last.
func sum(parts ...[]byte) uint16 {
	var s uint32
	for _, b := range parts {
		for i := 0; i+1 < len(b); i += 2 {
			s += uint32(b[i])<<8 | uint32(b[i+1])
		}
		if len(b)%2 == 1 {
			s += uint32(b[len(b)-1]) << 8
		}
	}
	return fold(s)
}

func fold(s uint32) uint16 {
	for s > 0xffff {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}
