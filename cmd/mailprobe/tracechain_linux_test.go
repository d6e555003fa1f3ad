package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/bench/tun"
	"mailprobe/probe"
)

// filteredChain moves the test to the begin of a chain of three hops, of which the first
// filters port 25, and returns the host at the end.
func filteredChain(t *testing.T) (host string) {
	t.Helper()
	need(t, "firewall")
	c, err := tun.OpenChain(3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for _, command := range []string{"add table inet f", "add chain inet f ahead { type filter hook forward priority 0 ; }", "add rule inet f ahead tcp dport 25 drop"} {
		if err := c[0].Run("nft", strings.Fields(command)...); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range c { // one trace does not take from the next
		if err := n.Set("net.ipv4.icmp_ratelimit", "0"); err != nil {
			t.Fatal(err)
		}
	}
	host, _ = c.Host()
	return host
}

// results runs mailprobe and returns what it found.
func results(t *testing.T, args ...string) []probe.Result {
	t.Helper()
	out, _ := exec.Command("mailprobe", args...).Output() // its code follows from the results
	var all []probe.Result
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	return all
}

const filteredAt1 = "port 25 is filtered at or after hop 1 (10.0.1.2); ICMP goes on to hop 3"

// A ping of a port that fails is followed by a trace of that port, on the command line
// and in a file of checks.
func TestPingTracesFailure(t *testing.T) {
	host := filteredChain(t)
	args := []string{"ping", "-o", "json", "-c", "1", "-W", "300ms", "--tcp", "25", host}
	r := results(t, args...)[0]
	if r.Status != probe.Critical || r.Step("trace") != nil {
		t.Errorf("without being asked for: %s, %+v", r.Status, r.Step("trace"))
	}
	r = results(t, append(args, "--trace-on-failure")...)[0]
	if trace := r.Step("trace"); trace == nil || trace.Detail != filteredAt1 || !strings.HasPrefix(r.Summary, "connect: ") || r.Step("hop-1") == nil {
		t.Errorf("%s, trace %+v", r.Summary, trace)
	}
	file := filepath.Join(t.TempDir(), "checks.yaml")
	text := "checks:\n  - name: path\n    kind: ping\n    target: " + host + "\n    tcp: 25\n    count: 1\n    wait: 300ms\n    trace_on_failure: true\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r = results(t, "check", "-o", "json", "--print", "always", "--state", t.TempDir(), file)[0]
	if trace := r.Step("trace"); trace == nil || trace.Detail != filteredAt1 {
		t.Errorf("of a file: %s, trace %+v", r.Summary, trace)
	}
}

// Every format has the numbers of each hop, and how long it took to print them none.
func TestTraceFormats(t *testing.T) {
	host := filteredChain(t)
	for format, wants := range map[string][]string{
		"table":      {"HOP  LOSS  SENT  LAST", "\n  2    0%     3 "},
		"nagios":     {"TRACE OK - reached over 3 hops, average ", " 'hop-2/loss'=0%;;;0;100 'hop-2/sent'=3 'hop-2/rtt_last'=0.0"},
		"prometheus": {`mailprobe_hop_loss_ratio{check="trace",target="10.0.3.2",hop="2",address="10.0.2.2"} 0`, `mailprobe_hop_rtt_seconds{check="trace",target="10.0.3.2",hop="2",address="10.0.2.2",stat="avg"} `},
		"csv":        {",hop-2,10.0.2.2,OK,loss,0,%,0%\n", ",hop-2,10.0.2.2,OK,rtt_avg,0.0"},
		"jsonl":      {`"item":"hop","address":"10.0.2.2","facts":[{"name":"loss","text":"0%","value":0,"unit":"%","status":"OK"}`},
	} {
		out, err := exec.Command("mailprobe", "trace", "-n", "-o", format, host).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s has no %q:\n%s", format, want, out)
			}
		}
		if strings.Contains(string(out), `mailprobe_step_duration_seconds{check="trace",target="10.0.3.2",step="hop-`) || strings.Contains(string(out), "time_hop-") {
			t.Errorf("%s shows how long a hop took to print:\n%s", format, out)
		}
	}
}
