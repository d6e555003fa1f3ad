package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/pires/go-proxyproto"

	"mailprobe/probe"
	"mailprobe/wire"
)

// Link is the way to one server and the walk along it, as they come about step by
// step.
type Link struct {
	// Conn is the connection, nil before Connect.
	Conn *wire.Conn
	// Target is the server.
	Target probe.Target
	// Faults are those of TLS, known after Handshake.
	Faults []Fault
	// Result is what the steps are recorded in.
	Result *probe.Result
	// Aside tells, after every step of a walk, what the server said besides its
	// answer; failure is what the step ended with. Nil for nothing.
	Aside func(s *probe.Step, failure error)

	ctx     context.Context
	probe   *probe.Options
	options *Options
	addrs   []netip.Addr
	broken  bool // a handshake failed: nothing more can be said
}

// NewLink begins a link for one check of a target; what happens on it is recorded in r.
func NewLink(ctx context.Context, p *probe.Options, o *Options, t probe.Target, r *probe.Result) *Link {
	return &Link{Target: t, ctx: ctx, probe: p, options: o, Result: r}
}

// Close ends the connection, if there is one.
func (l *Link) Close() {
	if l.Conn != nil {
		_ = l.Conn.Close()
	}
}

// NextStep gives the connection the time that one step may take.
func (l *Link) NextStep() {
	if l.Conn != nil {
		l.Conn.SetTimeout(l.probe.StepTimeout())
	}
}

// Resolve is the step that finds the host's addresses.
func (l *Link) Resolve(s *probe.Step) (err error) {
	l.addrs, err = l.probe.Resolve(l.ctx, l.Target, s)
	return err
}

// Connect is the step that connects to the first address that answers. Addresses
// before it that do not are a Warning: clients will meet them, too.
func (l *Link) Connect(s *probe.Step) error {
	var failed []string
	var last error
	deadline := time.Now().Add(l.probe.StepTimeout())
	for i, addr := range l.addrs {
		share := time.Until(deadline) / time.Duration(len(l.addrs)-i)
		socket, err := l.dial(addr, share)
		if err == nil {
			l.connected(s, socket, addr, failed)
			return l.sendProxyHeader()
		}
		if l.ctx.Err() != nil && errors.Is(context.Cause(l.ctx), context.Canceled) {
			return probe.Fail(probe.Unknown, errors.New("interrupted"), "")
		}
		last = explainDial(err, addr, l.Target.Port, share)
		if len(l.addrs) == 1 || !isNoRoute(err) {
			failed = append(failed, last.Error())
		}
	}
	if len(failed) < 2 {
		return last
	}
	var f *probe.Failure
	errors.As(last, &f)
	return probe.Fail(f.Status, errors.New(strings.Join(failed, "; ")), f.Hint)
}

func (l *Link) dial(addr netip.Addr, limit time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(l.ctx, limit)
	defer cancel()
	return l.probe.DialContext(ctx, "tcp", l.Target.AddrPort(addr))
}

func (l *Link) connected(s *probe.Step, socket net.Conn, addr netip.Addr, failed []string) {
	l.Result.Reached(netip.AddrPortFrom(addr, l.Target.Port))
	s.Learn(probe.Text("address", l.Result.Address))
	s.Say("connected to " + l.Result.Address)
	if len(failed) > 0 {
		s.Raise(probe.Warning, "not to "+strings.Join(failed, "; "), "clients try these addresses, too: make the server listen on all of its addresses, or take them out of DNS")
	}
	l.Conn = wire.NewConn(l.ctx, socket, l.Result.Transcript)
	l.NextStep()
}

// isNoRoute tells that this machine has no way to addresses of a family.
func isNoRoute(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}

// explainDial puts a failed connection into words.
func explainDial(err error, addr netip.Addr, port uint16, limit time.Duration) error {
	where := netip.AddrPortFrom(addr, port)
	fail := func(status probe.Status, what, hint string) error {
		return probe.Fail(status, fmt.Errorf("%s: %s", where, what), hint)
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail(probe.Critical, "connection refused", fmt.Sprintf("the host is up, but nothing listens on port %d, or a firewall rejects it", port))
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return fail(probe.Critical, "no answer within "+probe.FormatDuration(limit), hintSilent(port))
	case errors.Is(err, syscall.EHOSTUNREACH):
		return fail(probe.Critical, "no route to the host", "the host is down, or a router on the way refuses")
	case isNoRoute(err):
		return fail(probe.Unknown, "this machine has no way there: "+reason(err), "check its network, --source, and try -4 or -6")
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return fail(probe.Unknown, "this machine does not permit the connection: "+reason(err), "check its own firewall")
	}
	return fail(probe.Critical, reason(err), "")
}

func hintSilent(port uint16) string {
	if port == 25 {
		return "the host is down or a firewall drops the packets; many networks block port 25 going out: try 587, or from another network"
	}
	return "the host is down, or a firewall drops the packets"
}

// reason is the innermost cause of a network error.
func reason(err error) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number.Error()
	}
	return err.Error()
}

// sendProxyHeader tells the server whom the connection is for, as a load balancer does.
func (l *Link) sendProxyHeader() error {
	if l.options.Proxy == "" {
		return nil
	}
	version := byte(1)
	if l.options.Proxy == "v2" {
		version = 2
	}
	header, err := proxyproto.HeaderProxyFromAddrs(version, l.Conn.LocalAddr(), l.Conn.RemoteAddr()).Format()
	if err != nil {
		return fmt.Errorf("PROXY header: %w", err)
	}
	_, err = l.Conn.Write(header)
	return err
}
