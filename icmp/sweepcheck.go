package icmp

import (
	"context"
	"iter"
	"net/netip"
	"runtime"

	"mailprobe/probe"
)

// A Sweeper is the checker of the kind `ping` where it sweeps addresses instead
// of pinging hosts.
type Sweeper interface {
	// Widen has the engine opened with a pair of sockets for each processor, as
	// far as that makes a sweep faster.
	Widen()
	// Open opens the engine, so that privileges can be dropped before anything
	// is received. Its error is told again where the engine is used.
	Open() error
	// Sweep is Engine.Sweep with the flags of the check; those take the place of
	// Wait, Size and Pattern. The error is a *probe.Failure.
	Sweep(ctx context.Context, addrs iter.Seq[netip.Addr], o SweepOptions) (iter.Seq[Reply], error)
	// Record puts what became of an address into a result as its step `echo`.
	Record(r *probe.Result, reply Reply) error
}

// Widen implements Sweeper.
func (c *check) Widen() { c.pairs = min(runtime.GOMAXPROCS(0), MaxPairs) }

// Open opens the engine that the targets share.
func (s *shared) Open() error {
	s.once.Do(func() { s.opened, s.err = s.open() })
	return s.err
}

// Sweep implements Sweeper.
func (c *check) Sweep(ctx context.Context, addrs iter.Seq[netip.Addr], o SweepOptions) (iter.Seq[Reply], error) {
	if err := c.Open(); err != nil {
		return nil, explain(err, netip.Addr{})
	}
	o.Wait, o.Size, o.Pattern = c.flags.wait, c.flags.size, c.flags.pattern
	return c.opened.Sweep(ctx, addrs, o), nil
}

// Record implements Sweeper.
func (c *check) Record(r *probe.Result, reply Reply) error {
	return r.Run(stepEcho, func(s *probe.Step) error {
		stats := Stats{Sent: 1}
		stats.Add(reply)
		if reply.Addr.IsValid() {
			r.Reached(netip.AddrPortFrom(reply.Addr, 0))
		}
		r.Summary = summary(&stats, reply.Addr)
		return c.judge(s, &stats, reply.Addr)
	})
}
