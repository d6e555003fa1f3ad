package icmp

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Options says how an engine's sockets are opened. The zero value is the
// default: both address families, raw sockets where permitted.
type Options struct {
	Source       netip.Addr // address to send from; the other family then stays closed
	Interface    string     // network interface to send and receive on
	Mark         uint32     // firewall mark of sent packets (Linux)
	TTL          int        // TTL or hop limit of requests, 1-255; 0 for the system's
	DSCP         int        // differentiated services code point, 0-63 (RFC 2474)
	DontFragment bool       // forbid routers and this host to fragment requests
	Unprivileged bool       // use the datagram socket even if a raw one is permitted
	ReadBuffer   int        // octets to ask for received packets; 0 for 8 MiB
	NoStamps     bool       // measure with this process's monotonic clock only
	Pairs        int        // pairs of sockets, one of each family, for a sweep to use side by side; 0 for 1, at most MaxPairs
	Polled       bool       // the engine is for sweeps only, which then look for answers themselves (Linux)

	// Network, if set, takes the place of the system's network.
	Network *Network

	// open replaces the system's sockets, and readClock its clocks, in tests.
	open      func(proto int, o Options) (socket, error)
	readClock func() (time.Duration, int64)
}

// DefaultReadBuffer is the receive buffer an engine asks the kernel for: room
// for the replies of some ten thousand hosts that answer at once.
const DefaultReadBuffer = 8 << 20

// MaxPairs bounds Options.Pairs: every raw socket of a machine is offered every
// ICMP packet that comes.
const MaxPairs = 4

// ErrClosed is returned by an engine that was closed.
var ErrClosed = errors.New("icmp: engine closed")

// An Engine sends echo requests and hands each answer to the run that asked.
// It may be used by many goroutines at once.
type Engine struct {
	*pair // the first, which all runs use but those of sweeps
	pairs []*pair
	clock *clock
	bound bool // to an interface
	done  sync.WaitGroup
	spent budget // of routers, by traces

	mu     sync.RWMutex
	runs   map[cookie]*run
	closed bool
}

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

// Listen opens the sockets of an engine. It fails only if no address family
// can be used at all, with a [*PermissionError] if that is a matter of rights;
// see [Engine.Usable] for one family.
func Listen(o Options) (*Engine, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	switch {
	case o.open != nil:
	case o.Network != nil:
		o.open = o.Network.open
	default:
		o.open = openSocket
	}
	if o.ReadBuffer == 0 {
		o.ReadBuffer = DefaultReadBuffer
	}
	e := &Engine{clock: newClock(o.readClock), bound: o.Interface != "", runs: make(map[cookie]*run)}
	e.pair = openPair(o)
	if e.v4.sock == nil && e.v6.sock == nil {
		if o.Source.Is6() && !o.Source.Is4In6() {
			return nil, e.v6.err
		}
		return nil, e.v4.err
	}
	e.pairs = []*pair{e.pair}
	for len(e.pairs) < o.Pairs {
		e.pairs = append(e.pairs, openPair(o))
	}
	for p := range e.ports() {
		if p.poller == nil {
			e.done.Go(func() { e.receive(p) })
		}
	}
	for _, more := range e.pairs {
		if err := cmp.Or(more.lacks(e.v4), more.lacks(e.v6)); err != nil {
			return nil, errors.Join(err, e.Close()) // which takes the receivers to the end
		}
	}
	return e, nil
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

// ports yields those that have a socket.
func (e *Engine) ports() iter.Seq[*port] {
	return func(yield func(*port) bool) {
		for _, pair := range e.pairs {
			for _, p := range []*port{pair.v4, pair.v6} {
				if p.sock != nil && !yield(p) {
					return
				}
			}
		}
	}
}

func (o Options) check() error {
	switch {
	case o.TTL < 0 || o.TTL > 255:
		return fmt.Errorf("icmp: TTL %d is not within 1 to 255", o.TTL)
	case o.DSCP < 0 || o.DSCP > 63:
		return fmt.Errorf("icmp: DSCP %d is not within 0 to 63", o.DSCP)
	case o.Pairs < 0 || o.Pairs > MaxPairs:
		return fmt.Errorf("icmp: %d pairs of sockets are not within 0 to %d", o.Pairs, MaxPairs)
	}
	return nil
}

func openPair(o Options) *pair {
	return &pair{v4: openPort(protoICMP4, o), v6: openPort(protoICMP6, o)}
}

func openPort(proto int, o Options) *port {
	p := &port{proto: proto, events: newMessages(eventsAtOnce, 0)}
	if o.Source.IsValid() && o.Source.Unmap().Is4() != (proto == protoICMP4) {
		p.err = fmt.Errorf("icmp: source address %s is of the other address family", o.Source)
		return p
	}
	p.sock, p.err = o.open(proto, o)
	if p.err != nil {
		p.sock = nil
		return p
	}
	p.info = p.sock.Info()
	p.poller, _ = p.sock.(poller)
	return p
}

// newMessages returns n messages with buffers of the given size.
func newMessages(n, size int) []Packet {
	ms := make([]Packet, n)
	for i := range ms {
		ms[i].Data = make([]byte, size)
	}
	return ms
}

// Close ends all runs and closes the sockets. It returns when no goroutine of
// the engine is left.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	for _, r := range e.runs {
		r.stop(ErrClosed)
	}
	e.mu.Unlock()
	var errs []error
	for p := range e.ports() {
		errs = append(errs, p.sock.Close())
	}
	e.done.Wait()
	return errors.Join(errs...)
}

// Usable returns nil if the engine has a socket for addr's family, else why
// there is none.
func (e *Engine) Usable(addr netip.Addr) error { return e.portOf(addr).err }

// Socket describes the socket used for addr's family.
func (e *Engine) Socket(addr netip.Addr) SocketInfo { return e.portOf(addr).info }

func (p *pair) portOf(addr netip.Addr) *port {
	if addr.Is4() {
		return p.v4
	}
	return p.v6
}

// receive hands messages to runs until the socket is closed.
func (e *Engine) receive(p *port) {
	ms := newMessages(batchSize, 0)
	faults := uint64(0)
	for failures := 0; ; {
		n, err := p.sock.Receive(ms)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		now := e.clock.now()
		told := faults
		faults = e.drain(p)
		for i := range ms[:n] {
			e.handle(p, &ms[i], now)
		}
		if err == nil || faults != told { // an ICMP error, told once more
			failures = 0
			continue
		}
		// Other errors of a receiving socket pass as well, as when the network
		// went down. Only do not spin on them.
		if failures++; failures > 10 {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// poll hands the messages that are there to runs, and reports whether there were any;
// with events also what the socket has to say of what was sent.
func (e *Engine) poll(p *port, ms []Packet, events bool) bool {
	any := false
	if events {
		e.drain(p)
	}
	for range mostPolls {
		n := p.poller.Poll(ms)
		if n == 0 {
			break
		}
		any = true
		now := e.clock.now()
		for i := range ms[:n] {
			e.handle(p, &ms[i], now)
		}
		if n < len(ms) {
			break
		}
	}
	return any
}

// mostPolls is how many batches are taken before what else there is to do.
const mostPolls = 256

// mostEvents is how many events are taken before what else there is to do.
const mostEvents = 1 << 14

// drain takes transmit stamps and ICMP errors from the socket's queue, and returns
// how many errors were taken so far.
func (e *Engine) drain(p *port) (faults uint64) {
	p.eventsMu.Lock()
	defer p.eventsMu.Unlock()
	for range mostEvents / eventsAtOnce {
		n := p.sock.Events(p.events)
		for i := range p.events[:n] {
			if p.events[i].kind == quotedError {
				p.faults++
			}
			e.handleEvent(p, &p.events[i])
		}
		if n < len(p.events) {
			break
		}
	}
	return p.faults
}

// runOf returns the run with the cookie that payload starts with, nil if none.
func (e *Engine) runOf(payload []byte) *run {
	if len(payload) < len(cookie{}) {
		return nil
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.runs[cookie(payload)]
}

func (e *Engine) add(r *run) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	e.runs[r.cookie] = r
	return nil
}

func (e *Engine) remove(r *run) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.runs, r.cookie)
}
