package icmp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

const (
	receiveSize = 1 << 16 // the largest packet
	controlSize = 256     // octets of control messages per packet
	quoteSize   = 256     // octets kept of a sent copy: any headers and the token
)

// A linuxSocket reads and writes batches with recvmmsg and sendmmsg.
type linuxSocket struct {
	receiver, sender side // the same but for raw IPv4
	proto            int
	info             SocketInfo
	source           []byte // control message with the address to send from, if the sender is not bound to it

	memory  []byte // of in, outside the heap: pages that no packet needs cost nothing
	in, out []ipv4.Message
	control [eventsAtOnce][controlSize]byte
	quotes  [eventsAtOnce][quoteSize]byte
}

// A side is a socket that messages go in or out by.
type side struct {
	conn  net.PacketConn
	raw   syscall.RawConn
	batch interface {
		ReadBatch([]ipv4.Message, int) (int, error)
		WriteBatch([]ipv4.Message, int) (int, error)
	}
}

func newSide(conn net.PacketConn, proto int) (side, error) {
	raw, err := conn.(syscall.Conn).SyscallConn()
	s := side{conn: conn, raw: raw, batch: ipv6.NewPacketConn(conn)}
	if proto == protoICMP4 {
		s.batch = ipv4.NewPacketConn(conn)
	}
	return s, err
}

func newLinuxSocket(receiver, sender net.PacketConn, proto int, o Options, info SocketInfo) (*linuxSocket, error) {
	in, inErr := newSide(receiver, proto)
	out, outErr := newSide(sender, proto)
	if err := errors.Join(inErr, outErr); err != nil {
		return nil, err
	}
	memory, err := unix.Mmap(-1, 0, batchSize*receiveSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("memory for packets: %w", err)
	}
	unix.Madvise(memory, unix.MADV_NOHUGEPAGE) // a failure costs memory only
	s := &linuxSocket{receiver: in, sender: out, proto: proto, info: info, memory: memory}
	if sender != receiver && o.Source.IsValid() {
		s.source = (&ipv4.ControlMessage{Src: o.Source.Unmap().AsSlice()}).Marshal()
	}
	s.in = make([]ipv4.Message, batchSize)
	s.out = make([]ipv4.Message, batchSize)
	for i := range batchSize {
		s.in[i].Buffers = [][]byte{memory[i*receiveSize : (i+1)*receiveSize]}
		s.in[i].OOB = make([]byte, controlSize)
		s.out[i].Buffers = make([][]byte, 1)
		s.out[i].OOB = make([]byte, 0, 64)
	}
	return s, nil
}

func (s *linuxSocket) Info() SocketInfo { return s.info }

// Close implements socket.
func (s *linuxSocket) Close() error {
	err := s.receiver.conn.Close()
	if s.sender.conn != s.receiver.conn {
		err = errors.Join(err, s.sender.conn.Close())
	}
	return err
}

// Receive implements socket.
func (s *linuxSocket) Receive(ms []Packet) (int, error) {
	n, err := s.receiver.batch.ReadBatch(s.in[:min(len(ms), len(s.in))], 0)
	if errors.Is(err, net.ErrClosed) {
		unix.Munmap(s.memory)
		return 0, net.ErrClosed
	}
	if err != nil {
		return 0, err
	}
	for i := range s.in[:n] {
		s.incoming(&s.in[i], &ms[i])
	}
	return n, nil
}

// incoming translates a received packet.
func (s *linuxSocket) incoming(in *ipv4.Message, m *Packet) {
	*m = Packet{Data: in.Buffers[0][:in.N], Addr: addrOf(in.Addr)}
	readControl(in.OOB[:in.NN], m)
	if s.info.Raw && s.proto == protoICMP4 {
		stripHeader(m)
	}
}

// addrOf returns the address in a net.Addr of a packet socket.
func addrOf(a net.Addr) netip.Addr {
	switch a := a.(type) {
	case *net.IPAddr:
		addr, _ := netip.AddrFromSlice(a.IP)
		return addr.Unmap().WithZone(a.Zone)
	case *net.UDPAddr:
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// Send implements socket.
func (s *linuxSocket) Send(ms []Packet) (int, error) {
	ms = ms[:min(len(ms), len(s.out))]
	for i := range ms {
		s.outgoing(&ms[i], &s.out[i])
	}
	n, err := s.sender.batch.WriteBatch(s.out[:len(ms)], 0)
	return max(n, 0), err
}

// outgoing translates a message to be sent.
func (s *linuxSocket) outgoing(m *Packet, out *ipv4.Message) {
	out.Buffers[0] = m.Data
	out.OOB = appendSendControl(append(out.OOB[:0], s.source...), m, s.proto, s.info.TxStamps)
	s.setAddr(m.Addr, out)
}

// setAddr sets a destination in place, where a batch before left one.
func (s *linuxSocket) setAddr(addr netip.Addr, out *ipv4.Message) {
	if s.info.Raw {
		to, ok := out.Addr.(*net.IPAddr)
		if !ok {
			to = new(net.IPAddr)
			out.Addr = to
		}
		to.IP, to.Zone = appendAddr(to.IP[:0], addr), addr.Zone()
		return
	}
	to, ok := out.Addr.(*net.UDPAddr)
	if !ok {
		to = new(net.UDPAddr)
		out.Addr = to
	}
	to.IP, to.Zone = appendAddr(to.IP[:0], addr), addr.Zone()
}

func appendAddr(b []byte, addr netip.Addr) []byte {
	if addr.Is4() {
		a := addr.As4()
		return append(b, a[:]...)
	}
	a := addr.As16()
	return append(b, a[:]...)
}

// Events implements socket.
func (s *linuxSocket) Events(ms []Packet) int {
	n := 0
	err := s.sender.raw.Control(func(fd uintptr) {
		for n < min(len(ms), eventsAtOnce) && readEvent(int(fd), s.quotes[n][:], s.control[n][:], &ms[n]) {
			n++
		}
	})
	if err != nil {
		return 0
	}
	return n
}

// Dropped implements socket. It asks the kernel instead of waiting for the
// counter that SO_RXQ_OVFL attaches to packets, because after the last packet
// that was dropped none may follow.
func (s *linuxSocket) Dropped() uint32 {
	var dropped uint32
	s.receiver.raw.Control(func(fd uintptr) { _, dropped = memInfo(int(fd)) })
	return dropped
}

// Unread implements socket.
func (s *linuxSocket) Unread() int {
	var used uint32
	s.receiver.raw.Control(func(fd uintptr) { used, _ = memInfo(int(fd)) })
	return int(used)
}
