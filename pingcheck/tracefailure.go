package pingcheck

import (
	"context"
	"net/netip"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// lossyTrace is how the path to a host that answers nothing is traced: in few rounds, as
// several hosts that are down together share the routers and what these answer.
var lossyTrace = icmp.TraceOptions{Rounds: 2, Interval: icmp.DefaultTraceInterval, Wait: icmp.DefaultWait, MaxHops: 30, MaxUnknown: 10, FirstHop: 1, Size: icmp.DefaultSize}

// partlyRounds is how many it takes to see where a part is lost: of fewer, a third may be
// lost by chance at one hop and not at another.
const partlyRounds = 12

// newLossyTrace returns a check that traces the paths to hosts that lose probes, by
// TCP segments where a port is given.
func newLossyTrace(o *probe.Options, tcp uint16) *traceCheck {
	c := &traceCheck{shared: shared{options: o}, trace: lossyTrace}
	c.trace.TCP = tcp
	return c
}

// traceLoss adds the trace of the path where that was asked for and probes were lost. It
// is no part of the verdict, but for silence, of which it may say why.
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
	var told *traced
	_ = r.Run(stepTrace, func(s *probe.Step) (err error) {
		s.Aside = true
		if told, err = c.follow(ctx, e, addr, r.Transcript, rounds); told == nil {
			return explainTrace(err, addr)
		}
		told.aside = true
		return told.tell(s, err)
	})
	if found := r.Step(stepTrace); *loss.Value == 100 {
		explainByTrace(r, found)
	} else if echo := lossStep(r); echo.Cause.Is(CausePacketLoss) && found.Hint != "" {
		echo.Hint = found.Hint
	}
	if told != nil {
		told.names = c.names(ctx, told.Route)
		told.tellHops(r)
	}
}

// lossStep returns the step that lost the probes.
func lossStep(r *probe.Result) *probe.Step {
	if s := r.Step(stepConnect); s != nil {
		return s
	}
	return r.Step(stepEcho)
}

// explainByTrace gives the step that was not answered the verdict of the trace, where that
// found out why.
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
