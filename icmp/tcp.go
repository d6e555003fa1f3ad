package icmp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

// A DialFunc makes a connection, as net.Dialer.DialContext does.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// PingTCP times TCP handshakes with a port instead of echoes, for where ICMP
// is filtered. Each connection is closed at once. A connection that is refused
// or otherwise fails counts as Failed, one without any answer as Lost. Size
// and Pattern mean nothing here; without an interval, and with Adaptive, one
// handshake follows the other. For its end and its error see [Engine.Ping].
func PingTCP(ctx context.Context, dial DialFunc, to netip.AddrPort, o PingOptions) (*Stats, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	p := tcpPinger{dial: dial, to: to, o: o, stats: o.Stats, ends: make(chan Reply)}
	ctx, stop := context.WithCancel(ctx)
	defer func() {
		stop()
		for ; p.inFlight > 0; p.inFlight-- {
			<-p.ends
		}
	}()
	return p.stats, p.loop(ctx)
}

// A tcpPinger is the state of one call of PingTCP.
type tcpPinger struct {
	dial     DialFunc
	to       netip.AddrPort
	o        PingOptions
	stats    *Stats
	sent     int // by this call
	ends     chan Reply
	inFlight int
}

func (p *tcpPinger) loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return p.interrupted(ctx)
		case ev := <-p.ends:
			p.inFlight--
			p.book(ev)
			if p.more() && (p.o.Adaptive || p.o.Interval < 0) {
				timer.Reset(0)
			}
		case <-timer.C:
			p.start(ctx)
			if p.more() && p.o.Interval > 0 {
				timer.Reset(p.o.Interval)
			}
		}
		if !p.more() && p.inFlight == 0 {
			return nil
		}
	}
}

func (p *tcpPinger) more() bool { return p.o.Count == 0 || p.sent < p.o.Count }

func (p *tcpPinger) book(ev Reply) {
	p.stats.Add(ev)
	if p.o.OnReply != nil {
		p.o.OnReply(ev)
	}
}

// start begins a handshake.
func (p *tcpPinger) start(ctx context.Context) {
	seq := int64(p.sent)
	p.sent++
	p.stats.Sent++
	p.inFlight++
	if p.o.OnSend != nil {
		p.o.OnSend(int64(p.sent - 1))
	}
	go func() {
		ev := handshake(ctx, p.dial, p.to, p.o.Wait)
		ev.Seq = seq
		p.ends <- ev
	}()
}

// interrupted books what is under way as the end of the context demands.
func (p *tcpPinger) interrupted(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		for range p.inFlight {
			p.book(Reply{Outcome: Lost, Addr: p.to.Addr()})
		}
		return nil
	}
	p.stats.withdraw(p.inFlight)
	return ctx.Err()
}

// handshake makes a connection within a time and closes it.
func handshake(ctx context.Context, dial DialFunc, to netip.AddrPort, wait time.Duration) Reply {
	r := Reply{Addr: to.Addr(), Clock: MonotonicClock}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	begin := time.Now()
	conn, err := dial(ctx, "tcp", to.String())
	r.RTT = time.Since(begin)
	var timeout net.Error
	switch {
	case err == nil:
		conn.Close()
		r.Outcome, r.From = Received, r.Addr
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		r.Outcome = Lost
	default:
		r.Outcome, r.Err = Failed, err
	}
	return r
}
