package pingcheck

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"mailprobe/bench/tun"
	"mailprobe/bench/tun/tuntest"
	"mailprobe/icmp"
	"mailprobe/probe"
)

// A rival is another pinger that runs beside ours.
type rival struct {
	*exec.Cmd
	out strings.Builder
	rtt *regexp.Regexp // finds the time of an answer, in ms
}

// rivals starts ping and fping, which send as many probes to a host as the engine does.
func rivals(t *testing.T, host netip.Addr, count int) map[string]*rival {
	t.Helper()
	n := strconv.Itoa(count)
	all := map[string]*rival{
		"ping":  {Cmd: exec.Command("ping", "-n", "-c", n, "-i", "0.2", "-W", "4", host.String()), rtt: regexp.MustCompile(`time=([0-9.]+) ms`)},
		"fping": {Cmd: exec.Command("fping", "-c", n, "-p", "200", "-t", "4000", host.String()), rtt: regexp.MustCompile(`bytes, ([0-9.]+) ms`)},
	}
	for name, r := range all {
		r.Stdout, r.Stderr = &r.out, &r.out
		if err := r.Start(); err != nil {
			tuntest.Without(t, fmt.Errorf("%s: %w", name, err))
		}
	}
	return all
}

// first returns the time of the first answer that the other pinger saw; 0 if it saw
// none.
func (r *rival) first(t *testing.T) time.Duration {
	t.Helper()
	r.Wait() // that probes are lost is no matter
	m := r.rtt.FindStringSubmatch(r.out.String())
	if m == nil {
		return 0
	}
	ms, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(ms * float64(time.Millisecond))
}

// besideRivals pings a host beside other pingers while something in this machine holds
// the packets back, and calls disturb meanwhile. The time of the first answer must be
// the one that passed, nearly all of it spent in this machine, and reported so. It returns
// what each pinger says of the first answer that it saw.
func besideRivals(t *testing.T, host netip.Addr, device string, least time.Duration, disturb func()) (ours time.Duration, theirs map[string]time.Duration) {
	t.Helper()
	const count = 3
	kind := kindWith(func(o icmp.Options) (*icmp.Engine, error) { return icmp.Listen(o) })
	others := rivals(t, host, count)
	disturbed := make(chan struct{})
	go func() {
		defer close(disturbed)
		disturb()
	}()
	defer func() { <-disturbed }()
	var first icmp.Reply
	var passed time.Duration
	start := time.Now()
	ctx := WithWatch(context.Background(), &Watch{OnReply: func(_ probe.Target, r icmp.Reply, _ *icmp.Stats) {
		if r.Outcome == icmp.Received && r.Seq == 0 {
			first, passed = r, time.Since(start)
		}
	}})
	r := runKind(t, ctx, kind, "-c", strconv.Itoa(count), "-i", "200ms", "-W", "4s", host.String())[0]
	if first.RTT < least || first.RTT-first.Queued > 50*time.Millisecond || (passed-first.RTT).Abs() > 100*time.Millisecond {
		t.Errorf("the first answer took %s, %s in this machine, by %s; %s passed", first.RTT, first.Queued, first.Clock, passed)
	}
	queued, _ := r.Fact("queued_max")
	if queued.Value == nil || *queued.Value < (first.Queued-time.Microsecond).Seconds() || r.Status != probe.OK {
		t.Errorf("%s %q, queued_max %s", r.Status, r.Summary, queued.Text)
	}
	if want := "were spent in this machine's own queue (" + device + ")"; !strings.Contains(r.Summary, want) {
		t.Errorf("summary %q lacks %q", r.Summary, want)
	}
	theirs = make(map[string]time.Duration)
	for name, other := range others {
		theirs[name] = other.first(t)
	}
	return first.RTT, theirs
}

// agree checks that pingers who measure from the moment of sending say the same.
func agree(t *testing.T, ours time.Duration, theirs map[string]time.Duration) {
	t.Helper()
	for name, rtt := range theirs {
		if (rtt - ours).Abs() > 150*time.Millisecond+ours/5 {
			t.Errorf("%s says %s, we %s", name, rtt, ours)
		}
	}
}

// A full uplink: what stands in the queue before the probes takes a second to leave.
func TestOwnQueue(t *testing.T) {
	tuntest.Isolate(t, tuntest.Echo)
	slow := exec.Command("tc", "qdisc", "add", "dev", "tun0", "root", "tbf", "rate", "200kbit", "burst", "1600", "limit", "200000")
	if out, err := slow.CombinedOutput(); err != nil {
		tuntest.Without(t, fmt.Errorf("tc: %w: %s", err, out))
	}
	conn, err := net.Dial("udp", netip.AddrPortFrom(tuntest.Gate4, 9).String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range 20 {
		if _, err := conn.Write(make([]byte, 1400)); err != nil {
			t.Fatal(err)
		}
	}
	ours, theirs := besideRivals(t, tuntest.Far4, "tun0", 500*time.Millisecond, func() {})
	agree(t, ours, theirs)
}

// A neighbour that answers ARP after a time: until then probes wait in this machine.
func TestSlowNeighbour(t *testing.T) {
	if err := tun.Isolate(); err != nil {
		tuntest.Without(t, err)
	}
	d, err := tun.OpenTap("tap0", tuntest.Near4.String()+"/16")
	if err != nil {
		tuntest.Without(t, err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		tun.ServeLink(d, 600*time.Millisecond, tuntest.Echo)
	}()
	t.Cleanup(func() {
		d.Close()
		<-served
	})
	ours, theirs := besideRivals(t, tuntest.Far4, "tap0", 400*time.Millisecond, func() {})
	agree(t, ours, theirs)
}

// A link that is down for most of a second: probes wait until it is up, and the first
// answer comes that late. Others lose the probe, or wait to send it and then say
// that the answer took no time.
func TestLinkDown(t *testing.T) {
	far := tuntest.Cable(t)
	if err := tun.IP("ntable", "change", "name", "arp_cache", "dev", "veth0", "retrans", "500"); err != nil {
		t.Fatal(err)
	}
	far("link", "set", "veth1", "down")
	time.Sleep(50 * time.Millisecond)
	ours, theirs := besideRivals(t, tuntest.CableHost, "veth0", 300*time.Millisecond, func() {
		time.Sleep(700 * time.Millisecond)
		far("link", "set", "veth1", "up")
	})
	for name, rtt := range theirs {
		if rtt > ours+150*time.Millisecond {
			t.Errorf("%s says %s, we %s", name, rtt, ours)
		}
	}
}
