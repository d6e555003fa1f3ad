package pingcheck

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"mailprobe/bench/tun"
	"mailprobe/bench/tun/tuntest"
	"mailprobe/icmp"
	"mailprobe/probe"
)

// check runs the check on the machine's own sockets.
func checkHere(t *testing.T, args ...string) *probe.Result {
	t.Helper()
	kind := kindWith(icmp.Listen)
	return runKind(t, t.Context(), kind, args...)[0]
}

// What this machine cannot do says nothing of the host: it is UNKNOWN, by its cause,
// with what to do.
func TestFailuresOfThisMachine(t *testing.T) {
	for _, c := range []struct {
		name string
		here func(t *testing.T)
		args []string
		want *probe.Cause
		says string
	}{
		{"no interface of that name", nil, []string{"--interface", "nope", "10.99.0.7"}, probe.CauseNoRoute, "interface nope: no such device"},
		{"no interface of that name, TCP", nil, []string{"--interface", "nope", "--tcp", "25", "10.99.0.7"}, probe.CauseNoRoute, "interface nope: no such device"},
		{"no such source", nil, []string{"--source", "192.0.2.99", "10.99.0.7"}, probe.CauseNoRoute, "source address 192.0.2.99: cannot assign requested address"},
		{"no such source, TCP", nil, []string{"--source", "192.0.2.99", "--tcp", "25", "10.99.0.7"}, probe.CauseNoRoute, "cannot assign requested address"},
		{"no route", nil, []string{"192.0.2.1"}, probe.CauseNoRoute, "network is unreachable"},
		{"a route that says unreachable", ip("route", "add", "unreachable", "192.0.2.0/24"), []string{"192.0.2.1"}, probe.CauseNoRoute, "no route to host"},
		{"a route that says prohibit", ip("route", "add", "prohibit", "192.0.2.0/24"), []string{"192.0.2.1"}, probe.CauseFirewallHere, "permission denied"},
		{"a route that is a black hole", ip("route", "add", "blackhole", "192.0.2.0/24"), []string{"192.0.2.1"}, probe.CauseNoRoute, "invalid argument"},
		{"IPv6 off", write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1"), []string{"2001:db8::1"}, probe.CauseNoRoute, "no probe could leave this machine"},
		{"own firewall", func(t *testing.T) { forbid(t, "drop") }, []string{"10.99.0.7"}, probe.CauseFirewallHere, "operation not permitted"},
		{"own firewall rejects", func(t *testing.T) { forbid(t, "reject") }, []string{"10.99.0.7"}, probe.CauseFirewallHere, "no probe could leave this machine"},
		{"zone of no interface", nil, []string{"fe80::1%nope"}, probe.CauseUsage, "this machine has no interface nope; it has lo, tun0"},
		{"no zone", nil, []string{"fe80::1"}, probe.CauseUsage, "fe80::1 is a link-local address, which is on every link"},
		{"multicast", nil, []string{"224.0.0.1"}, probe.CauseUsage, "224.0.0.1 is a multicast address: many hosts may answer"},
		{"multicast of IPv6", nil, []string{"ff02::1"}, probe.CauseUsage, "ff02::1 is a multicast address"},
		{"broadcast", ip("link", "add", "veth0", "type", "veth", "peer", "name", "veth1"), []string{"10.97.0.255"}, probe.CauseUsage, "10.97.0.255 is the broadcast address of veth0"},
		{"the whole link", nil, []string{"255.255.255.255"}, probe.CauseUsage, "the broadcast address of the link"},
		{"bigger than the link", nil, []string{"--dont-fragment", "--size", "2000", "10.99.0.7"}, CausePacketTooBig, "message too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tuntest.Isolate(t, tuntest.Echo)
			if c.here != nil {
				c.here(t)
			}
			if c.name == "broadcast" {
				ip("addr", "add", "10.97.0.1/24", "dev", "veth0")(t)
				ip("link", "set", "veth0", "up")(t)
			}
			r := checkHere(t, append(c.args, "-c", "2", "-i", "1ms", "-W", "300ms")...)
			if r.Status != probe.Unknown || !c.want.Is(r.Cause) || !strings.Contains(r.Worst().Detail, c.says) || r.Worst().Hint == "" {
				t.Errorf("%s %q, %v, hint %q; want %s, %q", r.Status, r.Worst().Detail, r.Cause, r.Worst().Hint, c.want.Name, c.says)
			}
		})
	}
}

// ip runs the command ip in the namespace of a test.
func ip(args ...string) func(*testing.T) {
	return func(t *testing.T) { t.Helper(); tuntest.IP(t, args...) }
}

// write writes a setting of the kernel.
func write(file, text string) func(*testing.T) {
	return func(t *testing.T) { t.Helper(); tuntest.Write(t, file, text) }
}

// A link-local host is reached by its zone, or by --interface.
func TestLinkLocal(t *testing.T) {
	far := tuntest.Cable(t)
	far("addr", "add", "fe80::77/64", "dev", "veth1", "nodad")
	ip("addr", "add", "fe80::66/64", "dev", "veth0", "nodad")(t)
	for _, args := range [][]string{{"fe80::77%veth0"}, {"--interface", "veth0", "fe80::77"}} {
		var r *probe.Result
		for range 20 { // until the addresses are there
			if r = checkHere(t, append(args, "-c", "1", "-W", "200ms")...); r.Status == probe.OK {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if r.Status != probe.OK || r.Address != "fe80::77%veth0" {
			t.Errorf("%v: %s %q at %s", args, r.Status, r.Summary, r.Address)
		}
	}
}

// Handshakes obey the flags that hold for every packet.
func TestHandshakeOptions(t *testing.T) {
	other := netip.MustParseAddr("10.99.0.2")
	seen := make(chan tun.Packet, 16)
	tuntest.Isolate(t, func(p tun.Packet) []tun.Answer {
		if !p.IPv6() && len(p) > 20 && p[9] == 6 {
			seen <- p
		}
		return nil
	})
	ip("addr", "add", other.String()+"/32", "dev", "tun0")(t)
	c := checkOf(t, "--tcp", "25", "--ttl", "9", "--dscp", "46", "--interface", "tun0", "--source", other.String())
	if err := dialBriefly(c, tuntest.Far4); !blames(err, tuntest.Far4, CauseNoAnswer) {
		t.Errorf("silence: %v", err)
	}
	if p := <-seen; p.TTL() != 9 || p[1] != 46<<2 || p.Source() != other {
		t.Errorf("TTL %d, class %d, from %s", p.TTL(), p[1], p.Source())
	}
	ip("rule", "add", "fwmark", "7", "prohibit")(t)
	if err := dialBriefly(checkOf(t, "--tcp", "25", "--mark", "7"), tuntest.Far4); !blames(err, tuntest.Far4, probe.CauseFirewallHere) {
		t.Errorf("a mark whose way is prohibited: %v", err)
	}
	nowhere := netip.MustParseAddr("192.0.2.1")
	if err := dialBriefly(checkOf(t, "--tcp", "25"), nowhere); !blames(err, nowhere, probe.CauseNoRoute) {
		t.Errorf("no route: %v", err)
	}
}

// checkOf returns the checker with its flags set.
func checkOf(t *testing.T, args ...string) *pingCheck {
	t.Helper()
	c := probe.New(Kind())
	if _, err := probe.ParseArgs(c.Declared, args); err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c.Checker().(*pingCheck)
}

// dialBriefly tries one handshake on the calling thread, whose namespace it is to be in.
func dialBriefly(c *pingCheck, to netip.Addr) error {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	conn, err := c.dial(ctx, "tcp", netip.AddrPortFrom(to, 25).String())
	if err == nil {
		conn.Close()
	}
	return err
}

// A port that is closed says that the host is up.
func TestPortRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	r := checkHere(t, "--tcp", port, "-c2", "-i1ms", "127.0.0.1")
	if r.Status != probe.Critical || !CausePortRefused.Is(r.Cause) || r.Summary != "connect: the host is up, but not its port: connection refused" {
		t.Errorf("%s %q, %v", r.Status, r.Summary, r.Cause)
	}
}
