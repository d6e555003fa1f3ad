package pingcheck

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"mailprobe/bench/tun"
	"mailprobe/bench/tun/tuntest"
	"mailprobe/probe"
)

// chain moves the test to the begin of a chain of five hops, whose last is the host.
func chain(t *testing.T) tun.Chain {
	t.Helper()
	c, err := tun.OpenChain(5)
	if err != nil {
		tuntest.Without(t, err)
	}
	t.Cleanup(func() { _ = c.Close() })
	v4, v6 := c.Host()
	for _, addr := range []string{v4, v6} { // until every neighbour is known
		tuntest.AwaitHost(t, netip.MustParseAddr(addr))
	}
	return c
}

// unlimited lets all nodes send as many ICMP errors as they like, so that one trace
// does not take from the next.
func unlimited(t *testing.T, c tun.Chain) {
	t.Helper()
	for _, n := range c {
		for _, name := range []string{"net.ipv4.icmp_ratelimit", "net.ipv6.icmp.ratelimit"} {
			if err := n.Set(name, "0"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// at runs a command at a node of a chain, counted from 1.
func at(t *testing.T, c tun.Chain, node int, command string) {
	t.Helper()
	words := strings.Fields(command)
	if err := c[node-1].Run(words[0], words[1:]...); err != nil {
		tuntest.Without(t, err)
	}
}

// filter adds a rule to what a router forwards.
func filter(t *testing.T, c tun.Chain, node int, rule string) {
	t.Helper()
	at(t, c, node, "nft add table inet f")
	at(t, c, node, "nft add chain inet f ahead { type filter hook forward priority 0 ; }")
	at(t, c, node, "nft add rule inet f ahead "+rule)
}

// unfilter takes all rules of a node away.
func unfilter(t *testing.T, c tun.Chain, node int) {
	t.Helper()
	at(t, c, node, "nft flush ruleset")
}

// traceTo runs the check and returns its result.
func traceTo(t *testing.T, args ...string) *probe.Result {
	t.Helper()
	return runKind(t, t.Context(), TraceKind(), append([]string{"-n"}, args...)...)[0]
}

// expectTrace compares verdict and summary of a trace.
func expectTrace(t *testing.T, r *probe.Result, want string) {
	t.Helper()
	name := "-"
	if r.Cause != nil {
		name = r.Cause.Name
	}
	if got := fmt.Sprintf("%s %s %s", r.Status, name, r.Summary); !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s\n%s", got, want, hopTexts(r))
	}
}

func hopTexts(r *probe.Result) string {
	var b strings.Builder
	for _, s := range r.Steps {
		if s.Item != "" {
			fmt.Fprintf(&b, "%s: %s", s.Name, s.Detail)
			for _, f := range s.Facts[:min(2, len(s.Facts))] {
				fmt.Fprintf(&b, " %s=%s", f.Name, f.Text)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// hopLoss returns the loss of a hop, -1 where it is not known.
func hopLoss(r *probe.Result, ttl int) float64 {
	if s := r.Step(hopStep(ttl)); s != nil {
		for _, f := range s.Facts {
			if f.Name == "loss" {
				return *f.Value
			}
		}
	}
	return -1
}

// On real routers, with the rate limits that Linux has by default, nothing is lost: not
// in the first rounds, nor in so many that the routers' limits would show.
func TestChainLosesNothing(t *testing.T) {
	c := chain(t)
	v4, v6 := c.Host()
	for i, args := range [][]string{{"-c", "9", v4}, {"-c", "9", v6}, {v4}} {
		if i == 2 {
			time.Sleep(3 * time.Second) // until the limits of the first run are made good
		}
		r := traceTo(t, args...)
		expectTrace(t, r, "OK - reached over 5 hops")
		for ttl := 1; ttl <= 5; ttl++ {
			want := fmt.Sprintf("10.0.%d.2", ttl)
			if args[len(args)-1] == v6 {
				want = fmt.Sprintf("fd00:%d::2", ttl)
			}
			if hopLoss(r, ttl) != 0 || r.Step(hopStep(ttl)).Address != want {
				t.Errorf("%v:\n%s", args, hopTexts(r))
				break
			}
		}
	}
}

// Where packets are lost is shown: behind a router that loses every other one that it
// forwards, at random. In one of some thirty runs chance makes it look like the next one.
func TestChainLoss(t *testing.T) {
	c := chain(t)
	unlimited(t, c)
	v4, _ := c.Host()
	filter(t, c, 3, "meta l4proto icmp icmp type echo-request numgen random mod 2 == 0 drop")
	r := traceTo(t, "-c", "14", v4)
	expectTrace(t, r, "WARNING packet-loss trace: ")
	if !regexp.MustCompile(`of 14 probes lost, loss begins at (hop 4 \(10\.0\.4\.2\)|hop 5 \(10\.0\.5\.2\)|one of hops [34] to [45]) and lasts`).MatchString(r.Summary) {
		t.Errorf("%s\n%s", r.Summary, hopTexts(r))
	}
}

// A router that answers little is no loss.
func TestChainRateLimit(t *testing.T) {
	c := chain(t)
	v4, _ := c.Host()
	if err := c[1].Set("net.ipv4.icmp_ratelimit", "60000"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_ = traceTo(t, "-c", "6", v4)
	}
	r := traceTo(t, "-c", "6", v4)
	expectTrace(t, r, "OK - reached over 5 hops")
	if hop := r.Step("hop-2"); hop.Status != probe.Skipped && !strings.Contains(hop.Detail, "limits its answers (none behind it is lost)") {
		t.Errorf("hop 2: %s", hop.Detail)
	}
}

// The hop that filters a port is found, by IPv4 and IPv6, whether it says so or not.
func TestChainFilteredPort(t *testing.T) {
	c := chain(t)
	unlimited(t, c)
	v4, v6 := c.Host()
	serve(t, c[4], 25)
	for _, host := range []string{v4, v6} {
		r := traceTo(t, "--tcp", "25", host)
		expectTrace(t, r, "OK - reached over 5 hops")
		if !strings.Contains(r.Step(stepTrace).Detail, "port 25 is answered") {
			t.Errorf("%s: %s", host, r.Step(stepTrace).Detail)
		}
		expectTrace(t, traceTo(t, "--tcp", "26", host), "CRITICAL port-refused trace: port 26 is refused by the host")
	}
	halfOpen(t, c[4])
	filter(t, c, 3, "tcp dport 25 drop")
	expectTrace(t, traceTo(t, "--tcp", "25", v4), "CRITICAL port-filtered trace: port 25 is filtered at or after hop 3 (10.0.3.2); ICMP goes on to hop 5")
	expectTrace(t, traceTo(t, "--tcp", "25", v6), "CRITICAL port-filtered trace: port 25 is filtered at or after hop 3 (fd00:3::2); ICMP goes on to hop 5")
	unfilter(t, c, 3)
	filter(t, c, 2, "tcp dport 25 reject with tcp reset")
	expectTrace(t, traceTo(t, "--tcp", "25", v4), "CRITICAL intercepted trace: port 25 is refused at hop 3 in the name of the host; ICMP goes on to hop 5")
	unfilter(t, c, 2)
	filter(t, c, 2, "tcp dport 25 reject with icmpx admin-prohibited")
	expectTrace(t, traceTo(t, "--tcp", "25", v4), "CRITICAL admin-prohibited trace: the path ends behind hop 2: prohibited by a filter (type 3 code 13), says 10.0.2.2")
	halfOpen(t, c[4])
}

// UDP reaches the host by its "port unreachable", more of which it does not send than
// its limit permits, and is filtered like TCP.
func TestChainUDP(t *testing.T) {
	c := chain(t)
	v4, v6 := c.Host()
	for _, host := range []string{v4, v6} {
		r := traceTo(t, "--udp", host)
		expectTrace(t, r, "OK - reached over 5 hops")
		if hopLoss(r, 5) != 0 {
			t.Errorf("%s:\n%s", host, hopTexts(r))
		}
	}
	if r := traceTo(t, "--udp=53", v4); !strings.Contains(r.Step(stepTrace).Detail, "the host is reached; its port 53 is closed") {
		t.Errorf("a closed port: %s", r.Step(stepTrace).Detail)
	}
	filter(t, c, 4, "udp dport 53 drop")
	expectTrace(t, traceTo(t, "--udp=53", v4), "UNKNOWN port-filtered trace: port 53 is filtered at or after hop 4 (10.0.4.2); ICMP goes on to hop 5")
	filter(t, c, 2, "udp dport 54 drop")
	expectTrace(t, traceTo(t, "--udp=54", v4), "CRITICAL port-filtered trace: port 54 is filtered at or after hop 2 (10.0.2.2); ICMP goes on to hop 5")
}

// A loop of two routers is named.
func TestChainLoop(t *testing.T) {
	c := chain(t)
	unlimited(t, c)
	v4, _ := c.Host()
	at(t, c, 3, "ip route replace 10.0.5.0/24 via 10.0.3.1")
	expectTrace(t, traceTo(t, v4), "CRITICAL routing-loop trace: routing loop from hop 2 on: 10.0.2.2 and 10.0.3.2 hand the packets to each other")
}

// What this machine does not let out, and what ends on the way, is reported as such.
func TestChainEnds(t *testing.T) {
	c := chain(t)
	unlimited(t, c)
	v4, v6 := c.Host()
	run := func(args ...string) {
		t.Helper()
		if err := tun.IP(args...); err != nil {
			t.Fatal(err)
		}
	}
	expectTrace(t, traceTo(t, "192.0.2.1"), "UNKNOWN no-route trace: no probe could leave this machine: network is unreachable")
	run("route", "add", "prohibit", "192.0.2.2")
	expectTrace(t, traceTo(t, "192.0.2.2"), "UNKNOWN firewall-here trace: no probe could leave this machine: ")
	at(t, c, 3, "ip route add unreachable 10.0.5.2")
	expectTrace(t, traceTo(t, v4), "CRITICAL host-unreachable trace: the path ends at hop 3: host unreachable (type 3 code 1), says 10.0.3.2")
	at(t, c, 3, "ip route del 10.0.5.0/24")
	at(t, c, 3, "ip route del unreachable 10.0.5.2")
	expectTrace(t, traceTo(t, v4), "CRITICAL network-unreachable trace: the path ends at hop 3: network unreachable")
	run("-6", "route", "flush", "fd00:5::/64")
	expectTrace(t, traceTo(t, v6), "UNKNOWN no-route trace: ")
}

// serve lets a node listen on a port.
func serve(t *testing.T, n *tun.Node, port int) {
	t.Helper()
	var l net.Listener
	err := n.Do(func() (err error) {
		l, err = net.Listen("tcp", fmt.Sprintf(":%d", port))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
}

// halfOpen makes sure that a node has no connection, not even one half open.
func halfOpen(t *testing.T, n *tun.Node) {
	t.Helper()
	err := n.Run("sh", "-c", "! ss -Htan state syn-recv state established | grep .")
	if err != nil {
		t.Errorf("connections are left: %v", err)
	}
}

// A host or router on this machine's own link that does not answer for its address is
// named, and one behind a router by what the router says.
func TestChainSilentNeighbour(t *testing.T) {
	c := chain(t)
	unlimited(t, c)
	r := traceTo(t, "10.0.1.9")
	expectTrace(t, r, "CRITICAL neighbour-silent trace: ")
	r = traceTo(t, "10.0.5.9")
	expectTrace(t, r, "CRITICAL host-unreachable trace: the path ends behind hop 4: host unreachable (type 3 code 1), says 10.0.4.2")
}

// What this machine itself does not let out is reported as such.
func TestChainOwnFirewall(t *testing.T) {
	c := chain(t)
	v4, v6 := c.Host()
	own := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			tuntest.Without(t, fmt.Errorf("%s: %w: %s", name, err, out))
		}
	}
	own("nft", "add table inet f")
	own("nft", "add chain inet f out { type filter hook output priority 0 ; }")
	own("nft", "add rule inet f out icmp type echo-request drop")
	own("nft", "add rule inet f out icmpv6 type echo-request reject with icmpv6 admin-prohibited")
	own("nft", "add rule inet f out tcp dport 25 drop")
	expectTrace(t, traceTo(t, v4), "UNKNOWN firewall-here trace: no probe could leave this machine: operation not permitted")
	expectTrace(t, traceTo(t, v6), "UNKNOWN firewall-here trace: ")
	expectTrace(t, traceTo(t, "--tcp", "25", v4), "UNKNOWN firewall-here trace: no probe could leave this machine: operation not permitted")
	own("ip", "route", "add", "blackhole", "192.0.2.3")
	expectTrace(t, traceTo(t, "192.0.2.3"), "UNKNOWN ")
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/all/disable_ipv6", []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	expectTrace(t, traceTo(t, v6), "UNKNOWN no-route trace: IPv6 is switched off on this machine: ")
	expectTrace(t, traceTo(t, "--tcp", "25", v6), "UNKNOWN no-route trace: ")
}
