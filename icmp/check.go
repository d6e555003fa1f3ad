package icmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"mailprobe/probe"
)

// The steps of the check.
const (
	stepResolve = "resolve"
	stepEcho    = "echo"
	stepConnect = "connect"
	stepMTU     = "mtu"
)

// Kind returns the check `ping`: echo requests to a host, graded by how many
// are answered. All its targets share one engine, opened for the first.
func Kind() probe.Kind { return kindWith(Listen) }

// kindWith is Kind with engines from elsewhere, for tests.
func kindWith(listen func(Options) (*Engine, error)) probe.Kind {
	return probe.Kind{
		Name:  "ping",
		Short: "is there a path to the host, how fast, how lossy",
		Long: `Sends ICMP echo requests and judges what comes back. An answer counts only if
sender, identifier, sequence number and every byte of the payload are right;
duplicates, late, corrupted and foreign packets are counted apart. Times come
from the kernel where it gives them; the fact "clock" says which, and of how many
answers if not of all.

Without other thresholds on "loss" it is Warning if any probe is lost and
Critical if all are.`,
		Example: `  mailprobe ping mx.example.org
  mailprobe ping -c 20 -i 200ms mx1.example.org mx2.example.org
  mailprobe ping --warn rtt_avg=100ms --crit loss=20% mx.example.org`,
		Steps: []string{stepResolve, stepEcho, stepConnect, stepMTU, stepSweep},
		New:   newCheck(listen),
	}
}

// A check is the checker of the kind `ping`.
type check struct {
	shared
	flags flags
	pairs int // of sockets; 0 for 1
}

// Prepare implements probe.Checker.
func (c *check) Prepare(context.Context) error {
	if err := c.flags.check(); err != nil {
		return err
	}
	if c.options.Timeout == 0 {
		c.options.Timeout = c.flags.timeout()
	}
	return nil
}

// Check implements probe.Checker.
func (c *check) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	var addrs []netip.Addr
	err := r.Run(stepResolve, func(s *probe.Step) (err error) {
		addrs, err = c.options.Resolve(ctx, t, s)
		return err
	})
	if err != nil {
		return err
	}
	if c.flags.tcp > 0 {
		return c.handshakes(ctx, t, r, addrs)
	}
	err = r.Run(stepEcho, func(s *probe.Step) error {
		e, addr, err := c.engineFor(addrs)
		if err != nil {
			return explain(err)
		}
		addrs = []netip.Addr{addr}
		r.Reached(netip.AddrPortFrom(addr, 0))
		stats, err := e.Ping(ctx, addr, watchOf(ctx).follow(t, c.flags.ping()))
		if stats == nil || stats.Sent == 0 && err != nil {
			return explain(err)
		}
		r.Summary = summary(stats)
		return tell(s, stats)
	})
	if err != nil || !c.flags.mtu {
		return err
	}
	return r.Run(stepMTU, func(s *probe.Step) error { return c.pathMTU(ctx, s, addrs[0]) })
}

// handshakes does the step of --tcp, in the place of echoes.
func (c *check) handshakes(ctx context.Context, t probe.Target, r *probe.Result, addrs []netip.Addr) error {
	return r.Run(stepConnect, func(s *probe.Step) error {
		to := netip.AddrPortFrom(addrs[0], c.flags.tcp)
		r.Reached(to)
		stats, err := PingTCP(ctx, c.options.DialContext, to, watchOf(ctx).follow(t, c.flags.ping()))
		if stats == nil || stats.Sent == 0 && err != nil {
			return explain(err)
		}
		r.Summary = summary(stats)
		return tell(s, stats)
	})
}

// pathMTU does the step of --mtu.
func (c *check) pathMTU(ctx context.Context, s *probe.Step, addr netip.Addr) error {
	found, err := c.opened.PathMTU(ctx, addr, MTUOptions{Wait: c.flags.wait})
	if found.MTU > 0 {
		s.Learn(probe.Number("mtu", float64(found.MTU), probe.Bytes))
	}
	switch {
	case errors.Is(err, ErrNoAnswer):
		return probe.Fail(probe.Unknown, errors.New("no answer to the smallest probe"), "")
	case err != nil:
		return probe.Fail(probe.Unknown, fmt.Errorf("not found to the end: %w", err), "give it more time with --timeout")
	case found.Router.IsValid():
		s.Say(fmt.Sprintf("%d bytes, says %s", found.MTU, found.Router))
	default:
		s.Say(fmt.Sprintf("%d bytes", found.MTU))
	}
	return nil
}

// explain grades what kept the check from sending a single probe.
func explain(err error) error {
	var permission *PermissionError
	switch {
	case errors.As(err, &permission):
		return probe.Fail(probe.Unknown, errors.New(permission.reason()), permission.Hint())
	case errors.Is(err, context.Canceled):
		return probe.Fail(probe.Unknown, errors.New("interrupted before a probe was sent"), "")
	}
	if probe.IsMachineLimit(err) {
		return probe.Because(probe.CauseMachineLimit, err)
	}
	return probe.Fail(probe.Unknown, err, "")
}

const firewallHint = "a firewall of this machine forbids it; see `nft list ruleset` or `iptables -L OUTPUT`"

// tell puts what the statistics say into the step. The thresholds on the loss
// grade it, unless this machine kept every probe from leaving: then nothing is
// known of the target.
func tell(s *probe.Step, stats *Stats) error {
	s.Learn(facts(stats)...)
	s.Say(detail(stats))
	switch {
	case stats.Sent == 0:
		return probe.Fail(probe.Unknown, errors.New("no probe was sent"), "")
	case forbidden(stats):
		return probe.Fail(probe.Unknown, errors.New("no probe could leave this machine"), firewallHint)
	case refusedHere(stats.LastErr):
		s.Hint = firewallHint
	case errors.Is(stats.LastErr, syscall.ENETUNREACH) && stats.Received == 0:
		s.Hint = "this machine knows no way there; see `ip route` and `ip -6 route`"
	case stats.Errors > 0 && stats.Received == 0:
		s.Hint = "follow the path with `mailprobe trace` to where it ends"
	case stats.Received == 0:
		s.Hint = "the host is down, or it or a firewall on the way filters ICMP: probe its service instead, for example with `mailprobe smtp`"
	}
	return nil
}

// detail tells in a sentence what came back.
func detail(stats *Stats) string {
	text := fmt.Sprintf("%d of %d answered", stats.Received, stats.Sent)
	for _, odd := range []struct {
		n    int
		what string
	}{
		{stats.Late, "late"}, {stats.Errors, "failed"}, {stats.Duplicates, "duplicate"}, {stats.Reordered, "reordered"},
		{stats.Corrupted, "corrupted"}, {stats.Foreign, "from a foreign address"},
	} {
		if odd.n > 0 {
			text += fmt.Sprintf(", %d %s", odd.n, odd.what)
		}
	}
	if stats.LastErr != nil {
		text += fmt.Sprintf(" (%v)", cause(stats.LastErr))
	}
	return text
}

func summary(stats *Stats) string {
	text := fmt.Sprintf("%d of %d answered, %.3g%% loss", stats.Received, stats.Sent, stats.Loss())
	if stats.Received > 0 {
		text += ", average " + probe.FormatDuration(stats.Avg())
	}
	return text
}

// facts lists what the statistics say, the loss with its default thresholds.
func facts(stats *Stats) []probe.Fact {
	count := func(name string, n int) probe.Fact { return probe.Number(name, float64(n), probe.None) }
	all := []probe.Fact{
		count("sent", stats.Sent),
		count("received", stats.Received),
		lossFact(stats),
		count("duplicates", stats.Duplicates),
		count("reordered", stats.Reordered),
		count("late", stats.Late),
		count("corrupted", stats.Corrupted),
		count("foreign", stats.Foreign),
		count("errors", stats.Errors),
	}
	if stats.Samples != nil {
		all = append(all, probe.Text(FactSamples, formatSamples(stats.Samples)))
	}
	if stats.Received == 0 {
		return all
	}
	for _, rtt := range []struct {
		name  string
		value time.Duration
	}{
		{"rtt_min", stats.Min}, {"rtt_avg", stats.Avg()}, {"rtt_median", stats.Percentile(50)}, {"rtt_p95", stats.Percentile(95)},
		{"rtt_p99", stats.Percentile(99)}, {"rtt_max", stats.Max}, {"rtt_stddev", stats.StdDev()}, {"jitter", stats.Jitter},
	} {
		all = append(all, probe.Duration(rtt.name, rtt.value))
	}
	if stats.TTL > 0 {
		all = append(all, count("ttl", stats.TTL))
	}
	return append(all, probe.Text("clock", stats.ClockText()))
}

// lossFact judges the loss by default: some is a Warning, all of it Critical.
func lossFact(stats *Stats) probe.Fact {
	f := probe.Number("loss", stats.Loss(), probe.Percent)
	f.Text = fmt.Sprintf("%.3g%%", stats.Loss())
	if forbidden(stats) {
		return f
	}
	return f.Within("0", "@100:")
}

// forbidden reports whether this machine kept every probe from leaving.
func forbidden(stats *Stats) bool {
	return stats.Errors == stats.Sent && refusedHere(stats.LastErr)
}

// refusedHere reports whether a firewall of this machine refused a probe: silently,
// or with an ICMP error from an address of its own.
func refusedHere(err error) bool {
	var fault *Error
	if errors.Is(err, syscall.EPERM) {
		return true
	}
	return errors.As(err, &fault) && fault.filtered() && isLocal(fault.From)
}

// isLocal reports whether an address is one of this machine.
func isLocal(addr netip.Addr) bool {
	own, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(own, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && sameHost(p.Addr(), addr)
	})
}
