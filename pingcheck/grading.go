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

// A grading is how the statistics of a host are graded: by the thresholds of the options
// and, where that explains a loss, by what the probes were.
type grading struct {
	options *probe.Options
	ttl     int    // that the probes were sent with, 0 for the system's
	tcp     uint16 // the port of handshakes, 0 for echo requests
}

// judge puts what the statistics of a host say into the step. The thresholds on the
// loss grade it, unless this machine kept every probe from leaving: then nothing is
// known of the host.
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

// gradeLoss makes the step as bad as the thresholds make the loss; the last failure is
// said in every case.
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

// unsent reports whether this machine kept every probe from leaving, for a cause of its
// own.
func unsent(stats *icmp.Stats, c *probe.Cause) bool {
	var fault *icmp.Error
	if errors.As(stats.LastErr, &fault) && !isLocal(fault.From) || errors.Is(stats.LastErr, icmp.ErrOverflow) {
		return false // they had left
	}
	return stats.Errors == stats.Sent && c.Status == probe.Unknown
}
