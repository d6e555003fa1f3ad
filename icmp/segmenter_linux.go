package icmp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Segments are the raw sockets that probes by TCP or UDP go out by and their answers
// and ICMP errors come in by, and hands each to the trace that asked.
type Segments struct {
	proto  int
	port   uint16 // that probes go to
	clock  *clock
	source netip.Addr // to send from, if it was asked for
	v4, v6 *segmentPort
	done   sync.WaitGroup

	mu      sync.Mutex
	probers map[*segmentProber]bool
}

// A segmentPort is a segmenter's side of one address family.
type segmentPort struct {
	family int // the protocol number of its ICMP
	conn   *net.IPConn
	faults socket
	err    error // why there are none
}

// openSegments opens the sockets for probes to a port of TCP or else of UDP.
func openSegments(tcp, udp uint16, c *clock, o Options) (*Segments, error) {
	s := &Segments{proto: protoTCP, port: max(tcp, udp), clock: c, source: o.Source.Unmap(), probers: map[*segmentProber]bool{}}
	if tcp == 0 {
		s.proto = protoUDP
	}
	s.v4 = openSegmentPort(protoICMP4, s.proto, s.port, o)
	s.v6 = openSegmentPort(protoICMP6, s.proto, s.port, o)
	if s.v4.err != nil && s.v6.err != nil {
		return nil, s.v4.err
	}
	for _, p := range []*segmentPort{s.v4, s.v6} {
		if p.err == nil {
			s.done.Go(func() { s.receiveAnswers(p) })
			s.done.Go(func() { s.receiveFaults(p) })
		}
	}
	return s, nil
}

func openSegmentPort(family, proto int, from uint16, o Options) *segmentPort {
	p := &segmentPort{family: family}
	if o.Source.IsValid() && o.Source.Unmap().Is4() != (family == protoICMP4) {
		p.err = fmt.Errorf("icmp: source address %s is of the other address family", o.Source)
		return p
	}
	if o.ReadBuffer == 0 {
		o.ReadBuffer = DefaultReadBuffer
	}
	if p.conn, p.err = openSegmentConn(family, proto, from, o); p.err != nil {
		return p
	}
	if p.faults, p.err = openRaw(family, o); p.err != nil {
		p.conn.Close()
	}
	return p
}

func openSegmentConn(family, proto int, from uint16, o Options) (*net.IPConn, error) {
	fd, err := unix.Socket(familyOf(family), unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, proto)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return nil, &RawError{Err: os.NewSyscallError("socket", err)}
	}
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "segments")
	defer f.Close() // the connection below has a descriptor of its own
	filter, err := segmentFilter(family, proto, from)
	if err == nil {
		err = attach(fd, filter)
	}
	if err == nil {
		err = errors.Join(setOptions(fd, family, o, true), bind(fd, family, o), describe(fd, family, o, &SocketInfo{Raw: true}))
	}
	if err != nil {
		return nil, err
	}
	conn, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	return conn.(*net.IPConn), nil
}

// segmentFilter passes what comes from a port; of TCP the answers to a SYN only.
func segmentFilter(family, proto int, from uint16) ([]bpf.RawInstruction, error) {
	prog := []bpf.Instruction{bpf.LoadConstant{Dst: bpf.RegX, Val: 0}}
	if family == protoICMP4 {
		prog[0] = bpf.LoadMemShift{Off: 0} // a raw IPv4 socket sees the IP header
	}
	prog = append(prog, bpf.LoadIndirect{Off: 0, Size: 2})
	if proto == protoTCP {
		prog = append(prog,
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(from), SkipTrue: 3},
			bpf.LoadIndirect{Off: 13, Size: 1},
			bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: flagSYN | flagRST, SkipTrue: 1})
	} else {
		prog = append(prog, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(from), SkipTrue: 1})
	}
	return bpf.Assemble(append(prog, bpf.RetConstant{Val: 1 << 18}, bpf.RetConstant{Val: 0}))
}

func attach(fd int, filter []bpf.RawInstruction) error {
	prog := make([]unix.SockFilter, len(filter))
	for i, in := range filter {
		prog[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}))
}

// Close closes the sockets and returns when no goroutine is left.
func (s *Segments) Close() error {
	var errs []error
	for _, p := range []*segmentPort{s.v4, s.v6} {
		if p.err == nil {
			errs = append(errs, p.conn.Close(), p.faults.Close())
		}
	}
	s.done.Wait()
	return errors.Join(errs...)
}

// prober returns one for the probes to an address.
func (s *Segments) prober(addr netip.Addr, size int, wait time.Duration) (*segmentProber, error) {
	port := s.v6
	if addr.Is4() {
		port = s.v4
	}
	if port.err != nil {
		return nil, port.err
	}
	source := s.source
	if !source.IsValid() {
		var err error
		if source, err = sourceFor(addr); err != nil {
			return nil, err
		}
	}
	p := newSegmentProber(s.proto, port, s.clock, flowID{src: source, dst: addr, dport: s.port}, size, wait)
	p.remove = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.probers, p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.probers[p] = true
	return p, nil
}

// sendSegment implements segmentSender.
func (p *segmentPort) sendSegment(segment []byte, to netip.Addr, ttl int) error {
	control := appendControl(nil, unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT, uint32(ttl))
	if p.family == protoICMP4 {
		control = appendControl(nil, unix.IPPROTO_IP, unix.IP_TTL, uint32(ttl))
	}
	_, _, err := p.conn.WriteMsgIP(segment, control, &net.IPAddr{IP: to.AsSlice(), Zone: to.Zone()})
	return err
}

// each calls do for traces until one takes what has come.
func (s *Segments) each(do func(*segmentProber) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.probers {
		if do(p) {
			return
		}
	}
}

func (s *Segments) receiveAnswers(p *segmentPort) {
	data, control := make([]byte, 2048), make([]byte, controlSize)
	for {
		n, controlN, _, from, err := p.conn.ReadMsgIP(data, control)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		m := Packet{Data: data[:n], Addr: addrOf(from)}
		readControl(control[:controlN], &m)
		if p.family == protoICMP4 {
			stripHeader(&m)
		}
		if a, ok := parseSegment(s.proto, m.Data); ok {
			now := s.clock.now()
			s.each(func(p *segmentProber) bool { return p.answer(a, &m, now) })
		}
	}
}

func (s *Segments) receiveFaults(p *segmentPort) {
	ms := newMessages(batchSize, 0)
	for {
		n, err := p.faults.Receive(ms)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		now := s.clock.now()
		for i := range ms[:max(n, 0)] {
			m := &ms[i]
			if m.unchecked && checksum(m.Data) != 0 {
				continue
			}
			fault, quote := parseFault(p.family, m.Data, m.Addr)
			if fault == nil {
				continue
			}
			if quoted, ok := parseQuotedSegment(p.family, s.proto, quote); ok {
				s.each(func(p *segmentProber) bool { return p.fault(fault, quoted, m.stamp, now) })
			}
		}
	}
}
