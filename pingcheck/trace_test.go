//go:build linux

package pingcheck

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// script answers like path, but for the probes that lose says.
func script(n int, lose func(ttl, round int) bool) func(*fakeNet, icmp.Packet) {
	rounds := map[int]int{}
	return func(f *fakeNet, req icmp.Packet) {
		rounds[req.TTL]++
		if !lose(req.TTL, rounds[req.TTL]) {
			path(n)(f, req)
		}
	}
}

func fault(req icmp.Packet, from netip.Addr, typ, code byte) icmp.Packet {
	return req.Fault(from, typ, code, 0)
}

// What a path is like decides the verdict.
func TestTraceVerdicts(t *testing.T) {
	router := func(ttl int) netip.Addr { return hopRouter(ttl) }
	for _, c := range []struct {
		name   string
		answer func(*fakeNet, icmp.Packet)
		args   string
		want   string // status, cause and summary
		hops   string // details of hops, in part
	}{
		{"loss from the third hop on", script(4, func(ttl, round int) bool { return ttl >= 3 && round%2 == 1 }), "-c 12",
			"WARNING packet-loss trace: 6 of 12 probes lost, loss begins at hop 3 (198.51.100.3) and lasts", ""},
		{"loss at the host only", script(4, func(ttl, round int) bool { return ttl == 5 && round%2 == 1 }), "-c 12",
			"WARNING packet-loss trace: 6 of 12 probes lost, loss begins at hop 5 (192.0.2.7) and lasts", ""},
		{"a silent hop before the loss", script(4, func(ttl, round int) bool { return ttl == 3 || ttl > 3 && round%2 == 1 }), "-c 12",
			"WARNING packet-loss trace: 6 of 12 probes lost, loss begins at one of hops 3 to 4 and lasts", "hop-3: no answer"},
		{"too few probes to say where", script(4, func(ttl, round int) bool { return ttl == 5 && round == 2 }), "-c 3",
			"WARNING packet-loss trace: 1 of 3 probes lost", ""},
		{"a router that limits its answers", script(4, func(ttl, round int) bool { return ttl == 2 && round > 1 }), "-c 6",
			"OK - reached over 5 hops, average 50.0 ms", "hop-2: 198.51.100.2; limits its answers (none behind it is lost)"},
		{"both", script(4, func(ttl, round int) bool { return ttl == 2 && round%4 != 1 || ttl >= 4 && round%3 == 1 }), "-c 12",
			"WARNING packet-loss trace: 4 of 12 probes lost, loss begins at hop 4 (198.51.100.4) and lasts", "hop-2: 198.51.100.2; limits its answers (fewer are lost behind it)"},
		{"the loss may be as it is", script(2, func(ttl, round int) bool { return ttl == 3 && round%2 == 1 }), "-c 6 --warn loss=60",
			"OK - reached over 3 hops, average 30.0 ms", ""},
		{"a threshold on any hop", script(4, func(ttl, round int) bool { return ttl == 2 && round > 3 }), "-c 6 --warn hop:loss=30",
			"WARNING threshold-exceeded hop-2: loss 50% is outside warning range 30", ""},
		{"a threshold on the host's time", path(4), "--warn rtt_avg=20ms", "WARNING threshold-exceeded trace: rtt_avg 50.0 ms is outside warning range 20ms", ""},
		{"a loop of two routers", func(f *fakeNet, req icmp.Packet) {
			ttl := req.TTL
			if ttl > 3 {
				ttl = 2 + ttl%2
			}
			f.Deliver(10*time.Millisecond, fault(req, router(ttl), 11, 0))
		}, "", "CRITICAL routing-loop trace: routing loop from hop 2 on: 198.51.100.2 and 198.51.100.3 hand the packets to each other", ""},
		{"loss that may be the first hop's own", script(3, func(_, round int) bool { return round == 1 }), "",
			"WARNING packet-loss trace: 1 of 3 probes lost", ""},
		{"loss at the first hop that the next one has not", script(3, func(ttl, round int) bool { return ttl != 2 && ttl != 3 && round%4 == 1 }), "-c 12",
			"WARNING packet-loss trace: 3 of 12 probes lost", ""},
		{"loss from the first hop on", script(3, func(_, round int) bool { return round%2 == 1 }), "-c 12",
			"WARNING packet-loss trace: 6 of 12 probes lost, loss begins at hop 1 (198.51.100.1) and lasts", ""},
		{"a loop of three routers, one of them silent", func(f *fakeNet, req icmp.Packet) {
			if ttl := (req.TTL-1)%3 + 1; ttl != 2 {
				f.Deliver(10*time.Millisecond, fault(req, router(ttl), 11, 0))
			}
		}, "", "CRITICAL routing-loop trace: routing loop from hop 1 on: 198.51.100.1 and 198.51.100.3 hand the packets to each other", ""},
		{"one error of a router in the middle", func() func(*fakeNet, icmp.Packet) {
			seen := 0
			return func(f *fakeNet, req icmp.Packet) {
				if seen++; req.TTL == 2 && seen == 2 {
					f.Deliver(10*time.Millisecond, fault(req, router(2), 3, 1))
					return
				}
				path(4)(f, req)
			}
		}(), "", "OK - reached over 5 hops, average 50.0 ms", "hop-2: 198.51.100.2; host unreachable (type 3 code 1), says 198.51.100.2"},
		{"an error of a router in the middle about a probe that got further before", script(2, func(int, int) bool { return false }), "--first-hop 2",
			"OK - reached over 3 hops, average 30.0 ms", "hop-2: 198.51.100.2"},
		{"the end of the path", func(f *fakeNet, req icmp.Packet) {
			if req.TTL < 3 {
				path(4)(f, req)
				return
			}
			f.Deliver(10*time.Millisecond, fault(req, router(3), 3, 13))
		}, "", "CRITICAL admin-prohibited trace: the path ends at hop 3: prohibited by a filter (type 3 code 13), says 198.51.100.3", ""},
		{"the host rejects", func(f *fakeNet, req icmp.Packet) {
			if req.TTL < 3 {
				path(4)(f, req)
				return
			}
			f.Deliver(10*time.Millisecond, fault(req, host, 3, 3))
		}, "", "OK - reached over 3 hops, average 10.0 ms", "hop-3: mx.example.org (192.0.2.7); port unreachable"},
		{"the host answers late", func(f *fakeNet, req icmp.Packet) {
			if req.TTL < 3 {
				path(4)(f, req)
				return
			}
			f.Deliver(1500*time.Millisecond, req.Reply())
		}, "", "CRITICAL answers-late trace: answers after their time was over: 1", "hop-3: mx.example.org (192.0.2.7)"},
		{"nobody behind a router", func(f *fakeNet, req icmp.Packet) {
			if req.TTL < 3 {
				path(4)(f, req)
			}
		}, "", "CRITICAL no-answer trace: nobody answers beyond hop 2, 198.51.100.2", ""},
		{"more silent hops than asked for", path(9, 2, 3, 4, 5, 6), "--max-unknown 3", "CRITICAL no-answer trace: nobody answers beyond hop 1, 198.51.100.1", ""},
		{"as many silent hops as asked for", path(9, 2, 3, 4, 5, 6), "--max-unknown 6", "OK - reached over 10 hops, average 100 ms", "hop-4: no answer"},
		{"a far host", path(20), "--max-hops 25", "OK - reached over 21 hops, average 210 ms", "hop-20: 198.51.100.20"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeNet()
			f.answer = c.answer
			kind := traceKindWith(func(icmp.Options) (*icmp.Engine, error) { return f.engine(t), nil })
			r := runKind(t, t.Context(), kind, append(strings.Fields(c.args), "192.0.2.7")...)[0]
			name := "-"
			if r.Cause != nil {
				name = r.Cause.Name
			}
			if got := fmt.Sprintf("%s %s %s", r.Status, name, r.Summary); got != c.want {
				t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
			}
			hops := ""
			for _, s := range r.Steps {
				if s.Item != "" {
					hops += s.Name + ": " + s.Detail + "\n"
				}
			}
			if !strings.Contains(hops, c.hops) || strings.Count(hops, ": 192.0.2.7") > 1 {
				t.Errorf("%s: hops\n%swant %s", c.name, hops, c.hops)
			}
		})
	}
}

// Every cause that a trace names is one of those that it declares.
func TestTraceCauses(t *testing.T) {
	declared := map[string]bool{}
	for _, c := range append(TraceKind().Causes(), probe.Causes()...) {
		declared[c.Name] = true
	}
	for _, name := range []string{"routing-loop", "rate-limited-router", "packet-loss", "answers-late", "no-answer", "no-route"} {
		if !declared[name] {
			t.Errorf("%s is not declared", name)
		}
	}
}
