//go:build linux

package pingcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// names is a resolver with one name.
type names struct{}

func (names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	switch host {
	case "mx.example.org.":
		return []netip.Addr{netip.MustParseAddr("2001:db8::7"), netip.MustParseAddr("::ffff:192.0.2.7")}, nil
	case "slow.example.org.":
		return nil, &net.DNSError{Err: "i/o timeout", Name: host, IsTimeout: true}
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (names) LookupAddr(_ context.Context, addr string) ([]string, error) {
	if addr == "192.0.2.7" {
		return []string{"mx.example.org."}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: addr, IsNotFound: true}
}

func (names) LookupMX(context.Context, string) ([]*net.MX, error) { return nil, errors.ErrUnsupported }

// A fakeNet is a network that exists in the test only.
type fakeNet struct {
	icmp.Network
	answer func(f *fakeNet, req icmp.Packet) // nil answers each request at once
}

func newFakeNet() *fakeNet {
	f := &fakeNet{}
	f.Answer = func(n *icmp.Network, req icmp.Packet) {
		if f.answer == nil {
			n.Deliver(0, req.Reply())
		} else {
			f.answer(f, req)
		}
	}
	return f
}

// engine opens an engine on the network.
func (f *fakeNet) engine(t *testing.T) *icmp.Engine {
	t.Helper()
	e, err := icmp.Listen(icmp.Options{Network: &f.Network})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func hopRouter(ttl int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, byte(ttl)}) }

// path answers as a path of n routers to the host; silent hops say nothing.
func path(n int, silent ...int) func(*fakeNet, icmp.Packet) {
	routers := make([]netip.Addr, n)
	for i := range routers {
		if !slices.Contains(silent, i+1) {
			routers[i] = hopRouter(i + 1)
		}
	}
	answer := icmp.Path(10*time.Millisecond, routers...)
	return func(f *fakeNet, req icmp.Packet) { answer(&f.Network, req) }
}

// narrow answers what fits into a link, and reports its size if it may.
func narrow(mtu int, reports bool) func(*fakeNet, icmp.Packet) {
	return func(f *fakeNet, req icmp.Packet) {
		switch size := len(req.Data) + 20; {
		case size <= mtu:
			f.Deliver(time.Millisecond, req.Reply())
		case reports:
			f.Deliver(time.Millisecond, req.Fault(router, 3, 4, uint32(mtu)))
		}
	}
}

// run puts the check to targets and returns their results. The socket is f's.
func (f *fakeNet) run(t *testing.T, ctx context.Context, args ...string) []*probe.Result {
	t.Helper()
	opened := 0
	kind := kindWith(func(icmp.Options) (*icmp.Engine, error) {
		opened++
		return f.engine(t), nil
	})
	results := runKind(t, ctx, kind, args...)
	if opened > 1 {
		t.Errorf("%d engines for one check", opened)
	}
	return results
}

func runKind(t *testing.T, ctx context.Context, kind probe.Kind, args ...string) []*probe.Result {
	t.Helper()
	c := probe.New(kind)
	rest, err := probe.ParseArgs(c.Declared, args)
	if err != nil {
		t.Fatal(err)
	}
	c.Options.DNS = names{}
	if err := c.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var results []*probe.Result
	for _, arg := range rest {
		target, err := kind.ParseTarget(arg)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, c.Do(ctx, target)...)
	}
	return results
}

func lossy(every int) func(*fakeNet, icmp.Packet) {
	return func(f *fakeNet, req icmp.Packet) {
		if every == 0 || f.Sent()%every != 0 {
			f.Deliver(10*time.Millisecond, req.Reply())
		}
	}
}

func TestCheckVerdicts(t *testing.T) {
	for _, c := range []struct {
		name    string
		args    []string
		answer  func(*fakeNet, icmp.Packet)
		refuse  error
		status  probe.Status
		summary string
		hint    string
	}{
		{"all answer", []string{"mx.example.org"}, lossy(0), nil,
			probe.OK, "5 of 5 answered, 0% loss, average 10.0 ms", ""},
		{"one is lost", []string{"192.0.2.7"}, lossy(3), nil,
			probe.Warning, "echo: 4 of 5 answered; 1 of 5 probes lost", "trace"},
		{"loss the user permits", []string{"--warn", "loss=25", "192.0.2.7"}, lossy(3), nil,
			probe.OK, "4 of 5 answered, 20% loss, average 10.0 ms", ""},
		{"silence", []string{"192.0.2.7"}, lossy(1), nil,
			probe.Critical, "echo: 0 of 5 answered; nobody answered 5 probes", "mailprobe trace"},
		{"too slow", []string{"--crit", "rtt_avg=5ms", "192.0.2.7"}, lossy(0), nil,
			probe.Critical, "echo: 5 of 5 answered; rtt_avg 10.0 ms is outside critical range 5ms", ""},
		{"firewall here", []string{"-c1", "192.0.2.7"}, lossy(0), syscall.EPERM,
			probe.Unknown, "echo: 0 of 1 answered, 1 failed; no probe could leave this machine: operation not permitted", "firewall of this machine"},
		{"no such name", []string{"nx.example.org"}, lossy(0), nil,
			probe.Critical, "resolve: nx.example.org has no address in DNS", "spelling"},
		{"resolver silent", []string{"slow.example.org"}, lossy(0), nil,
			probe.Unknown, "resolve: the resolver did not answer for slow.example.org in time", "resolv.conf"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeNet()
			f.answer = c.answer
			f.Refuse = func(icmp.Packet) error { return c.refuse }
			r := f.run(t, t.Context(), c.args...)[0]
			got := r.Summary
			if worst := r.Worst(); r.Status != probe.OK {
				got = worst.Name + ": " + worst.Detail
			}
			if r.Status != c.status || got != c.summary {
				t.Errorf("%s: %s %q, want %s %q", c.name, r.Status, got, c.status, c.summary)
			}
			if hint := r.Worst().Hint; !strings.Contains(hint, c.hint) || c.hint == "" && hint != "" {
				t.Errorf("%s: hint %q, want it to contain %q", c.name, hint, c.hint)
			}
		})
	}
}

func TestCheckFacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet()
		f.answer = lossy(0)
		r := f.run(t, t.Context(), "-c", "3", "-i", "0.2", "192.0.2.7")[0]
		var got []string
		for _, fact := range r.Step(stepEcho).Facts {
			got = append(got, fact.Name+"="+fact.Text)
		}
		want := "sent=3 received=3 loss=0% duplicates=0 reordered=0 late=0 cut=0 corrupted=0 foreign=0 errors=0 " +
			"rtt_min=10.0 ms rtt_avg=10.0 ms rtt_median=10.0 ms rtt_p95=10.0 ms rtt_p99=10.0 ms rtt_max=10.0 ms " +
			"rtt_stddev=0 s jitter=0 s ttl=64 clock=monotonic total=10.0 ms"
		if line := strings.Join(got, " "); line != want {
			t.Errorf("facts\n%s, want\n%s", line, want)
		}
		if r.Address != "192.0.2.7" {
			t.Errorf("address %q", r.Address)
		}
	})
}

// Without a privilege nothing is known of the target, and the hint is
// what to type.
func TestCheckWithoutPrivilege(t *testing.T) {
	kind := kindWith(func(icmp.Options) (*icmp.Engine, error) {
		return nil, &icmp.PermissionError{Raw: syscall.EPERM, Datagram: syscall.EACCES}
	})
	for _, r := range runKind(t, t.Context(), kind, "192.0.2.7", "192.0.2.8") {
		step := r.Step(stepEcho)
		if r.Status != probe.Unknown || !strings.Contains(step.Hint, "sysctl -w net.ipv4.ping_group_range=") ||
			!strings.Contains(step.Hint, "setcap cap_net_raw+ep ") {
			t.Errorf("%s, hint %q", r.Status, step.Hint)
		}
	}
}

// An interrupted check shows what it knew. One without an end of its own ends so, and
// is judged by its loss.
func TestCheckInterrupted(t *testing.T) {
	for _, c := range []struct {
		count    string
		answer   func(*fakeNet, icmp.Packet)
		status   probe.Status
		cause    *probe.Cause
		summary  string
		received string
	}{
		{"100", lossy(0), probe.Unknown, probe.CauseInterrupted, "interrupted: stopped early; the steps above are complete", "3"},
		{"0", lossy(0), probe.OK, nil, "3 of 3 answered, 0% loss, average 10.0 ms", "3"},
		{"0", lossy(2), probe.Warning, CausePacketLoss, "echo: 1 of 3 probes lost", "2"},
		{"0", lossy(1), probe.Critical, CauseNoAnswer, "echo: nobody answered 2 probes", "0"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeNet()
			f.answer = c.answer
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(2500*time.Millisecond, cancel)
			r := f.run(t, ctx, "-c", c.count, "192.0.2.7")[0]
			if received, _ := r.Fact("received"); received.Text != c.received || r.Status != c.status || r.Summary != c.summary ||
				c.cause == nil && r.Cause != nil || c.cause != nil && !c.cause.Is(r.Cause) {
				t.Errorf("-c %s: %s with %q received: %s, %v", c.count, r.Status, received.Text, r.Summary, r.Cause)
			}
		})
	}
}

// Of a run that was interrupted only the probes that were sent have a time, or none.
func TestSamplesInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet()
		f.answer = lossy(2)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3500*time.Millisecond, cancel)
		r := f.run(t, ctx, "-C", "100", "-W", "500ms", "192.0.2.7")[0]
		if samples, _ := r.Fact(FactSamples); samples.Text != "10.0 - 10.0 -" {
			t.Errorf("samples %q", samples.Text)
		}
	})
}

// A whole dead host takes no longer than count x interval + wait.
func TestCheckTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet()
		f.answer = lossy(1)
		r := f.run(t, t.Context(), "-c", "4", "-i", "500ms", "-W", "2s", "192.0.2.7")[0]
		if limit := 4 * time.Second; r.Elapsed > limit {
			t.Errorf("took %s, limit %s", r.Elapsed, limit)
		}
		r = newDead().run(t, t.Context(), "--timeout", "1200ms", "-c", "4", "-i", "500ms", "-W", "2s", "192.0.2.7")[0]
		if sent, _ := r.Fact("sent"); r.Elapsed != 1200*time.Millisecond || sent.Text != "3" {
			t.Errorf("took %s of 1.2s, sent %s", r.Elapsed, sent.Text)
		}
	})
}

func newDead() *fakeNet {
	f := newFakeNet()
	f.answer = lossy(1)
	return f
}

// The flags reach the sockets and the probes.
func TestFlagsReachTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet()
		var sent icmp.Packet
		f.answer = func(f *fakeNet, req icmp.Packet) {
			sent = req
			f.Deliver(10*time.Millisecond, req.Reply())
		}
		var got icmp.Options
		kind := kindWith(func(o icmp.Options) (*icmp.Engine, error) {
			got = o
			return f.engine(t), nil
		})
		start := time.Now()
		runKind(t, t.Context(), kind, "--ttl=9", "--dscp=46", "--dont-fragment", "--interface=lo", "--mark=7",
			"--source=192.0.2.99", "--size=20", "--pattern=0xabcd", "--adaptive", "mx.example.org")
		want := icmp.Options{Source: netip.MustParseAddr("192.0.2.99"), Interface: "lo", Mark: 7, TTL: 9, DSCP: 46, DontFragment: true}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("options %+v, want %+v", got, want)
		}
		if string(sent.Data[24:]) != "\xab\xcd\xab\xcd" {
			t.Errorf("payload % x", sent.Data[8:])
		}
		if took := time.Since(start).Round(time.Millisecond); took != 50*time.Millisecond {
			t.Errorf("five adaptive probes of 10ms took %s", took)
		}
	})
}

func TestCheckMTU(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet()
		f.answer = narrow(1400, true)
		r := f.run(t, t.Context(), "--mtu", "-c1", "192.0.2.7")[0]
		if mtu, _ := r.Fact("mtu"); r.Status != probe.OK || mtu.Text != "1400 B" || r.Step(stepMTU).Detail != "1400 bytes, says 198.51.100.1" {
			t.Errorf("%s %q: %+v", r.Status, r.Summary, r.Step(stepMTU))
		}
	})
}

// Where ICMP is filtered a handshake is timed instead; no ICMP socket is
// opened, so no privilege is needed.
func TestCheckTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			c.Close()
		}
	}()
	kind := kindWith(func(icmp.Options) (*icmp.Engine, error) { t.Error("an engine was opened"); return nil, icmp.ErrClosed })
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	r := runKind(t, t.Context(), kind, "--tcp", port, "-c3", "-i10ms", "127.0.0.1")[0]
	if received, _ := r.Fact("received"); r.Status != probe.OK || received.Text != "3" || r.Address != l.Addr().String() {
		t.Errorf("%s %q at %s", r.Status, r.Summary, r.Address)
	}
	l.Close()
	if r = runKind(t, t.Context(), kind, "--tcp", port, "-c1", "127.0.0.1")[0]; r.Status != probe.Critical || !strings.Contains(r.Worst().Detail, "refused") {
		t.Errorf("%s %q", r.Status, r.Worst().Detail)
	}
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet()
		f.answer = lossy(3)
		var seen []string
		ctx := WithWatch(t.Context(), &Watch{OnReply: func(target probe.Target, r icmp.Reply, s *icmp.Stats) {
			seen = append(seen, fmt.Sprintf("%s %d %s %d/%d", target.Text, r.Seq, r.Outcome, s.Received, s.Sent))
		}})
		f.run(t, ctx, "-c", "3", "-W", "500ms", "mx.example.org")
		want := "[mx.example.org 0 received 1/1 mx.example.org 1 received 2/2 mx.example.org 2 lost 2/3]"
		if fmt.Sprint(seen) != want {
			t.Errorf("seen %v, want %s", seen, want)
		}
	})
}

func TestFlagErrors(t *testing.T) {
	for _, args := range [][]string{{"--count=-1"}, {"--wait=0"}, {"--size=15"}, {"--size=70000"}, {"--ttl=256"}, {"--dscp=64"}, {"--mtu", "--tcp=25"},
		{"--size=100", "--tcp=25"}, {"--pattern=ff", "--tcp=25"}, {"--dont-fragment", "--tcp=25"}} {
		c := probe.New(Kind())
		if _, err := probe.ParseArgs(c.Declared, args); err != nil {
			t.Fatal(err)
		}
		flag := strings.SplitN(args[0], "=", 2)[0]
		if err := c.Prepare(t.Context()); err == nil || !strings.HasPrefix(err.Error(), flag+" ") {
			t.Errorf("%v: error %v does not begin with the flag", args, err)
		}
	}
	for value, says := range map[string]string{"soon": "is not a time", "-1s": "is negative"} {
		if err := probe.New(Kind()).Set("interval", value); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("--interval=%s: %v", value, err)
		}
	}
}
