package pingcheck

import (
	"fmt"
	"net/netip"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// detail describes in a sentence what came back.
func detail(stats *icmp.Stats) string {
	text := fmt.Sprintf("%d of %d answered", stats.Received, stats.Sent)
	for _, odd := range []struct {
		n    int
		what string
	}{
		{stats.Late, "late"}, {stats.Errors, "failed"}, {stats.Duplicates, "duplicate"}, {stats.Reordered, "reordered"},
		{stats.Corrupted, "corrupted"}, {stats.Foreign, "from a foreign address"},
	} {
		if odd.n > 0 {
			text += fmt.Sprintf(", %d %s", odd.n, odd.what)
		}
	}
	return text
}

func summary(stats *icmp.Stats, host netip.Addr) string {
	text := fmt.Sprintf("%d of %d answered, %.3g%% loss", stats.Received, stats.Sent, stats.Loss())
	if stats.Received > 0 {
		text += ", average " + probe.FormatDuration(stats.Avg())
	}
	if queue := queueText(stats, host); queue != "" {
		text += "; " + queue
	}
	return text
}

// facts returns the statistics as facts, without the loss.
func facts(stats *icmp.Stats) []probe.Fact {
	count := func(name string, n int) probe.Fact { return probe.Number(name, float64(n), probe.None) }
	all := []probe.Fact{
		count("sent", stats.Sent),
		count("received", stats.Received),
		count("duplicates", stats.Duplicates),
		count("reordered", stats.Reordered),
		count("late", stats.Late),
		count("cut", stats.Cut),
		count("corrupted", stats.Corrupted),
		count("foreign", stats.Foreign),
		count("errors", stats.Errors),
	}
	if stats.Samples != nil {
		all = append(all, probe.Text(FactSamples, formatSamples(stats.Samples[:min(len(stats.Samples), stats.Sent)])))
	}
	if stats.Received == 0 {
		return all
	}
	for _, rtt := range []struct {
		name  string
		value time.Duration
	}{
		{"rtt_min", stats.Min}, {"rtt_avg", stats.Avg()}, {"rtt_median", stats.Percentile(50)}, {"rtt_p95", stats.Percentile(95)},
		{"rtt_p99", stats.Percentile(99)}, {"rtt_max", stats.Max}, {"rtt_stddev", stats.StdDev()}, {"jitter", stats.Jitter},
	} {
		all = append(all, probe.Duration(rtt.name, rtt.value))
	}
	if stats.TTL > 0 {
		all = append(all, count("ttl", stats.TTL))
	}
	all = append(all, queueFacts(stats)...)
	return append(all, probe.Text("clock", stats.ClockText()))
}

// lossPlace is the index of the loss among the facts: after sent and received.
const lossPlace = 2

// lossFact returns the loss with its default thresholds: any loss is a Warning, total
// loss Critical.
func lossFact(stats *icmp.Stats, c *probe.Cause) probe.Fact {
	f := probe.Number("loss", stats.Loss(), probe.Percent).Within("0", "@100:")
	f.Text, f.Cause, f.Explained = fmt.Sprintf("%.3g%%", stats.Loss()), c, true
	return f
}

// FactSamples is the name of the fact with the time of every answer, for --samples.
const FactSamples = "samples"
