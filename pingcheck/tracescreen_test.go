//go:build linux

package pingcheck

import (
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"mailprobe/icmp"
)

// screenRoute is a route with everything that a screen can show.
func screenRoute() *icmp.Route {
	hop := func(ttl, sent, received int, rtt time.Duration, addrs ...string) icmp.Hop {
		h := icmp.Hop{TTL: ttl}
		for i := range sent {
			h.Stats.Sent++
			ev, recent := icmp.Reply{Outcome: icmp.Lost}, time.Duration(-1)
			if i < received {
				ev = icmp.Reply{Outcome: icmp.Received, RTT: rtt + time.Duration(i)*time.Millisecond}
				recent = ev.RTT
			}
			h.Stats.Add(ev)
			h.Recent = append(h.Recent, recent)
		}
		for _, a := range addrs {
			h.Addrs = append(h.Addrs, netip.MustParseAddr(a))
		}
		return h
	}
	r := &icmp.Route{Addr: netip.MustParseAddr("192.0.2.7"), Rounds: 8, Reached: true, Hops: []icmp.Hop{
		hop(1, 8, 8, 400*time.Microsecond, "198.51.100.1"), hop(2, 8, 2, 12*time.Millisecond, "198.51.100.2"), hop(3, 8, 0, 0),
		hop(4, 8, 4, 123*time.Millisecond, "2001:db8:ffff:ffff:ffff:ffff:ffff:4", "198.51.100.5"), hop(5, 8, 4, 200*time.Millisecond, "192.0.2.7"),
	}}
	r.Hops[0].Labels = []icmp.Label{{Value: 24005, TTL: 1, Bottom: true}}
	r.Hops[0].Interfaces = []icmp.Interface{{Role: icmp.Incoming, Name: "eth0\x1b[31m", MTU: 1500}}
	return r
}

const wantScreen = `trace mx.example.org (192.0.2.7), 8 rounds
q ends
HOP HOST                 LOSS  SENT   LAST    AVG    MIN    MAX JITTER TREND
  1 gw?[2Jexample.net      0%     8   7.40   3.90   0.40   7.40   1.00 ▁▂▃▄▅▆▇█
      MPLS 24005 (tc 0, ttl 1)
      in eth0?[31m (MTU 1500)
  2 AS64500 198.51.1...   75%     8   13.0   12.5   12.0   13.0   1.00 ▇█xxxxxx
  3 (no answer)             -     8
  4 198.51.100.5 +1       50%     8    126    124    123    126   1.00 ▇▇▇█xxxx
  5 192.0.2.7             50%     8    203    202    200    203   1.00 ▇▇▇█xxxx
times in ms
loss begins at hop 2 (198.51.100.2) and lasts
`

func TestTraceScreen(t *testing.T) {
	s := TraceScreen{Target: "mx.example.org", Keys: "q ends", Systems: true,
		Names: map[netip.Addr]string{netip.MustParseAddr("198.51.100.1"): "gw\x1b[2Jexample.net"},
		AS:    map[netip.Addr]AS{netip.MustParseAddr("198.51.100.2"): {Number: 64500}}}
	r := screenRoute()
	if got := strings.Join(s.Lines(r, 80, 24), "\n") + "\n"; got != wantScreen {
		t.Errorf("got\n%swant\n%s", got, wantScreen)
	}
	s.Numeric, s.Systems = true, false
	got := strings.Join(s.Lines(r, 80, 24), "\n")
	if strings.Contains(got, "example.net") || strings.Contains(got, "AS64500") || !strings.Contains(got, "  1 198.51.100.1 ") {
		t.Errorf("addresses without systems:\n%s", got)
	}
	for _, width := range []int{1, 40, 60, 79, 80, 132, 300} {
		for _, height := range []int{1, 8, 10, 24, 60} {
			lines := s.Lines(r, width, height)
			if len(lines) > max(height, 6) && height >= 8 {
				t.Errorf("%d lines in %d rows", len(lines), height)
			}
			for _, line := range lines {
				if n := utf8.RuneCountInString(line); n > max(width, 40) {
					t.Errorf("%d columns in %d: %q", n, width, line)
				}
			}
		}
	}
}
