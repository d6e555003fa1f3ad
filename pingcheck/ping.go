package pingcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"mailprobe/icmp"
	"mailprobe/probe"
	"mailprobe/wire"
)

// Kind returns the check `ping`: echo requests to a host, graded by how many
// are answered. All its targets share one engine, opened for the first.
func Kind() probe.Kind { return kindWith(icmp.Listen) }

// kindWith is Kind with engines opened by listen, for tests.
func kindWith(listen func(icmp.Options) (*icmp.Engine, error)) probe.Kind {
	return probe.Kind{
		Name:  "ping",
		Short: "test whether hosts answer: reachability, round trip, loss",
		Long: `Send ICMP echo requests and judge the answers. An answer counts only if sender,
identifier, sequence number and every byte of the payload are right; a truncated
answer counts, with a Warning. Duplicates, late, corrupted and foreign packets are
counted separately. Times come from the kernel where it gives them; the fact "clock"
says which, and of how many answers if not of all. They begin when the kernel takes a
probe; the fact "queued" is the part of them before the probe left this machine.

Without other thresholds on "loss" it is Warning if any probe is lost and
Critical if all are. The time of the check, which --warn TIME means, is the average
round trip; --warn TIME,LOSS% sets a threshold on both.`,
		Example: `  mailprobe ping mx.example.org
  mailprobe ping -c 20 -i 200ms mx1.example.org mx2.example.org
  mailprobe ping --warn rtt_avg=100ms --crit loss=20% mx.example.org`,
		Steps:    append([]string{stepResolve, stepEcho, stepConnect}, append(traceSteps(), stepMTU, stepSweep)...),
		Causes:   Causes,
		Diagnose: diagnose,
		Examples: examples,
		Timeout:  "time for the whole check of one target (default what the look-up of its name takes, and count x interval + wait)",
		Measures: measures,
		New:      newCheck(listen),
	}
}

// A pingCheck is the checker of the kind `ping`.
type pingCheck struct {
	shared
	flags  flags
	pairs  int         // of sockets; 0 for 1
	polled bool        // the engine is for sweeps
	lossy  *traceCheck // traces the path to hosts that lose probes, nil where that was not asked for
}

// Prepare implements probe.Checker.
func (c *pingCheck) Prepare(context.Context) error {
	if err := c.flags.check(); err != nil {
		return err
	}
	if c.flags.trace {
		c.lossy = newLossyTrace(c.options, c.flags.tcp)
	}
	if c.options.Timeout == 0 {
		c.options.Timeout = c.flags.timeout() + probe.DefaultTimeout
		if c.lossy != nil {
			c.options.Timeout += traceTime(lossyTrace)
		}
	}
	return nil
}

// Check implements probe.Checker.
func (c *pingCheck) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	addrs, err := c.resolve(ctx, t, r)
	if err != nil {
		return err
	}
	probing, cancel := context.WithTimeout(ctx, c.flags.timeout())
	defer cancel()
	if c.flags.tcp > 0 {
		err = r.Run(stepConnect, func(s *probe.Step) error { return c.handshakes(probing, t, r, s, addrs[0]) })
		c.traceLoss(ctx, r)
		return err
	}
	err = r.Run(stepEcho, func(s *probe.Step) (err error) {
		addrs, err = c.echoes(probing, t, r, s, addrs)
		return err
	})
	if c.traceLoss(ctx, r); err != nil || !c.flags.mtu {
		return err
	}
	return r.Run(stepMTU, func(s *probe.Step) error { return c.pathMTU(ctx, s, addrs[0], r.Transcript) })
}

// openWith opens the shared engine, and the sockets for a trace on failure.
func (c *pingCheck) openWith(listen func(icmp.Options) (*icmp.Engine, error), o icmp.Options) (*icmp.Engine, error) {
	e, err := listen(o)
	if err == nil && c.lossy != nil {
		c.lossy.openSegments(e, o)
	}
	return e, err
}

// Close closes what was opened for the targets.
func (c *pingCheck) Close() error {
	if c.lossy == nil {
		return c.shared.Close()
	}
	return errors.Join(c.lossy.closeSegments(), c.shared.Close())
}

// traceLoss adds a trace of the path, if --trace-on-failure asks for it and probes were
// lost.
func (c *pingCheck) traceLoss(ctx context.Context, r *probe.Result) {
	if c.lossy != nil {
		c.lossy.traceLoss(ctx, &c.shared, r)
	}
}

// echoes runs the step of echo requests, and returns the address they went to.
func (c *pingCheck) echoes(ctx context.Context, t probe.Target, r *probe.Result, s *probe.Step, addrs []netip.Addr) ([]netip.Addr, error) {
	e, addr, err := c.engineFor(addrs)
	if err != nil {
		return nil, explain(err, addr)
	}
	if addr, err = aim(addr, c.flags.device); err != nil {
		return nil, err
	}
	r.Reached(netip.AddrPortFrom(addr, 0))
	stats, err := e.Ping(ctx, addr, transcribe(r.Transcript, watchOf(ctx).follow(t, c.flags.ping()), requestText(c.flags.size), addr.String()))
	return []netip.Addr{addr}, c.conclude(r, s, stats, err, addr)
}

// handshakes runs the step of --tcp instead of echoes.
func (c *pingCheck) handshakes(ctx context.Context, t probe.Target, r *probe.Result, s *probe.Step, addr netip.Addr) error {
	addr, err := aim(addr, c.flags.device)
	if err != nil {
		return err
	}
	to := netip.AddrPortFrom(addr, c.flags.tcp)
	if err := c.options.Permitted(to); err != nil {
		return err
	}
	r.Reached(to)
	stats, err := icmp.PingTCP(ctx, c.dial, to, transcribe(r.Transcript, watchOf(ctx).follow(t, c.flags.ping()), "handshake", to.String()))
	return c.conclude(r, s, stats, err, addr)
}

// dial makes a connection as the flags say.
func (c *pingCheck) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if c.options.Dial != nil {
		return c.options.Dial(ctx, network, address)
	}
	d := net.Dialer{KeepAlive: -1, Control: icmp.DialControl(c.flags.engine(netip.Addr{}))}
	if source := c.options.SourceAddr(); source.IsValid() {
		d.LocalAddr = &net.TCPAddr{IP: source.AsSlice(), Zone: source.Zone()}
	}
	return d.DialContext(ctx, network, address)
}

// conclude grades a host by the statistics of its probes; err is why the run ended early.
func (c *pingCheck) conclude(r *probe.Result, s *probe.Step, stats *icmp.Stats, err error, host netip.Addr) error {
	if stats == nil || stats.Sent == 0 && err != nil {
		return explain(err, host)
	}
	if stats.Received == 0 && isBroadcastRefusal(stats.LastErr, host) {
		return groupError(host, groupOf(host))
	}
	if c.flags.count == 0 {
		r.Complete()
	}
	if stats.Received > 0 {
		r.Took(stats.Avg())
	}
	r.Summary = summary(stats, host)
	return c.grading().judge(s, stats, host)
}

func (c *pingCheck) grading() grading {
	return grading{options: c.options, ttl: c.flags.ttl, tcp: c.flags.tcp}
}

// pathMTU runs the step of --mtu.
func (c *pingCheck) pathMTU(ctx context.Context, s *probe.Step, addr netip.Addr, record *wire.Transcript) error {
	found, err := c.opened.PathMTU(ctx, addr, transcribeMTU(record, icmp.MTUOptions{Wait: c.flags.wait}, addr))
	if found.MTU > 0 {
		s.Learn(probe.Number("mtu", float64(found.MTU), probe.Bytes))
	}
	switch {
	case errors.Is(err, icmp.ErrNoAnswer):
		return probe.Because(CauseNoAnswer.As(probe.Unknown), errors.New("no answer to the smallest probe"))
	case err != nil:
		c, also := causeOf(err, addr)
		if errors.Is(err, context.DeadlineExceeded) {
			c = c.Advise("give it more time with --timeout")
		}
		return probe.Because(c.As(probe.Unknown), fmt.Errorf("not found to the end: %w", err), also...)
	case found.Cut:
		s.RaiseFor(CauseAnswersCut, fmt.Sprintf("%d bytes to the host; it cuts its answers, so that the way back is not known", found.MTU))
	case found.Router.IsValid():
		s.Say(fmt.Sprintf("%d bytes, says %s", found.MTU, found.Router))
	case found.Silent:
		s.RaiseFor(CauseBlackHole, fmt.Sprintf("%d bytes; larger packets vanish, and no router says so", found.MTU))
	default:
		s.Say(fmt.Sprintf("%d bytes", found.MTU))
	}
	return nil
}

// newCheck returns the constructor of the kind `ping`.
func newCheck(listen func(icmp.Options) (*icmp.Engine, error)) func(*probe.Options) (probe.Checker, []probe.Option) {
	return func(o *probe.Options) (probe.Checker, []probe.Option) {
		c := &pingCheck{shared: shared{options: o}}
		c.open = func() (*icmp.Engine, error) {
			o := c.flags.engine(o.SourceAddr())
			o.Pairs, o.Polled = c.pairs, c.polled
			return c.openWith(listen, o)
		}
		o.Timeout = 0 // it follows from the other options
		return c, c.flags.declare()
	}
}
