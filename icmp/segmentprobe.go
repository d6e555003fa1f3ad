package icmp

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// Every probe by TCP or UDP has a source port of its own, so that none looks to a
// firewall like a connection that is begun twice. They are above those that the system
// gives to others.
const (
	firstPort = 61000
	portCount = 4096
)

// A segmentSender sends the segments of one address family.
type segmentSender interface {
	sendSegment(segment []byte, to netip.Addr, ttl int) error
}

// A segmentProber probes the hops of a path with TCP segments or UDP datagrams. No
// connection comes of it: the kernel, which knows of none, answers a SYN-ACK with a
// reset.
type segmentProber struct {
	proto  int
	out    segmentSender
	clock  *clock
	run    *run
	flow   flowID // all but the source port
	size   int    // octets of a UDP datagram
	seq    uint32 // of the first probe
	offset uint32 // of its port
	remove func()

	mu   sync.Mutex // guards what follows: answers come from other goroutines
	ttls [portCount]uint8
	sent uint64
}

func newSegmentProber(proto int, out segmentSender, c *clock, flow flowID, size int, wait time.Duration) *segmentProber {
	var random [8]byte
	rand.Read(random[:])
	return &segmentProber{
		proto: proto, out: out, clock: c, flow: flow, size: size,
		seq: binary.BigEndian.Uint32(random[:]), offset: binary.BigEndian.Uint32(random[4:]) % portCount,
		run: &run{reasons: true, pair: &pair{}, wait: wait, wake: make(chan struct{}, 1), dropped: map[*port]uint32{}},
	}
}

// sourceFor returns the address that packets to another leave this machine from.
func sourceFor(addr netip.Addr) (netip.Addr, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 9)))
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap().WithZone(""), nil
}

// port returns the source port of a probe.
func (p *segmentProber) port(index uint64) uint16 {
	return firstPort + uint16((uint64(p.offset)+index)%portCount)
}

// indexOf returns the latest probe with a source port.
func (p *segmentProber) indexOf(port uint16) (index uint64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if port < firstPort || port >= firstPort+portCount || p.sent == 0 {
		return 0, false
	}
	back := (uint64(p.port(p.sent-1)) + portCount - uint64(port)) % portCount
	if back >= p.sent {
		return 0, false
	}
	return p.sent - 1 - back, true
}

func (p *segmentProber) send(_ context.Context, ttl int) {
	p.mu.Lock()
	index := p.sent
	p.ttls[index%portCount] = uint8(ttl)
	p.sent++
	p.mu.Unlock()
	f := p.flow
	f.sport = p.port(index)
	segment := f.newSYN(p.seq + uint32(index))
	if p.proto == protoUDP {
		segment = f.newDatagram(p.size)
	}
	now := p.clock.now()
	p.run.mu.Lock()
	p.run.table.push(f.dst, now.mono).epoch = now.epoch
	p.run.mu.Unlock()
	if err := p.out.sendSegment(segment, f.dst, ttl); err != nil {
		p.run.failSend(index, err)
	}
}

// fault takes an ICMP error about a probe, and reports whether it is about one of these.
func (p *segmentProber) fault(fault *Error, quoted flowID, at int64, now reading) bool {
	if !SameHost(quoted.dst, p.flow.dst) || quoted.dport != p.flow.dport {
		return false
	}
	index, ok := p.indexOf(quoted.sport)
	if ok {
		p.run.faultAt(index, parsed{seq: uint16(index), fault: fault, dst: quoted.dst}, at, now)
	}
	return ok
}

// answer takes an answer of a host, and reports whether it is to one of these probes.
func (p *segmentProber) answer(a segmentAnswer, m *Packet, now reading) bool {
	if !SameHost(m.Addr, p.flow.dst) || a.from != p.flow.dport {
		return false
	}
	index, ok := p.indexOf(a.to)
	if !ok || p.proto == protoTCP && a.ack != p.seq+uint32(index)+1 {
		return false
	}
	r := p.run
	r.mu.Lock()
	defer r.mu.Unlock()
	req := r.table.at(index)
	if req == nil || req.state != pending && req.state != lost {
		return true // once more
	}
	ev := Reply{Addr: req.addr, From: m.Addr, Seq: int64(index), TTL: m.TTL, Size: len(m.Data)}
	if a.refused {
		ev.Err = syscall.ECONNREFUSED
	}
	ev.trip(roundTrip(req, m.stamp, now))
	r.settle(req, &ev)
	r.emit(ev)
	return true
}

func (p *segmentProber) ttlOf(seq int64) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if seq < 0 || uint64(seq) >= p.sent || uint64(seq)+portCount < p.sent {
		return 0
	}
	return int(p.ttls[uint64(seq)%portCount])
}

func (p *segmentProber) flush(context.Context)                  {}
func (p *segmentProber) expire(now time.Duration) time.Duration { return p.run.expire(now) }
func (p *segmentProber) take(evs []Reply) ([]Reply, error)      { return p.run.take(evs) }
func (p *segmentProber) pending() int                           { return p.run.pending() }
func (p *segmentProber) unanswered() []int64                    { return p.run.unanswered() }
func (p *segmentProber) wakes() <-chan struct{}                 { return p.run.wake }
func (p *segmentProber) close()                                 { p.remove() }
