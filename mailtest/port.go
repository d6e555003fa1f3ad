package mailtest

import (
	"errors"
	"net"
	"sync"
	"time"
)

// port is the port of one service. It is the listener of the service's server; the
// network's own comes and goes with the fault Refuse.
type port struct {
	service  Service
	host     *Host
	addr     string // with the number that was found at first
	accepted chan net.Conn
	closed   chan struct{}

	mu       sync.Mutex
	listener net.Listener // nil while connections are refused
	conns    map[*conn]struct{}
}

func newPort(h *Host, service Service) *port {
	return &port{
		service: service, host: h, addr: "127.0.0.1:0",
		accepted: make(chan net.Conn), closed: make(chan struct{}), conns: map[*conn]struct{}{},
	}
}

// open listens, unless it does already.
func (p *port) open() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil || p.isClosed() {
		return nil
	}
	listener, err := net.Listen("tcp", p.addr)
	if err != nil {
		return err
	}
	p.listener, p.addr = listener, listener.Addr().String()
	p.host.running.Go(func() { p.admit(listener) })
	return nil
}

func (p *port) isClosed() bool {
	select {
	case <-p.closed:
		return true
	default:
		return false
	}
}

// refuse stops to listen; connections that are open stay so.
func (p *port) refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
}

// close ends the port and its connections for good.
func (p *port) close() {
	p.mu.Lock()
	close(p.closed)
	if p.listener != nil {
		_ = p.listener.Close()
	}
	conns := p.conns
	p.conns = nil
	p.mu.Unlock()
	for c := range conns {
		_ = c.Close()
	}
}

// admit hands the connections of a listener to the server.
func (p *port) admit(listener net.Listener) {
	for {
		socket, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(time.Millisecond) // out of descriptors, until one is given back
			continue
		}
		c := &conn{Conn: socket, port: p, closed: make(chan struct{})}
		if p.host.dropsAt(p.service, "CONNECT") || !p.enter(c) {
			_ = socket.Close()
			continue
		}
		select {
		case p.accepted <- c:
		case <-p.closed:
			_ = c.Close()
		}
	}
}

// enter counts a connection in, unless there are too many.
func (p *port) enter(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns == nil || len(p.conns) >= p.host.config.MaxConnections {
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *port) leave(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// Accept returns the next connection.
func (p *port) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close does nothing: servers close their listener, but the host closes the port.
func (p *port) Close() error { return nil }

// Addr is the address of the port.
func (p *port) Addr() net.Addr {
	addr, _ := net.ResolveTCPAddr("tcp", p.addr)
	return addr
}

// conn is a connection to a port, which answers as slowly as the faults have it.
type conn struct {
	net.Conn
	port   *port
	once   sync.Once
	closed chan struct{}
}

// Close ends the connection.
func (c *conn) Close() error {
	err := net.ErrClosed
	c.once.Do(func() {
		close(c.closed)
		c.port.leave(c)
		err = c.Conn.Close()
	})
	return err
}

// Write sends data, after the delay and byte by byte if the faults say so.
func (c *conn) Write(data []byte) (int, error) {
	f := c.port.host.faultsOf(c.port.service)
	if err := c.pause(f.Delay); err != nil {
		return 0, err
	}
	if f.Tarpit == 0 {
		return c.Conn.Write(data)
	}
	for i := range data {
		if err := c.pause(f.Tarpit); err != nil {
			return i, err
		}
		if _, err := c.Conn.Write(data[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(data), nil
}

// pause waits, unless the connection ends.
func (c *conn) pause(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	select {
	case <-time.After(d):
		return nil
	case <-c.closed:
		return net.ErrClosed
	}
}
