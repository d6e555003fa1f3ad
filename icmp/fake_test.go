package icmp

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// A fakeNet is a socket whose network exists only in the test. Under
// testing/synctest its delays take no time.
type fakeNet struct {
	id uint16
	// answer schedules what comes back for a request; nil answers each at once.
	answer func(f *fakeNet, req message)
	// refuse, if set, may refuse to send a request.
	refuse func(req message) error
	looked func()        // if set, is called when the engine looks how much is unread
	buffer int           // octets of the receive buffer, 0 for no end
	stall  time.Duration // nothing is received before this time has passed

	mu      sync.Mutex
	inbox   chan message
	closed  chan struct{}
	events  []message
	dropped uint32
	sent    int
	rng     *rand.Rand
	ledger  []delivery
}

// A delivery is a packet that reached the engine under test.
type delivery struct {
	at   time.Time
	what Outcome // Received for every genuine one
}

func newFakeNet(seed uint64) *fakeNet {
	return &fakeNet{id: 0x4d50, inbox: make(chan message, 1<<17), closed: make(chan struct{}), rng: rand.New(rand.NewPCG(seed, 1))}
}

// engine opens an engine whose IPv4 socket is f.
func (f *fakeNet) engine(t *testing.T, o Options) *Engine {
	t.Helper()
	o.open = func(proto int, _ Options) (socket, error) {
		if proto == protoICMP6 {
			return nil, net.ErrClosed
		}
		return f, nil
	}
	e, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func (f *fakeNet) Info() SocketInfo { return SocketInfo{Raw: true, ID: f.id, ReadBuffer: f.buffer} }
func (f *fakeNet) Close() error     { close(f.closed); return nil }

func (f *fakeNet) Unread() int {
	if f.looked != nil {
		f.looked()
	}
	return len(f.inbox) * packetRoom
}

func (f *fakeNet) Dropped() uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dropped
}

func (f *fakeNet) Send(ms []message) (int, error) {
	for i, m := range ms {
		if f.refuse != nil {
			if err := f.refuse(m); err != nil {
				return i, err
			}
		}
		f.mu.Lock()
		f.sent++
		f.mu.Unlock()
		m.data = append([]byte(nil), m.data...)
		if f.answer == nil {
			f.deliver(0, f.reply(m), Received)
		} else {
			f.answer(f, m)
		}
	}
	return len(ms), nil
}

// reply returns the right answer to a request.
func (f *fakeNet) reply(req message) message {
	data := append([]byte(nil), req.data...)
	data[0] = 0
	return message{data: resum(data), addr: req.addr, ttl: 64, unchecked: true}
}

// resum sets the checksum right.
func resum(data []byte) []byte {
	data[2], data[3] = 0, 0
	binary.BigEndian.PutUint16(data[2:], checksum(data))
	return data
}

// deliver hands a packet to the engine after a delay and books it.
func (f *fakeNet) deliver(after time.Duration, m message, what Outcome) {
	arrive := func() {
		f.mu.Lock()
		f.ledger = append(f.ledger, delivery{time.Now(), what})
		full := f.buffer > 0 && f.Unread() >= f.buffer
		if full {
			f.dropped++
		}
		f.mu.Unlock()
		if full {
			return
		}
		select {
		case f.inbox <- m:
		case <-f.closed:
		}
	}
	if after == 0 {
		arrive()
		return
	}
	time.AfterFunc(after, arrive)
}

// delivered counts what had arrived by a time.
func (f *fakeNet) delivered(what Outcome, by time.Time) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.ledger {
		if d.what == what && !d.at.After(by) {
			n++
		}
	}
	return n
}

func (f *fakeNet) Receive(ms []message) (int, error) {
	time.Sleep(f.stall)
	f.stall = 0
	select {
	case ms[0] = <-f.inbox:
	case <-f.closed:
		return 0, net.ErrClosed
	}
	for n := 1; n < len(ms); n++ {
		select {
		case ms[n] = <-f.inbox:
		default:
			return n, nil
		}
	}
	return len(ms), nil
}

func (f *fakeNet) Events(ms []message) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := copy(ms, f.events)
	f.events = f.events[n:]
	return n
}

// quoteError returns an ICMP error about a request with the given number of
// octets of the request's ICMP message quoted.
func quoteError(req message, router netip.Addr, typ, code byte, quoted int) message {
	ip := make([]byte, 20)
	ip[0], ip[8], ip[9] = 0x45, 1, protoICMP4
	binary.BigEndian.PutUint16(ip[2:], uint16(20+len(req.data)))
	dst := req.addr.As4()
	copy(ip[16:], dst[:])
	data := append([]byte{typ, code, 0, 0, 0, 0, 0, 0}, ip...)
	data = append(data, req.data[:quoted]...)
	return message{data: resum(data), addr: router, ttl: 60, unchecked: true}
}
