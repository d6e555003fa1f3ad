package web

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// crowd bounds the connections of all listeners. Where there are too many, the one goes
// that has kept the server waiting for a request longest, so that clients which connect and
// say nothing, or say it slowly, keep nobody else out.
type crowd struct {
	// max is how many connections there may be, maxEach how many of one host. Those of
	// this machine are not counted: they may be a reverse proxy's.
	max, maxEach int

	mu   sync.Mutex
	open map[*conn]bool
}

// conn is a connection of a crowd.
type conn struct {
	net.Conn
	crowd *crowd
	host  netip.Prefix // invalid for this machine and for sockets without addresses
	// waiting is since when no request has been read in full; zero while one is answered.
	waiting time.Time
}

func newCrowd(limit int) *crowd {
	return &crowd{max: limit, maxEach: max(limit/8, 1), open: map[*conn]bool{}}
}

// size is how many connections there are.
func (c *crowd) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

// listener bounds the connections of a listener.
func (c *crowd) listener(l net.Listener) net.Listener { return &crowdListener{l, c} }

type crowdListener struct {
	net.Listener
	crowd *crowd
}

// Accept implements net.Listener.
func (l *crowdListener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		one := &conn{Conn: accepted, crowd: l.crowd, host: hostOf(accepted.RemoteAddr()), waiting: time.Now()}
		if l.crowd.admit(one) {
			return one, nil
		}
		_ = accepted.Close()
	}
}

// admit makes room for a connection, and reports whether there is any.
func (c *crowd) admit(one *conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	each := 0
	for other := range c.open {
		if one.host.IsValid() && other.host == one.host {
			each++
		}
	}
	switch {
	case each >= c.maxEach && !c.shed(func(other *conn) bool { return other.host == one.host }):
		return false
	case len(c.open) >= c.max && !c.shed(func(*conn) bool { return true }):
		return false
	}
	c.open[one] = true
	return true
}

// shed closes the connection that has been waiting longest of those in question, and
// reports whether there was one.
func (c *crowd) shed(inQuestion func(*conn) bool) bool {
	var longest *conn
	for other := range c.open {
		if !other.waiting.IsZero() && inQuestion(other) && (longest == nil || other.waiting.Before(longest.waiting)) {
			longest = other
		}
	}
	if longest == nil {
		return false
	}
	delete(c.open, longest)
	_ = longest.Conn.Close()
	return true
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.crowd.mu.Lock()
	delete(c.crowd.open, c)
	c.crowd.mu.Unlock()
	return c.Conn.Close()
}

// changed notes what a connection is doing: it is http.Server.ConnState.
func (c *crowd) changed(of net.Conn, state http.ConnState) {
	if t, ok := of.(*tls.Conn); ok {
		of = t.NetConn()
	}
	one, ok := of.(*conn)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateActive:
		one.waiting = time.Time{}
	case http.StateIdle:
		one.waiting = time.Now()
	}
}

// hostOf returns the host of an address: an address of IPv4, or of IPv6 the network of a
// site.
func hostOf(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || tcp.IP.IsLoopback() {
		return netip.Prefix{}
	}
	addr := tcp.AddrPort().Addr().Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	host, _ := addr.Prefix(bits) // bits are those of the family
	return host
}
