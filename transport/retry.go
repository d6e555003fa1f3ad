package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"mailprobe/probe"
	"mailprobe/wire"
)

// classicCurves keep a ClientHello within one packet.
var classicCurves = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}

// negotiate makes the handshake and returns how long it took. If nothing at all came back
// it tries once more on a new connection, with a shorter ClientHello.
//
// The ClientHello of a client with post-quantum key exchange is longer than one packet.
// Some middleboxes and old servers reset the connection then, or fall silent; a second
// attempt with a short one shows whether that is the reason.
func (l *Link) negotiate(s *probe.Step) (time.Duration, error) {
	begin, limit := time.Now(), l.probe.StepTimeout(l.ctx)
	curves, again := l.options.shorter()
	if again {
		l.Conn.SetTimeout(limit / 2) // the rest is for the second attempt
	}
	first := l.Conn.StartTLS(l.config(l.options.Curves))
	if !again || !errors.Is(first, wire.ErrUnanswered) || l.ctx.Err() != nil {
		return time.Since(begin), first
	}
	elapsed, second := l.negotiateAgain(begin.Add(limit), curves)
	switch {
	case second == nil:
		s.RaiseFor(CauseHelloNotSurvived, fmt.Sprintf("a ClientHello with the key share of %s: %v; without it the handshake succeeded", l.options.Curves.hybrid(), first))
		return elapsed, nil
	case errors.Is(second, errAgain):
		return elapsed, first
	case errors.Is(second, wire.ErrUnanswered):
		return elapsed, fmt.Errorf("%w; a shorter ClientHello on a second connection fared no better", first)
	}
	return elapsed, second
}

// errAgain means that the second attempt did not come as far as the handshake.
var errAgain = errors.New("no second attempt")

// negotiateAgain connects again and makes the handshake with a short ClientHello.
func (l *Link) negotiateAgain(deadline time.Time, curves []tls.CurveID) (time.Duration, error) {
	ctx, cancel := context.WithDeadline(l.ctx, deadline)
	defer cancel()
	socket, err := l.probe.DialContext(ctx, "tcp", l.Target.AddrPort(l.address))
	if err != nil {
		return 0, errAgain
	}
	l.Close()
	l.Result.Transcript.Record(wire.Comment, "connected again, for a ClientHello without post-quantum key share")
	l.Conn = wire.NewConn(l.ctx, socket, l.Result.Transcript)
	l.Conn.SetTimeout(time.Until(deadline))
	if l.sendProxyHeader() != nil || l.Preamble != nil && !l.Implicit() && l.Preamble() != nil {
		return 0, errAgain
	}
	begin := time.Now()
	err = l.Conn.StartTLS(l.config(curves))
	return time.Since(begin), err
}
