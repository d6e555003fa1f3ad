package probetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"mailprobe/wire/wiretest"
)

// What a session section may say instead of a script.
const (
	refused     = "refused"     // the port answers with a reset
	unreachable = "unreachable" // a router says there is no way
	silent      = "silent"      // nothing ever comes back
)

// anywhere is the name of a session that serves every connection.
const anywhere = "*"

// network is all the servers of a case.
type network struct {
	path      wiretest.Path
	authority *wiretest.Authority
	zone      *zone
	resolver  string   // a real one instead of zone, empty for none
	args      []string // the options that name it

	mu       sync.Mutex
	sessions []session // not dialled yet
	dialled  []dialled
}

// dialled is one attempt to connect.
type dialled struct {
	address string
	session session
	conn    net.Conn
	played  chan error
}

// dial connects to the session that is next, or that is for the address.
func (n *network) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if n.resolver != "" && address == n.resolver {
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
	s, ok := n.take(address)
	if !ok {
		return nil, dialError(network, address, errors.New("the test has no session left for this connection"))
	}
	d := dialled{address: address, session: s}
	var err error
	switch s.fault {
	case refused:
		err = n.answerDial(network, address, syscall.ECONNREFUSED)
	case unreachable:
		err = n.answerDial(network, address, syscall.EHOSTUNREACH)
	case silent:
		<-ctx.Done()
		err = dialError(network, address, dialCause(ctx))
	default:
		server := &wiretest.Server{Script: s.script, Authority: n.authority, Path: n.path, After: s.after}
		d.played = make(chan error, 1)
		d.conn, err = server.Dial(ctx, d.played)
	}
	n.record(d)
	if err != nil {
		return nil, err
	}
	return &remote{d.conn, address}, nil
}

// answerDial is the error of a dial that is answered in the negative.
func (n *network) answerDial(network, address string, errno syscall.Errno) error {
	time.Sleep(n.path.RoundTrip)
	return dialError(network, address, os.NewSyscallError("connect", errno))
}

// dialCause is the error of a net.Dialer whose context ended.
func dialCause(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	return ctx.Err()
}

func dialError(network, address string, err error) error {
	return &net.OpError{Op: "dial", Net: network, Addr: textAddr(address), Err: err}
}

func (n *network) record(d dialled) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dialled = append(n.dialled, d)
}

// take finds the session for an address: of its own, before the next in line. Of
// several of its own each serves one connection, and the last every one that follows.
func (n *network) take(address string) (session, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	host, _, _ := net.SplitHostPort(address)
	for i, s := range n.sessions {
		if s.name == address || s.name == host || s.name == anywhere {
			if n.isFollowed(i) {
				n.sessions = slices.Delete(n.sessions, i, i+1)
			}
			return s, true
		}
	}
	for i, s := range n.sessions {
		if s.isNext() {
			n.sessions = append(n.sessions[:i:i], n.sessions[i+1:]...)
			return s, true
		}
	}
	return session{}, false
}

// isFollowed reports whether there is a later session of the same name.
func (n *network) isFollowed(i int) bool {
	return slices.ContainsFunc(n.sessions[i+1:], func(s session) bool { return s.name == n.sessions[i].name })
}

// isNext reports whether the session serves any address.
func (s session) isNext() bool {
	_, err := strconv.Atoi(s.name)
	return s.name == "" || err == nil
}

// patience is how long after its check a connection may stay open.
const patience = time.Hour

// finish waits for the servers and returns where clients deviated from scripts
// and what they left open.
func (n *network) finish() (deviations, unclosed []error) {
	n.mu.Lock()
	dialled := slices.Clone(n.dialled)
	n.mu.Unlock() // simulated time stands still where somebody waits for the lock
	for _, d := range dialled {
		if d.played == nil {
			continue
		}
		select {
		case err := <-d.played:
			if err != nil {
				deviations = append(deviations, fmt.Errorf("the client deviated from the script for %s: %w", d.address, err))
			}
		case <-time.After(patience):
			unclosed = append(unclosed, fmt.Errorf("the connection to %s was not closed", d.address))
			_ = d.conn.Close()
		}
	}
	time.Sleep(n.path.RoundTrip) // until what is still on its way has landed
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, s := range n.sessions {
		if s.isNext() || n.isFollowed(i) {
			deviations = append(deviations, fmt.Errorf("nothing connected to session %q", s.name))
		}
	}
	return deviations, unclosed
}

// remote is a connection that returns the address it was dialled to.
type remote struct {
	net.Conn
	address string
}

// Arrived reports whether bytes have arrived that were not read yet.
func (r *remote) Arrived() bool { return r.Conn.(interface{ Arrived() bool }).Arrived() }

func (r *remote) RemoteAddr() net.Addr { return textAddr(r.address) }

// LocalAddr is an address of the documentation's networks.
func (r *remote) LocalAddr() net.Addr {
	local := netip.MustParseAddr("192.0.2.100")
	if a, ok := textAddr(r.address).(*net.TCPAddr); ok && a.IP.To4() == nil {
		local = netip.MustParseAddr("2001:db8::100")
	}
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 40000))
}

// textAddr is the address in text, of type net.TCPAddr where it is numeric.
func textAddr(address string) net.Addr {
	if a, err := netip.ParseAddrPort(address); err == nil {
		return net.TCPAddrFromAddrPort(a)
	}
	return &net.UnixAddr{Name: address, Net: "tcp"}
}
