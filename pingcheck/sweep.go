package pingcheck

import (
	"context"
	"iter"
	"net/netip"
	"runtime"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// A Sweeper is the checker of the kind `ping` where it sweeps addresses instead
// of pinging hosts.
type Sweeper interface {
	// Widen makes Open open a pair of sockets for each processor, up to icmp.MaxPairs.
	Widen()
	// Open opens the engine, so that privileges can be dropped before anything
	// is received. Its error is returned again where the engine is used.
	Open() error
	// Sweep is Engine.Sweep with the flags of the check; those take the place of
	// Wait, Size and Pattern. The error is a *probe.Failure.
	Sweep(ctx context.Context, addrs iter.Seq[netip.Addr], o icmp.SweepOptions) (iter.Seq[icmp.Reply], error)
	// Record writes the outcome of an address into a result, as its step `echo`.
	Record(r *probe.Result, reply icmp.Reply) error
}

// Widen implements Sweeper.
func (c *pingCheck) Widen() { c.pairs, c.polled = min(runtime.GOMAXPROCS(0), icmp.MaxPairs), true }

// Sweep implements Sweeper.
func (c *pingCheck) Sweep(ctx context.Context, addrs iter.Seq[netip.Addr], o icmp.SweepOptions) (iter.Seq[icmp.Reply], error) {
	o.Wait, o.Size, o.Pattern = c.flags.wait, c.flags.size, c.flags.pattern
	if c.flags.tcp > 0 {
		return icmp.SweepTCP(ctx, c.dial, addrs, c.flags.tcp, o), nil
	}
	if err := c.Open(); err != nil {
		return nil, explain(err, netip.Addr{})
	}
	return c.opened.Sweep(ctx, addrs, o), nil
}

// Record implements Sweeper.
func (c *pingCheck) Record(r *probe.Result, reply icmp.Reply) error {
	step := stepEcho
	if c.flags.tcp > 0 {
		step = stepConnect
	}
	r.Took(reply.RTT)
	return r.Run(step, func(s *probe.Step) error {
		if reply.Addr.IsValid() {
			r.Reached(netip.AddrPortFrom(reply.Addr, c.flags.tcp))
		}
		if reply.Outcome == icmp.Failed || reply.Addr.IsMulticast() { // to look is too much for each
			if _, err := aim(reply.Addr, c.flags.device); err != nil {
				return err
			}
		}
		stats := icmp.Stats{Sent: 1}
		stats.Add(reply)
		r.Summary = summary(&stats, reply.Addr)
		return c.grading().judge(s, &stats, reply.Addr)
	})
}
