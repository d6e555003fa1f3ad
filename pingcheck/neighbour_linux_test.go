package pingcheck

import (
	"strings"
	"testing"

	"mailprobe/bench/tun/tuntest"
	"mailprobe/probe"
)

// Nobody on the link has the address: the kernel says so after a while, and before that
// it knows that it has asked in vain. Where the address is behind a router it is that
// one that is silent, and nothing is known of the host.
func TestNoSuchNeighbour(t *testing.T) {
	tuntest.Cable(t)
	tuntest.IP(t, "route", "add", "192.0.2.0/24", "via", "10.98.0.9")
	tuntest.IP(t, "addr", "add", "fd98::1/64", "dev", "veth0", "nodad")
	for _, c := range []struct {
		host  string
		wait  string
		also  int
		says  string
		error string
	}{
		{"10.98.0.9", "5s", 1, "10.98.0.9 is on this machine's own link and does not answer ARP", "host unreachable (type 3 code 1), says 10.98.0.1: "},
		{"192.0.2.7", "5s", 0, "the router 10.98.0.9, which is the way to 192.0.2.7, does not answer ARP", "host unreachable (type 3 code 1), says 10.98.0.1: "},
		{"fd98::9", "50ms", 1, "fd98::9 is on this machine's own link and does not answer NDP", ""},
		{"10.98.0.10", "50ms", 1, "10.98.0.10 is on this machine's own link and does not answer ARP", ""},
	} {
		step := checkHere(t, "-c", "2", "-i", "1ms", "-W", c.wait, c.host).Step(stepEcho)
		if step.Status != probe.Critical || !CauseNeighbourSilent.Is(step.Cause) || len(step.Also) != c.also || !strings.HasSuffix(step.Detail, "; "+c.error+c.says) {
			t.Errorf("%s: %s: %s, %v, %d more", c.host, step.Status, step.Detail, step.Cause, len(step.Also))
		}
	}
}

// A trace blames the neighbour that is silent, not this machine, which reports it.
func TestTraceToSilentNeighbour(t *testing.T) {
	tuntest.Cable(t)
	for _, host := range []string{"10.98.0.9", "192.0.2.7"} {
		if host == "192.0.2.7" {
			tuntest.IP(t, "route", "add", "192.0.2.0/24", "via", "10.98.0.9")
		}
		step := runKind(t, t.Context(), TraceKind(), "-n", "-c", "1", host)[0].Step(stepTrace)
		if step.Status != probe.Critical || !CauseNeighbourSilent.Is(step.Cause) || strings.Contains(step.Detail, "this machine:") ||
			!strings.Contains(step.Detail, "10.98.0.9") || !strings.HasSuffix(step.Detail, "does not answer ARP") {
			t.Errorf("%s: %s: %s, %v", host, step.Status, step.Detail, step.Cause)
		}
	}
}
