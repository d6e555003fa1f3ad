package pingcheck

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// FormatReply describes one event in a line, such as
//
//	64 bytes from mx.example.org (192.0.2.7): seq=3 ttl=57 time=12.3 ms
//
// name is the host as the user gave it; wait is how long an answer was waited for.
func FormatReply(name string, r icmp.Reply, wait time.Duration) string {
	switch r.Outcome {
	case icmp.Received:
		text := formatAnswer(name, r)
		if r.Reordered {
			text += " (after a later one)"
		}
		return text
	case icmp.Duplicate:
		return formatAnswer(name, r) + " (duplicate)"
	case icmp.Late:
		return formatAnswer(name, r) + " (too late)"
	case icmp.Lost:
		return fmt.Sprintf("%s: seq=%d no answer within %s", who(name, r.Addr.String()), r.Seq, probe.FormatDuration(wait))
	case icmp.Failed:
		return fmt.Sprintf("%s: seq=%d %v", who(name, r.Addr.String()), r.Seq, cause(r.Err))
	case icmp.Corrupted:
		return fmt.Sprintf("%d bytes from %s: seq=%d corrupted", r.Size, who(name, r.From.String()), r.Seq)
	case icmp.Foreign:
		return fmt.Sprintf("%d bytes from %s, which was not asked: seq=%d foreign", r.Size, r.From, r.Seq)
	}
	return ""
}

func formatAnswer(name string, r icmp.Reply) string {
	text := ""
	if r.Size > 0 {
		text = fmt.Sprintf("%d bytes from ", r.Size)
	}
	text += fmt.Sprintf("%s: seq=%d", who(name, r.From.String()), r.Seq)
	if r.TTL > 0 {
		text += fmt.Sprintf(" ttl=%d", r.TTL)
	}
	text += " time=" + probe.FormatDuration(r.RTT)
	if queueMatters(r.Queued, r.RTT) {
		text += " queued=" + probe.FormatDuration(r.Queued)
	}
	if r.Cut {
		text += " (cut)"
	}
	return text
}

// cause strips what the packages net and os put before the error of the system: the
// socket's address, which is not the host's, and the system call.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err
	}
	return err
}

func who(name, addr string) string {
	if name == "" || name == addr {
		return addr
	}
	return name + " (" + addr + ")"
}

// FormatStats summarises a run in a few lines, as ping does, with a
// small histogram of the round-trip times where graphic is true.
func FormatStats(name string, s *icmp.Stats, graphic bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d sent, %d received, %.3g%% loss", name, s.Sent, s.Received, s.Loss())
	for _, odd := range []struct {
		n    int
		what string
	}{
		{s.Late, "late"}, {s.Errors, "failed"}, {s.Duplicates, "duplicate"},
		{s.Reordered, "reordered"}, {s.Cut, "cut"}, {s.Corrupted, "corrupted"}, {s.Foreign, "foreign"},
	} {
		if odd.n > 0 {
			fmt.Fprintf(&b, ", %d %s", odd.n, odd.what)
		}
	}
	b.WriteByte('\n')
	if s.Received == 0 {
		return b.String()
	}
	f := probe.FormatDuration
	fmt.Fprintf(&b, "round trip min %s, median %s, average %s, max %s\n",
		f(s.Min), f(s.Percentile(50)), f(s.Avg()), f(s.Max))
	fmt.Fprintf(&b, "p95 %s, deviation %s, jitter %s, clock %s\n", f(s.Percentile(95)), f(s.StdDev()), f(s.Jitter), s.ClockText())
	if queueMatters(s.Queued, s.Avg()) {
		fmt.Fprintf(&b, "of that in this machine's own queue: average %s, max %s\n", f(s.Queued), f(s.MaxQueue))
	}
	if graphic && s.Max > s.Min {
		fmt.Fprintf(&b, "%s %s %s\n", f(s.Min), Bars(s.Histogram(histogramWidth)), f(s.Max))
	}
	return b.String()
}

const histogramWidth = 32

// FormatBrief returns a one-line summary of s.
func FormatBrief(name string, s *icmp.Stats) string {
	text := fmt.Sprintf("%s: %d sent, %d received, %.3g%% loss", name, s.Sent, s.Received, s.Loss())
	if s.Received == 0 {
		return text
	}
	f := probe.FormatDuration
	return text + fmt.Sprintf(", min %s, average %s, max %s", f(s.Min), f(s.Avg()), f(s.Max))
}

// formatSamples writes round trips in ms as fping -C does, "-" for none.
func formatSamples(times []time.Duration) string {
	words := make([]string, len(times))
	for i, d := range times {
		ms := float64(d) / float64(time.Millisecond)
		switch {
		case d < 0:
			words[i] = "-"
		case ms < 1:
			words[i] = strconv.FormatFloat(ms, 'f', 3, 64)
		case ms < 10:
			words[i] = strconv.FormatFloat(ms, 'f', 2, 64)
		case ms < 100:
			words[i] = strconv.FormatFloat(ms, 'f', 1, 64)
		default:
			words[i] = strconv.FormatFloat(ms, 'f', 0, 64)
		}
	}
	return strings.Join(words, " ")
}

var bars = []rune(" ▁▂▃▄▅▆▇█")

// Bars draws counts as a line of bars. Every count above 0 is visible.
func Bars(counts []int) string {
	most := 1
	for _, n := range counts {
		most = max(most, n)
	}
	line := make([]rune, len(counts))
	for i, n := range counts {
		level := n * (len(bars) - 1) / most
		if n > 0 {
			level = max(level, 1)
		}
		line[i] = bars[level]
	}
	return string(line)
}
