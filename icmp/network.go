package icmp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// A Network is an IPv4 network that exists in this process only, for tests and examples
// of programs that use this package; see Options.Network. Every host has every address
// and answers at once, unless Answer is set. Under testing/synctest its delays take no
// time. The zero value is ready for use, by any number of engines.
type Network struct {
	// Answer is called for each request and decides what comes of it, with
	// [Network.Deliver]. It runs on the goroutine that sends. nil delivers the reply.
	Answer func(n *Network, request Packet)
	// Refuse may return the error that the system has for a request; nil sends them all.
	Refuse func(request Packet) error

	mu      sync.Mutex
	sent    int
	sockets []*networkSocket
}

// networkInbox is how many packets may wait to be received.
const networkInbox = 1 << 14

// open opens a socket.
func (n *Network) open(proto int) (socket, error) {
	if proto != protoICMP4 {
		return nil, errors.New("icmp: this network has IPv4 only")
	}
	return n.listen(networkInbox), nil
}

func (n *Network) listen(room int) *networkSocket {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := &networkSocket{network: n, id: uint16(0x4d50 + len(n.sockets)), inbox: make(chan Packet, room), closed: make(chan struct{})}
	n.sockets = append(n.sockets, s)
	return s
}

// Sent returns how many requests were sent so far.
func (n *Network) Sent() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.sent
}

// send has one request answered.
func (n *Network) send(p Packet) error {
	if n.Refuse != nil {
		if err := n.Refuse(p); err != nil {
			return err
		}
	}
	n.mu.Lock()
	n.sent++
	n.mu.Unlock()
	p.Data = append([]byte(nil), p.Data...) // the engine uses it again
	if n.Answer == nil {
		n.Deliver(0, p.Reply())
	} else {
		n.Answer(n, p)
	}
	return nil
}

// Deliver hands a packet to the engines after a time. They ignore what answers a request
// of another.
func (n *Network) Deliver(after time.Duration, p Packet) {
	if after > 0 {
		time.AfterFunc(after, func() { n.Deliver(0, p) })
		return
	}
	n.mu.Lock()
	all := n.sockets
	n.mu.Unlock()
	for _, s := range all {
		s.put(p)
	}
}

// A networkSocket is an engine's side of a Network.
type networkSocket struct {
	network *Network
	id      uint16
	inbox   chan Packet
	closed  chan struct{}
}

func (s *networkSocket) put(p Packet) {
	select {
	case s.inbox <- p:
	case <-s.closed:
	}
}

func (s *networkSocket) Send(ps []Packet) (int, error) {
	for i, p := range ps {
		if err := s.network.send(p); err != nil {
			return i, err
		}
	}
	return len(ps), nil
}

func (s *networkSocket) Receive(ps []Packet) (int, error) {
	select {
	case ps[0] = <-s.inbox:
	case <-s.closed:
		return 0, net.ErrClosed
	}
	for n := 1; n < len(ps); n++ {
		select {
		case ps[n] = <-s.inbox:
		default:
			return n, nil
		}
	}
	return len(ps), nil
}

func (s *networkSocket) Events([]Packet) int { return 0 }
func (s *networkSocket) Dropped() uint32     { return 0 }
func (s *networkSocket) Unread() int         { return 0 }
func (s *networkSocket) Close() error        { close(s.closed); return nil }
func (s *networkSocket) Info() SocketInfo    { return SocketInfo{Raw: true, ID: s.id} }

// Reply returns the right answer to an IPv4 echo request, with a TTL of 64.
func (p Packet) Reply() Packet {
	data := append([]byte(nil), p.Data...)
	data[0] = 0
	return Packet{Data: data, Addr: p.Addr, TTL: 64, unchecked: true}.Seal()
}

// Fault returns the ICMPv4 error that a router, or the host itself, answers a request
// with. rest is the second word of its header, such as the MTU of the next link.
func (p Packet) Fault(from netip.Addr, typ, code byte, rest uint32) Packet {
	return p.quotedIn(from, typ, code, rest, len(p.Data))
}

// quotedIn is Fault with so many octets quoted of the request's ICMP message.
func (p Packet) quotedIn(from netip.Addr, typ, code byte, rest uint32, octets int) Packet {
	const quote = HeaderLen + 20 // where the quoted message begins, behind its IPv4 header
	data := make([]byte, quote, quote+octets)
	data[0], data[1] = typ, code
	binary.BigEndian.PutUint32(data[4:], rest)
	ip := data[HeaderLen:]
	ip[0], ip[8], ip[9] = 0x45, 1, protoICMP4
	binary.BigEndian.PutUint16(ip[2:], uint16(20+len(p.Data)))
	dst := p.Addr.As4()
	copy(ip[16:], dst[:])
	return Packet{Data: append(data, p.Data[:octets]...), Addr: from, TTL: 60, unchecked: true}.Seal()
}

// Seal returns the packet with the checksum put right, in the same memory.
func (p Packet) Seal() Packet {
	p.Data[2], p.Data[3] = 0, 0
	binary.BigEndian.PutUint16(p.Data[2:], checksum(p.Data))
	return p
}

// Path returns an Answer for a network where the way to every host leads over routers,
// of which an invalid address stands for one that never answers. Every hop takes a time
// there and back.
func Path(perHop time.Duration, routers ...netip.Addr) func(*Network, Packet) {
	return func(n *Network, request Packet) {
		switch ttl := request.TTL; {
		case ttl == 0 || ttl > len(routers):
			n.Deliver(time.Duration(len(routers)+1)*perHop, request.Reply())
		case routers[ttl-1].IsValid():
			n.Deliver(time.Duration(ttl)*perHop, request.Fault(routers[ttl-1], TypeTimeExceeded4, 0, 0))
		}
	}
}
