package pingcheck

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// A countRow is what packets mean that came and were no right answers.
type countRow struct {
	count func(*icmp.Stats) int
	cause *probe.Cause
	says  string // of how many probes or packets
}

// countRows are in the order in which they explain a loss.
var countRows = []countRow{
	{func(s *icmp.Stats) int { return s.Corrupted }, CauseAnswersAltered, "answers with other bytes than were sent: %d"},
	{func(s *icmp.Stats) int { return s.Foreign }, CauseAnswersForeign, "answers from another address: %d"},
	{func(s *icmp.Stats) int { return s.Late }, CauseAnswersLate, "answers after their time was over: %d"},
}

// A verdict is why probes to a host were not answered.
type verdict struct {
	cause  *probe.Cause
	also   []*probe.Cause
	reason string
}

// explainLoss returns why probes of a host were lost: what somebody said comes before
// what came instead of an answer, that before a neighbour that is silent, and that
// before silence.
func explainLoss(stats *icmp.Stats, host netip.Addr) verdict {
	v := explainSilence(stats, host)
	if stats.LastErr == nil {
		return v
	}
	c, also := causeOf(stats.LastErr, host)
	if c.Status == probe.Unknown && stats.Errors < stats.Sent-stats.Received {
		v.also = append(v.also, append([]*probe.Cause{c}, also...)...) // what this machine did not send says nothing of the rest
		return v
	}
	said := verdict{c, also, cause(stats.LastErr).Error()}
	if c.Is(CausePortRefused) {
		said.reason = "the host is up, but not its port: " + said.reason
	}
	if next, ok := silentNeighbour(host); ok && c.Is(CauseNeighbourSilent) {
		found := neighbourVerdict(next, host)
		said.also, said.reason = found.also, said.reason+": "+found.reason
	}
	return said
}

// explainSilence returns why probes of a host were lost if nobody said why.
func explainSilence(stats *icmp.Stats, host netip.Addr) verdict {
	for _, row := range countRows {
		if n := row.count(stats); n > 0 {
			return verdict{row.cause, nil, fmt.Sprintf(row.says, n)}
		}
	}
	if stats.Received > 0 {
		return verdict{cause: CausePacketLoss}
	}
	if next, ok := silentNeighbour(host); ok {
		return neighbourVerdict(next, host)
	}
	return verdict{cause: CauseNoAnswer, reason: "nobody answered " + probe.Count(stats.Sent, "probe")}
}

// neighbourVerdict blames the first station on the way to a host, or the host itself.
func neighbourVerdict(next, host netip.Addr) verdict {
	protocol := "NDP"
	if next.Is4() {
		protocol = "ARP"
	}
	if icmp.SameHost(next, host) {
		return verdict{CauseNeighbourSilent, []*probe.Cause{CauseHostDown}, fmt.Sprintf("%s is on this machine's own link and does not answer %s", host, protocol)}
	}
	return verdict{CauseNeighbourSilent, nil, fmt.Sprintf("the router %s, which is the way to %s, does not answer %s", next, host, protocol)}
}

// lost says how many probes were lost and why.
func (v verdict) lost(stats *icmp.Stats) string {
	share := fmt.Sprintf("%d of %d probes lost", stats.Sent-stats.Received, stats.Sent)
	switch {
	case v.reason == "":
		return share
	case stats.Received == 0:
		return v.reason
	}
	return share + ": " + v.reason
}

// judge puts what the statistics of a host say into the step. The thresholds on the
// loss grade it, unless this machine kept every probe from leaving: then nothing is
// known of the host.
func (c *check) judge(step *probe.Step, stats *icmp.Stats, host netip.Addr) error {
	step.Say(detail(stats))
	step.Say(queueText(stats, host))
	all := facts(stats)
	if stats.Sent == 0 {
		step.Learn(all...)
		return probe.Because(probe.CauseInterrupted, errors.New("no probe was sent"))
	}
	v := explainLoss(stats, host)
	switch {
	case v.cause.Is(CauseRoutingLoop) && c.flags.ttl > 0:
		v.cause, v.also = CauseTTLExceeded, []*probe.Cause{CauseRoutingLoop}
	case v.cause.Is(CauseNoAnswer) && c.flags.tcp > 0:
		v.cause = v.cause.Advise(fmt.Sprintf("see with `mailprobe trace --tcp %d` at which hop the port is filtered, if it is", c.flags.tcp))
	}
	if unsent(stats, v.cause) {
		step.Learn(all...)
		return probe.Because(v.cause.As(probe.Unknown), errors.New("no probe could leave this machine: "+v.reason), v.also...)
	}
	loss := lossFact(stats, v.cause)
	step.Learn(slices.Insert(all, lossPlace, loss)...)
	c.gradeLoss(step, stats, loss, v)
	if stats.Cut > 0 {
		step.RaiseFor(CauseAnswersCut, fmt.Sprintf("%d of %d answers were cut, to %d bytes", stats.Cut, stats.Received, stats.CutTo))
	}
	return nil
}

// gradeLoss makes the step as bad as the thresholds make the loss; the last failure is
// said in every case.
func (c *check) gradeLoss(step *probe.Step, stats *icmp.Stats, loss probe.Fact, v verdict) {
	status := c.options.Grade(step, loss)
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

// lossPlace is where the loss stands among the facts: after what was sent and received.
const lossPlace = 2

// lossFact judges the loss by default: some is a Warning, all of it Critical.
func lossFact(stats *icmp.Stats, c *probe.Cause) probe.Fact {
	f := probe.Number("loss", stats.Loss(), probe.Percent).Within("0", "@100:")
	f.Text, f.Cause, f.Explained = fmt.Sprintf("%.3g%%", stats.Loss()), c, true
	return f
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

// isLocal reports whether an address is one of this machine.
func isLocal(addr netip.Addr) bool {
	own, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(own, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && icmp.SameHost(p.Addr(), addr)
	})
}
