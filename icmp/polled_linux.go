package icmp

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// A polledSocket is a socket for sweeps. Go's poller does not know of it, which would
// wake a thread for every packet that comes; who sends reads the answers, many with
// one system call. Nor does the scheduler hear of its system calls, which never wait.
type polledSocket struct {
	receiver, sender int      // descriptors; the same but for raw IPv4
	express          *express // raw IPv4
	proto            int
	info             SocketInfo
	source           []byte // as in linuxSocket
	zones            map[uint32]string
	scopes           map[string]uint32

	out, in flight
	control [eventsAtOnce][controlSize]byte
	quotes  [eventsAtOnce][quoteSize]byte
}

// openPolled opens a socket of a type for sweeps.
func openPolled(proto, typ int, o Options, info SocketInfo) (socket, error) {
	s := &polledSocket{proto: proto, zones: map[uint32]string{}, scopes: map[string]uint32{}}
	fd, err := openDescriptor(proto, typ, o, &info)
	if err != nil {
		return nil, err
	}
	s.receiver, s.sender = fd, fd
	if info.Raw && proto == protoICMP4 {
		if s.sender, err = openDescriptor(proto, typ, o.toSend(), &info); err != nil {
			unix.Close(fd)
			return nil, err
		}
		if o.Source.IsValid() {
			s.source = (&ipv4.ControlMessage{Src: o.Source.Unmap().AsSlice()}).Marshal()
		}
	}
	if info.Raw && proto == protoICMP4 {
		if s.express, err = openExpress(o, s.sender); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	s.info = info
	s.out.prepare(0)
	s.in.prepare(pollSize)
	return s, nil
}

// openDescriptor is openConn without Go's poller.
func openDescriptor(proto, typ int, o Options, info *SocketInfo) (int, error) {
	conn, err := openConn(proto, typ, o, info)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return 0, err
	}
	fd := -1
	if err := raw.Control(func(of uintptr) { fd, err = unix.FcntlInt(of, unix.F_DUPFD_CLOEXEC, 0) }); err != nil {
		return 0, err
	}
	return fd, os.NewSyscallError("fcntl", err)
}

// Info implements socket.
func (s *polledSocket) Info() SocketInfo { return s.info }

// Close implements socket.
func (s *polledSocket) Close() error {
	err := unix.Close(s.receiver)
	if s.sender != s.receiver {
		err = errors.Join(err, unix.Close(s.sender))
	}
	if s.express != nil {
		err = errors.Join(err, unix.Close(s.express.fd))
	}
	return err
}

// Receive implements socket. Nothing waits for packets here: see Poll.
func (s *polledSocket) Receive([]Packet) (int, error) { return 0, net.ErrClosed }

// Send implements socket.
func (s *polledSocket) Send(ms []Packet) (int, error) {
	ms = ms[:min(len(ms), batchSize)]
	fd, x := s.sender, s.express
	if len(ms) > 0 && x.takes(&ms[0]) {
		fd = x.fd
	} else {
		x = nil
	}
	for i := range ms {
		s.outgoing(&ms[i], i)
		x.add(&s.out, &ms[i], i)
	}
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&s.out.headers)), uintptr(len(ms)), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
			continue
		}
		return 0, os.NewSyscallError("sendmmsg", errno)
	}
}

// outgoing translates a message to be sent.
func (s *polledSocket) outgoing(m *Packet, i int) {
	s.out.vectors[i][1].Base = &m.Data[0]
	s.out.vectors[i][1].SetLen(len(m.Data))
	control := appendSendControl(append(s.out.control[i][:0], s.source...), m, s.proto, s.info.TxStamps)
	h := &s.out.headers[i].header
	h.Iov = &s.out.vectors[i][1]
	h.SetIovlen(1)
	h.Control = nil
	if len(control) > 0 {
		h.Control = &control[0]
	}
	h.SetControllen(len(control))
	h.Namelen = s.setName(&s.out.names[i], m.Addr)
}

// setName writes a destination.
func (s *polledSocket) setName(to *unix.RawSockaddrInet6, addr netip.Addr) (size uint32) {
	if s.proto == protoICMP4 {
		to4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(to))
		to4.Family, to4.Addr = unix.AF_INET, addr.As4()
		return unix.SizeofSockaddrInet4
	}
	to.Family, to.Addr, to.Scope_id = unix.AF_INET6, addr.As16(), s.scopeOf(addr.Zone())
	return unix.SizeofSockaddrInet6
}

// scopeOf returns the index of the interface that a zone names, 0 for none.
func (s *polledSocket) scopeOf(zone string) uint32 {
	if zone == "" {
		return 0
	}
	scope, ok := s.scopes[zone]
	if !ok {
		if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
			scope = uint32(n)
		} else if ifi, err := net.InterfaceByName(zone); err == nil {
			scope = uint32(ifi.Index)
		}
		s.scopes[zone] = scope
	}
	return scope
}

// Poll implements poller.
func (s *polledSocket) Poll(ms []Packet) int {
	ms = ms[:min(len(ms), batchSize)]
	for i := range ms {
		s.await(i)
	}
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(s.receiver), uintptr(unsafe.Pointer(&s.in.headers)), uintptr(len(ms)), unix.MSG_DONTWAIT, 0, 0)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 { // none is there, or an ICMP error, which Events returns as well
			return 0
		}
		for i := range ms[:n] {
			s.incoming(i, &ms[i])
		}
		return int(n)
	}
}

// await makes room for a packet.
func (s *polledSocket) await(i int) {
	h := &s.in.headers[i].header
	s.in.vectors[i][1].Base = &s.in.data[i][0]
	s.in.vectors[i][1].SetLen(pollSize)
	h.Control = &s.in.control[i][:1][0]
	h.SetControllen(pollControl)
	h.Namelen = unix.SizeofSockaddrInet6
}

// incoming translates a received packet.
func (s *polledSocket) incoming(i int, m *Packet) {
	h := &s.in.headers[i]
	*m = Packet{Data: s.in.data[i][:min(int(h.n), pollSize)], Addr: s.addrOf(&s.in.names[i])}
	readControl(s.in.control[i][:min(int(h.header.Controllen), pollControl)], m)
	if s.info.Raw && s.proto == protoICMP4 {
		stripHeader(m)
	}
}

func (s *polledSocket) addrOf(from *unix.RawSockaddrInet6) netip.Addr {
	if s.proto == protoICMP4 {
		return netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(from)).Addr)
	}
	addr := netip.AddrFrom16(from.Addr).Unmap()
	if from.Scope_id == 0 {
		return addr
	}
	zone, ok := s.zones[from.Scope_id]
	if !ok {
		zone = strconv.FormatUint(uint64(from.Scope_id), 10)
		if ifi, err := net.InterfaceByIndex(int(from.Scope_id)); err == nil {
			zone = ifi.Name
		}
		s.zones[from.Scope_id] = zone
	}
	return addr.WithZone(zone)
}

// Events implements socket.
func (s *polledSocket) Events(ms []Packet) int {
	n := 0
	for n < min(len(ms), eventsAtOnce) && readEvent(s.sender, s.quotes[n][:], s.control[n][:], &ms[n]) {
		n++
	}
	return n
}

// Dropped implements socket.
func (s *polledSocket) Dropped() uint32 {
	_, dropped := memInfo(s.receiver)
	return dropped
}

// Unread implements socket.
func (s *polledSocket) Unread() int {
	used, _ := memInfo(s.receiver)
	return int(used)
}
