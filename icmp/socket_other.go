//go:build !linux

package icmp

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync"

	neticmp "golang.org/x/net/icmp"
)

// A plainSocket sends and receives one Packet at a time, without the kernel's
// stamps, its error queue, or its count of dropped packets.
type plainSocket struct {
	conn  *neticmp.PacketConn
	proto int
	info  SocketInfo
	buf   []byte
	once  sync.Once
}

// openRaw opens a raw socket.
func openRaw(proto int, o Options) (socket, error) {
	network := "ip4:icmp"
	if proto == protoICMP6 {
		network = "ip6:ipv6-icmp"
	}
	var id [2]byte
	rand.Read(id[:])
	return openPlain(network, proto, o, SocketInfo{Raw: true, ID: binary.BigEndian.Uint16(id[:])})
}

// openDatagram opens the unprivileged datagram socket, which macOS has too.
func openDatagram(proto int, o Options) (socket, error) {
	network := "udp4"
	if proto == protoICMP6 {
		network = "udp6"
	}
	var id [2]byte
	rand.Read(id[:])
	s, err := openPlain(network, proto, o, SocketInfo{ID: binary.BigEndian.Uint16(id[:])})
	if err != nil && runtime.GOOS != "darwin" {
		return nil, fmt.Errorf("%s has no unprivileged ICMP socket: %w", runtime.GOOS, err)
	}
	return s, err
}

func openPlain(network string, proto int, o Options, info SocketInfo) (socket, error) {
	if err := unsupported(o); err != nil {
		return nil, err
	}
	source := ""
	if o.Source.IsValid() {
		source = o.Source.Unmap().String()
	}
	conn, err := neticmp.ListenPacket(network, source)
	if err != nil {
		return nil, err
	}
	s := &plainSocket{conn: conn, proto: proto, info: info, buf: make([]byte, 1<<16)}
	if err := s.setOptions(o); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// unsupported names an option that only Linux has.
func unsupported(o Options) error {
	for what, set := range map[string]bool{"an interface": o.Interface != "", "a mark": o.Mark != 0, "don't fragment": o.DontFragment} {
		if set {
			return fmt.Errorf("icmp: sending with %s is not supported on %s: %w", what, runtime.GOOS, errors.ErrUnsupported)
		}
	}
	return nil
}

func (s *plainSocket) setOptions(o Options) error {
	var errs []error
	if p := s.conn.IPv4PacketConn(); p != nil {
		if o.TTL != 0 {
			errs = append(errs, p.SetTTL(o.TTL))
		}
		if o.DSCP != 0 {
			errs = append(errs, p.SetTOS(o.DSCP<<2))
		}
	}
	if p := s.conn.IPv6PacketConn(); p != nil {
		if o.TTL != 0 {
			errs = append(errs, p.SetHopLimit(o.TTL))
		}
		if o.DSCP != 0 {
			errs = append(errs, p.SetTrafficClass(o.DSCP<<2))
		}
	}
	return errors.Join(errs...)
}

func (s *plainSocket) Info() SocketInfo    { return s.info }
func (s *plainSocket) Events([]Packet) int { return 0 }
func (s *plainSocket) Dropped() uint32     { return 0 }
func (s *plainSocket) Unread() int         { return 0 }

// Close implements socket.
func (s *plainSocket) Close() (err error) {
	s.once.Do(func() { err = s.conn.Close() })
	return err
}

// Receive implements socket.
func (s *plainSocket) Receive(ms []Packet) (int, error) {
	n, from, err := s.conn.ReadFrom(s.buf)
	if err != nil {
		return 0, err
	}
	ms[0] = Packet{Data: s.buf[:n], unchecked: s.info.Raw && s.proto == protoICMP4}
	switch from := from.(type) {
	case *net.IPAddr:
		addr, _ := netip.AddrFromSlice(from.IP)
		ms[0].Addr = addr.Unmap()
	case *net.UDPAddr:
		ms[0].Addr = from.AddrPort().Addr().Unmap()
	}
	return 1, nil
}

// Send implements socket.
func (s *plainSocket) Send(ms []Packet) (int, error) {
	for i, m := range ms {
		if err := s.setTTL(m.TTL); err != nil {
			return i, err
		}
		var to net.Addr = &net.IPAddr{IP: m.Addr.AsSlice(), Zone: m.Addr.Zone()}
		if !s.info.Raw {
			to = &net.UDPAddr{IP: m.Addr.AsSlice(), Zone: m.Addr.Zone()}
		}
		if _, err := s.conn.WriteTo(m.Data, to); err != nil {
			return i, err
		}
	}
	return len(ms), nil
}

func (s *plainSocket) setTTL(ttl int) error {
	if ttl == 0 {
		return nil
	}
	if p := s.conn.IPv4PacketConn(); p != nil {
		return p.SetTTL(ttl)
	}
	return s.conn.IPv6PacketConn().SetHopLimit(ttl)
}
