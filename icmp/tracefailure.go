package icmp

import (
	"context"
	"errors"
	"net/netip"

	"mailprobe/probe"
)

// lossyTrace is how the path to a host that loses probes is traced: as many rounds as
// a router answers at once.
var lossyTrace = TraceOptions{Rounds: errorsAtOnce, Interval: traceInterval, Wait: defaultWait, MaxHops: 30, MaxUnknown: 10, FirstHop: 1, Size: DefaultSize}

// openWith opens the shared engine, and what else a trace of lossy paths needs.
func (c *check) openWith(listen func(Options) (*Engine, error), o Options) (*Engine, error) {
	e, err := listen(o)
	if err == nil && c.flags.trace {
		c.lossy = traceCheck{shared: shared{options: c.options}, trace: lossyTrace}
		c.lossy.trace.TCP = c.flags.tcp
		c.lossy.openSegments(e, o)
	}
	return e, err
}

// Close closes what was opened for the targets.
func (c *check) Close() error { return errors.Join(c.lossy.closeSegments(), c.shared.Close()) }

// traceLoss adds the trace of the path where that was asked for and probes were lost. It
// explains the verdict and is no part of it.
func (c *check) traceLoss(ctx context.Context, r *probe.Result) {
	loss, ok := r.Fact(probe.LossFact)
	if !c.flags.trace || !ok || loss.Value == nil || *loss.Value == 0 || ctx.Err() != nil {
		return
	}
	e, addr, err := c.engineFor(addressOf(r))
	if err != nil {
		return // of TCP handshakes, where no echo request can be sent
	}
	var told *traced
	_ = r.Run(stepTrace, func(s *probe.Step) (err error) {
		s.Aside = true
		if told, err = c.lossy.follow(ctx, e, addr, r.Transcript); told == nil {
			return explainTrace(err, addr)
		}
		told.aside = true
		return told.tell(s, err)
	})
	if told != nil {
		told.names = c.lossy.names(ctx, told.Route)
		told.tellHops(r)
	}
}

// addressOf returns the address that a result is of.
func addressOf(r *probe.Result) []netip.Addr {
	if to, err := netip.ParseAddrPort(r.Address); err == nil {
		return []netip.Addr{to.Addr()}
	}
	addr, err := netip.ParseAddr(r.Address)
	if err != nil {
		return nil
	}
	return []netip.Addr{addr}
}
