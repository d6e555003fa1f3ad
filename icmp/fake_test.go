package icmp

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// A fakeNet is a Network that keeps account of what it delivers, and whose socket has a
// receive buffer with an end.
type fakeNet struct {
	Network
	*networkSocket
	// answer schedules what comes back for a request; nil answers each at once.
	answer func(f *fakeNet, req Packet)
	looked func()        // if set, is called when the engine looks how much is unread
	buffer int           // octets of the receive buffer, 0 for no end
	stall  time.Duration // nothing is received before this time has passed

	mu      sync.Mutex
	dropped uint32
	rng     *rand.Rand
	ledger  []delivery
}

// A delivery is a packet that reached the engine under test.
type delivery struct {
	at   time.Time
	what Outcome // Received for every genuine one
}

func newFakeNet(seed uint64) *fakeNet {
	f := &fakeNet{rng: rand.New(rand.NewPCG(seed, 1))}
	f.Answer = func(_ *Network, req Packet) {
		if f.answer == nil {
			f.deliver(0, req.Reply(), Received)
		} else {
			f.answer(f, req)
		}
	}
	f.networkSocket = f.listen(1 << 17)
	return f
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

// deliver hands a packet to the engine after a delay and books it.
func (f *fakeNet) deliver(after time.Duration, m Packet, what Outcome) {
	arrive := func() {
		f.mu.Lock()
		f.ledger = append(f.ledger, delivery{time.Now(), what})
		full := f.buffer > 0 && f.Unread() >= f.buffer
		if full {
			f.dropped++
		}
		f.mu.Unlock()
		if !full {
			f.put(m)
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

func (f *fakeNet) Receive(ms []Packet) (int, error) {
	time.Sleep(f.stall)
	f.stall = 0
	return f.networkSocket.Receive(ms)
}

// quoteError returns an ICMP error about a request with the given number of
// octets of the request's ICMP message quoted.
func quoteError(req Packet, router netip.Addr, typ, code byte, quoted int) Packet {
	return req.quotedIn(router, typ, code, 0, quoted)
}
