package pingcheck

import (
	"fmt"
	"net/netip"
	"os/exec"
	"testing"
	"time"

	"mailprobe/bench/tun/tuntest"
	"mailprobe/icmp"
	"mailprobe/probe"
)

// forbid has the firewall of this namespace drop or reject echo requests.
func forbid(t *testing.T, verdict string) {
	t.Helper()
	for _, rule := range []string{
		"add table inet quiet",
		"add chain inet quiet out { type filter hook output priority 0; }",
		"add rule inet quiet out icmp type echo-request " + verdict,
		"add rule inet quiet out icmpv6 type echo-request " + verdict,
	} {
		if out, err := exec.Command("nft", rule).CombinedOutput(); err != nil {
			tuntest.Without(t, fmt.Errorf("nft %s: %w: %s", rule, err, out))
		}
	}
}

// A rule that comes in the middle of a run fails the probes from then on, and
// those before stay answered; the check says who it was and what to do.
func TestFirewall(t *testing.T) {
	for _, verdict := range []string{"drop", "reject"} {
		tuntest.Sockets(t, tuntest.Echo, func(t *testing.T, datagram bool) {
			e, err := icmp.Listen(icmp.Options{Unprivileged: datagram})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			start := time.Now()
			s, err := e.Ping(t.Context(), tuntest.Far4, icmp.PingOptions{Count: 9, Interval: 20 * time.Millisecond, OnReply: func(r icmp.Reply) {
				if r.Seq == 2 {
					forbid(t, verdict)
				}
			}})
			if err != nil || s.Received < 3 || s.Errors < 1 || s.Received+s.Errors != 9 || !blames(s.LastErr, tuntest.Far4, probe.CauseFirewallHere) {
				t.Errorf("%s: received %d, lost %d, errors %d (%v), %v", verdict, s.Received, s.Lost, s.Errors, s.LastErr, err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%s: took %s", verdict, took)
			}
			hosts := []string{tuntest.Far4.String(), tuntest.Far6.String()}
			if verdict == "drop" && !e.Socket(tuntest.Far6).Raw {
				hosts = hosts[:1] // Linux does not report what became of the others
			}
			kind := kindWith(func(icmp.Options) (*icmp.Engine, error) { return e, nil })
			for i, r := range runKind(t, t.Context(), kind, append(hosts, "-c", "2", "-i", "1ms")...) {
				if step := r.Step(stepEcho); step.Status != probe.Unknown || !probe.CauseFirewallHere.Is(step.Cause) || step.Hint != probe.CauseFirewallHere.Hint {
					t.Errorf("%s: %s is %s: %s, hint %q", verdict, hosts[i], step.Status, step.Detail, step.Hint)
				}
			}
		})
	}
}

// blames reports whether an error about a probe to a host has a cause.
func blames(err error, host netip.Addr, want *probe.Cause) bool {
	c, _ := causeOf(err, host)
	return c.Is(want)
}
