package pingcheck

import (
	"errors"
	"strings"
	"testing"
	"time"

	"mailprobe/icmp"
)

func TestFormatReply(t *testing.T) {
	r := icmp.Reply{Addr: host, From: host, Seq: 3, RTT: 12300 * time.Microsecond, TTL: 57, Size: 64}
	for want, change := range map[string]func(*icmp.Reply){
		"64 bytes from mx (192.0.2.7): seq=3 ttl=57 time=12.3 ms":                     func(r *icmp.Reply) { r.Outcome = icmp.Received },
		"64 bytes from mx (192.0.2.7): seq=3 ttl=57 time=12.3 ms (after a later one)": func(r *icmp.Reply) { r.Outcome, r.Reordered = icmp.Received, true },
		"64 bytes from mx (192.0.2.7): seq=3 ttl=57 time=12.3 ms (duplicate)":         func(r *icmp.Reply) { r.Outcome = icmp.Duplicate },
		"64 bytes from mx (192.0.2.7): seq=3 ttl=57 time=12.3 ms (too late)":          func(r *icmp.Reply) { r.Outcome = icmp.Late },
		"mx (192.0.2.7): seq=3 no answer within 1.00 s":                               func(r *icmp.Reply) { r.Outcome = icmp.Lost },
		"mx (192.0.2.7): seq=3 no way":                                                func(r *icmp.Reply) { r.Outcome, r.Err = icmp.Failed, errors.New("no way") },
		"64 bytes from mx (192.0.2.7): seq=3 corrupted":                               func(r *icmp.Reply) { r.Outcome = icmp.Corrupted },
		"64 bytes from 192.0.2.7, which was not asked: seq=3 foreign":                 func(r *icmp.Reply) { r.Outcome = icmp.Foreign },
		"64 bytes from mx (192.0.2.7): seq=3 ttl=57 time=12.3 ms queued=9.00 ms":      func(r *icmp.Reply) { r.Outcome, r.Queued = icmp.Received, 9*time.Millisecond },
		"64 bytes from mx (192.0.2.7): seq=3 ttl=57 time=12.3 ms (cut)":               func(r *icmp.Reply) { r.Outcome, r.Queued, r.Cut = icmp.Received, 900*time.Microsecond, true },
		"mx (192.0.2.7): seq=3 time=12.3 ms":                                          func(r *icmp.Reply) { r.Outcome, r.TTL, r.Size = icmp.Received, 0, 0 },
	} {
		r := r
		change(&r)
		if got := FormatReply("mx", r, time.Second); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func TestFormatStats(t *testing.T) {
	s := &icmp.Stats{Sent: 5}
	s.Add(icmp.Reply{Outcome: icmp.Received, RTT: 42 * time.Millisecond, Clock: icmp.MonotonicClock})
	for range 3 {
		s.Add(icmp.Reply{Outcome: icmp.Received, RTT: 10 * time.Millisecond, Clock: icmp.KernelClock})
	}
	s.Add(icmp.Reply{Outcome: icmp.Lost})
	s.Add(icmp.Reply{Outcome: icmp.Duplicate})
	want := `mx: 5 sent, 4 received, 20% loss, 1 duplicate
round trip min 10.0 ms, median 10.0 ms, average 18.0 ms, max 42.0 ms
p95 42.0 ms, deviation 13.9 ms, jitter 10.7 ms, clock kernel, 3 of 4
10.0 ms █                              ▂ 42.0 ms
`
	if got := FormatStats("mx", s, true); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	queued := &icmp.Stats{Sent: 1}
	queued.Add(icmp.Reply{Outcome: icmp.Received, RTT: 860 * time.Millisecond, Queued: 857 * time.Millisecond, Clock: icmp.KernelClock})
	if got := FormatStats("mx", queued, false); !strings.HasSuffix(got, "\nof that in this machine's own queue: average 857 ms, max 857 ms\n") {
		t.Errorf("got %q", got)
	}
	if got := FormatStats("mx", &icmp.Stats{Sent: 1, Lost: 1}, true); got != "mx: 1 sent, 0 received, 100% loss\n" {
		t.Errorf("got %q", got)
	}
}

func TestLiveTableDrawsInPlace(t *testing.T) {
	var out strings.Builder
	table := LiveTable{W: &out, Rows: 2, Width: 70}
	for _, name := range []string{"a.example.org", "b.example.org", "c.example.org"} {
		s := &icmp.Stats{Sent: 2}
		for _, r := range []icmp.Reply{{Outcome: icmp.Received, RTT: 10 * time.Millisecond}, {Outcome: icmp.Lost}} {
			s.Add(r)
			table.Update(name, r, s)
		}
	}
	if err := table.Draw(); err != nil {
		t.Fatal(err)
	}
	first := out.String()
	if n := strings.Count(first, "\n"); n != 4 || !strings.Contains(first, "and 1 more") || !strings.Contains(first, "█x") || strings.Contains(first, "c.example.org") {
		t.Errorf("drawn\n%s", first)
	}
	out.Reset()
	table.Draw()
	if !strings.HasPrefix(out.String(), "\x1b[4F") {
		t.Errorf("the second drawing does not go back to the first line: %q", out.String())
	}
	for line := range strings.Lines(out.String()) {
		line = strings.TrimPrefix(strings.TrimSuffix(line, "\x1b[K\n"), "\x1b[4F")
		if n := len([]rune(line)); n > 70 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

// A probe whose loss is explained later is one loss.
func TestLiveTableLateReason(t *testing.T) {
	var out strings.Builder
	table := LiveTable{W: &out}
	s := &icmp.Stats{Sent: 1}
	for _, r := range []icmp.Reply{{Outcome: icmp.Lost}, {Outcome: icmp.Failed, Revived: true, Err: errors.New("host unreachable")}, {Outcome: icmp.Received, RTT: time.Millisecond}} {
		s.Add(r)
		table.Update("a.example.org", r, s)
	}
	if err := table.Draw(); err != nil || strings.Count(out.String(), " x█") != 1 {
		t.Errorf("%v, drawn\n%s", err, out.String())
	}
}
