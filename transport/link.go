package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pires/go-proxyproto"

	"mailprobe/policy"
	"mailprobe/probe"
	"mailprobe/wire"
)

// Link is a session with one server: the connection and what the steps have found so far.
type Link struct {
	// Conn is the connection, nil before Connect.
	Conn *wire.Conn
	// Target is the server.
	Target probe.Target
	// Faults are the faults of TLS, known after Handshake.
	Faults []Fault
	// Result records the steps.
	Result *probe.Result
	// Login is the log-in of the session.
	Login *Login
	// Banner is the text of the server's greeting.
	Banner string
	// Dialect is how the session is spoken.
	Dialect

	ctx       context.Context
	probe     *probe.Options
	options   *Options
	addrs     []netip.Addr
	address   netip.Addr // the one that was connected to
	tlsa      *TLSA      // records that senders go by, nil for none
	matched   []policy.TLSA
	unmatched []string // why the others of them do not match
	domains   []string // further names that its certificate may be for
	shown     [][]byte // the certificates that the server showed in the last handshake
	shook     bool     // a handshake was begun
	asked     bool     // the server asked for a certificate of the client
	broken    bool     // a handshake failed: nothing more can be said
}

// Dialect holds what a protocol does in its own way within the shared steps.
type Dialect struct {
	// Judge grades the error of a verb in a step, by what the server said.
	Judge func(s *probe.Step, err error) error
	// Preamble repeats, on a new connection, what leads to TLS: from the greeting to the
	// server's consent to STARTTLS.
	Preamble func() error
	// Notices is called after every step to report what the server said besides its
	// answer; failure is the error of the step. It may be nil.
	Notices func(s *probe.Step, failure error)
}

// NewLink returns a link for one check of a target, recorded in r.
func NewLink(ctx context.Context, p *probe.Options, o *Options, t probe.Target, r *probe.Result) *Link {
	return &Link{Target: t, ctx: ctx, probe: p, options: o, Result: r}
}

// Close closes the connection, if there is one.
func (l *Link) Close() {
	if l.Conn != nil {
		_ = l.Conn.Close()
	}
}

// NextStep renews the time limit of the connection for the next step.
func (l *Link) NextStep() {
	if l.Conn != nil {
		l.Conn.SetTimeout(l.probe.StepTimeout(l.ctx))
	}
}

// Resolve is the step that looks up the host's addresses.
func (l *Link) Resolve(s *probe.Step) (err error) {
	l.addrs, err = l.probe.Resolve(l.ctx, l.Target, s)
	return err
}

// Connect is the step that connects to the first address that answers. Addresses before
// it that do not are a Warning, as clients try them too.
func (l *Link) Connect(s *probe.Step) error {
	var failed []*attempt
	limit := l.probe.StepTimeout(l.ctx)
	if most := l.options.ConnectTimeout; most > 0 {
		limit = min(limit, most)
	}
	deadline := time.Now().Add(limit)
	for i, addr := range l.addrs {
		share := time.Until(deadline) / time.Duration(len(l.addrs)-i)
		socket, err := l.dial(addr, share)
		if err == nil {
			l.connected(s, socket, addr, failed)
			return l.sendProxyHeader()
		}
		if l.ctx.Err() != nil && errors.Is(context.Cause(l.ctx), context.Canceled) {
			return probe.Because(probe.CauseInterrupted, errors.New("interrupted"))
		}
		failed = append(failed, l.explainDial(err, addr, share))
	}
	return conclude(failed)
}

func (l *Link) dial(addr netip.Addr, limit time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(l.ctx, limit)
	defer cancel()
	return l.probe.DialContext(ctx, "tcp", l.Target.AddrPort(addr))
}

func (l *Link) connected(s *probe.Step, socket net.Conn, addr netip.Addr, failed []*attempt) {
	l.address = addr
	l.Result.Reached(netip.AddrPortFrom(addr, l.Target.Port))
	s.Learn(probe.Text("address", l.Result.Address))
	s.Say("connected to " + l.Result.Address)
	for _, a := range withoutMissingRoutes(failed) {
		cause := CauseAddressDown
		if a.cause.Blame == probe.BlameSender {
			cause = a.cause.As(probe.Warning)
		}
		s.RaiseFor(cause, "not to "+a.text)
	}
	l.Conn = wire.NewConn(l.ctx, socket, l.Result.Transcript)
	l.NextStep()
}

// sendProxyHeader sends the PROXY header of a load balancer, if asked for.
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
		return probe.Because(probe.CauseUsage, fmt.Errorf("PROXY header: %w", err))
	}
	_, err = l.Conn.Write(header)
	return err
}
