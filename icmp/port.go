package icmp

import (
	"net/netip"
	"sync"
)

// A pair is a port of each address family.
type pair struct {
	v4, v6 *port
}

// A port is the engine's side of one socket.
type port struct {
	proto    int
	sock     socket
	poller   poller // the socket, if it is one
	info     SocketInfo
	err      error // why there is no socket
	sendMu   sync.Mutex
	eventsMu sync.Mutex
	events   []Packet
	faults   uint64 // ICMP errors among the events so far
}

// lacks returns why the pair has no socket like that of a port.
func (p *pair) lacks(like *port) error {
	if like.sock == nil {
		return nil
	}
	if like.proto == protoICMP4 {
		return p.v4.err
	}
	return p.v6.err
}

func (p *pair) portOf(addr netip.Addr) *port {
	if addr.Is4() {
		return p.v4
	}
	return p.v6
}

// newMessages returns n messages with buffers of the given size.
func newMessages(n, size int) []Packet {
	ms := make([]Packet, n)
	for i := range ms {
		ms[i].Data = make([]byte, size)
	}
	return ms
}
