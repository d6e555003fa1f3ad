package pingcheck

import (
	"fmt"
	"net/netip"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// A countRow maps packets that were no right answers to their cause.
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

// explainLoss returns why probes to a host were lost. Evidence in order: an error, wrong
// or late answers, a neighbour that does not answer, silence.
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

// explainSilence returns why probes to a host were lost if there was no error.
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

// lost describes how many probes were lost and why.
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
