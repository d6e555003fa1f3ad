package pingcheck

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// A grading grades the statistics of a host by the thresholds of the options; the other
// fields explain some losses.
type grading struct {
	options *probe.Options
	ttl     int    // that the probes were sent with, 0 for the system's
	tcp     uint16 // the port of handshakes, 0 for echo requests
}

// judge records the statistics of a host in the step and grades them. The thresholds on
// the loss apply unless no probe left this machine: then nothing is known of the host.
func (g grading) judge(step *probe.Step, stats *icmp.Stats, host netip.Addr) error {
	step.Say(detail(stats))
	step.Say(queueText(stats, host))
	all := facts(stats)
	if stats.Sent == 0 {
		step.Learn(all...)
		return probe.Because(probe.CauseInterrupted, errors.New("no probe was sent"))
	}
	v := explainLoss(stats, host)
	switch {
	case v.cause.Is(CauseRoutingLoop) && g.ttl > 0:
		v.cause, v.also = CauseTTLExceeded, []*probe.Cause{CauseRoutingLoop}
	case v.cause.Is(CauseNoAnswer) && g.tcp > 0:
		v.cause = v.cause.Advise(fmt.Sprintf("see with `mailprobe trace --tcp %d` at which hop the port is filtered, if it is", g.tcp))
	}
	if unsent(stats, v.cause) {
		step.Learn(all...)
		return probe.Because(v.cause.As(probe.Unknown), errors.New("no probe could leave this machine: "+v.reason), v.also...)
	}
	loss := lossFact(stats, v.cause)
	step.Learn(slices.Insert(all, lossPlace, loss)...)
	g.gradeLoss(step, stats, loss, v)
	if stats.Cut > 0 {
		step.RaiseFor(CauseAnswersCut, fmt.Sprintf("%d of %d answers were cut, to %d bytes", stats.Cut, stats.Received, stats.CutTo))
	}
	return nil
}

// gradeLoss grades the step by the thresholds on the loss. The last error is part of the
// detail in any case.
func (g grading) gradeLoss(step *probe.Step, stats *icmp.Stats, loss probe.Fact, v verdict) {
	status := g.options.Grade(step, loss)
	if status == probe.Critical && v.cause.Blame == probe.BlameSender {
		status = probe.Unknown // the host is not at fault
	}
	if status != probe.OK {
		step.RaiseFor(v.cause.As(status), v.lost(stats), v.also...)
	}
	if why := stats.LastErr; why != nil && !strings.Contains(step.Detail, cause(why).Error()) {
		step.Say("the last failure: " + cause(why).Error())
	}
}

// unsent reports whether no probe left this machine, for a cause of its own.
func unsent(stats *icmp.Stats, c *probe.Cause) bool {
	var fault *icmp.Error
	if errors.As(stats.LastErr, &fault) && !isLocal(fault.From) || errors.Is(stats.LastErr, icmp.ErrOverflow) {
		return false // they had left
	}
	return stats.Errors == stats.Sent && c.Status == probe.Unknown
}
