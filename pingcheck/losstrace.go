package pingcheck

import (
	"context"
	"net/netip"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// lossyTrace are the options for tracing the path to a host that does not answer. The
// rounds are few, as hosts that are down together share routers, and their rate limits.
var lossyTrace = icmp.TraceOptions{Rounds: 2, Interval: icmp.DefaultTraceInterval, Wait: icmp.DefaultWait, MaxHops: 30, MaxUnknown: 10, FirstHop: 1, Size: icmp.DefaultSize}

// partlyRounds is how many rounds it takes to locate a partial loss: with fewer, the loss
// of hops differs by chance.
const partlyRounds = 12

// newLossyTrace returns a check that traces the paths to hosts that lose probes, by
// TCP segments where a port is given.
func newLossyTrace(o *probe.Options, tcp uint16) *traceCheck {
	c := &traceCheck{shared: shared{options: o}, trace: lossyTrace}
	c.trace.TCP = tcp
	return c
}

// traceLoss adds a trace of the path to a result with loss. It does not change the
// verdict, except that it may explain a host that does not answer at all.
func (c *traceCheck) traceLoss(ctx context.Context, over *shared, r *probe.Result) {
	loss, ok := r.Fact(probe.LossFact)
	if !ok || loss.Value == nil || *loss.Value == 0 || ctx.Err() != nil {
		return
	}
	e, addr, err := over.engineFor(addressOf(r))
	if err != nil {
		return // of TCP handshakes, where no echo request can be sent
	}
	rounds := lossyTrace.Rounds
	if *loss.Value < 100 {
		rounds = partlyRounds
	}
	var trace *traced
	_ = r.Run(stepTrace, func(s *probe.Step) (err error) {
		s.Aside = true
		if trace, err = c.follow(ctx, e, addr, r.Transcript, rounds); trace == nil {
			return explainTrace(err, addr)
		}
		trace.aside = true
		return trace.report(s, err)
	})
	if found := r.Step(stepTrace); *loss.Value == 100 {
		explainByTrace(r, found)
	} else if echo := lossStep(r); echo.Cause.Is(CausePacketLoss) && found.Hint != "" {
		echo.Hint = found.Hint
	}
	if trace != nil {
		trace.names = c.names(ctx, trace.Route)
		trace.reportHops(r)
	}
}

// lossStep returns the step that lost the probes.
func lossStep(r *probe.Result) *probe.Step {
	if s := r.Step(stepConnect); s != nil {
		return s
	}
	return r.Step(stepEcho)
}

// explainByTrace gives the step without any answer the cause that the trace found, if it
// found one.
func explainByTrace(r *probe.Result, found *probe.Step) {
	s := lossStep(r)
	if s.Cause.Is(CauseNoAnswer) && found.Cause != nil && !found.Cause.Is(CauseNoAnswer) {
		s.ExplainBy(found)
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
