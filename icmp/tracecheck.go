package icmp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"mailprobe/probe"
)

const (
	stepTrace   = "trace"
	maxHopFlag  = 64
	nameTimeout = 2 * time.Second // for looking up the names of routers
)

// TraceKind returns the check `trace`: the routers on the way to a host, with
// loss and time of each. Routers that do not answer are no fault; a host that
// is not reached is Critical.
func TraceKind() probe.Kind { return traceKindWith(Listen) }

func traceKindWith(listen func(Options) (*Engine, error)) probe.Kind {
	steps := []string{stepResolve, stepTrace}
	for ttl := 1; ttl <= maxHopFlag; ttl++ {
		steps = append(steps, hopStep(ttl))
	}
	return probe.Kind{
		Name:  "trace",
		Short: "which way do packets take to the host, and where are they lost",
		Long: `Sends ICMP echo requests with every TTL at once and tells which router answers
each, with loss and time. All probes look like one flow, so that routers that
spread traffic over several links send them one way.`,
		Example: `  mailprobe trace mx.example.org
  mailprobe trace -c 10 -n 192.0.2.25`,
		Steps:  steps,
		Causes: Causes,
		New: func(set *pflag.FlagSet, o *probe.Options) probe.Checker {
			c := &traceCheck{shared: shared{options: o}}
			c.bind(set)
			c.open = func() (*Engine, error) { return listen(Options{Source: o.SourceAddr()}) }
			return c
		},
	}
}

func hopStep(ttl int) string { return fmt.Sprintf("hop-%d", ttl) }

// A traceCheck is the checker of the kind `trace`.
type traceCheck struct {
	shared
	trace   TraceOptions
	numeric bool
}

func (c *traceCheck) bind(set *pflag.FlagSet) {
	set.IntVarP(&c.trace.Rounds, "count", "c", 3, "probes to each hop")
	probe.DurationVarP(set, &c.trace.Interval, "interval", "i", 200*time.Millisecond, "time from one round of probes to the next")
	probe.DurationVarP(set, &c.trace.Wait, "wait", "W", defaultWait, "time to wait for each answer")
	set.IntVar(&c.trace.MaxHops, "max-hops", 30, fmt.Sprintf("hops to look at, at most %d", maxHopFlag))
	set.IntVar(&c.trace.Size, "size", DefaultSize, fmt.Sprintf("bytes of payload, at least %d", MinSize))
	set.BoolVarP(&c.numeric, "numeric", "n", false, "do not look up the names of routers")
}

// Prepare implements probe.Checker.
func (c *traceCheck) Prepare(context.Context) error {
	switch o := c.trace; {
	case o.Rounds < 1:
		return fmt.Errorf("--count %d is not a number from 1 up", o.Rounds)
	case o.Interval <= 0:
		return fmt.Errorf("--interval %s is not a time such as 200ms", o.Interval)
	case o.Wait <= 0:
		return fmt.Errorf("--wait %s leaves no time for an answer; a time such as 1s would be right", o.Wait)
	case o.MaxHops < 1 || o.MaxHops > maxHopFlag:
		return fmt.Errorf("--max-hops %d is not within 1 to %d", o.MaxHops, maxHopFlag)
	case o.Size < MinSize || o.Size > MaxSize:
		return fmt.Errorf("--size %d is not within %d and %d", o.Size, MinSize, MaxSize)
	}
	return nil
}

// Check implements probe.Checker.
func (c *traceCheck) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	var addrs []netip.Addr
	err := r.Run(stepResolve, func(s *probe.Step) (err error) {
		addrs, err = c.options.Resolve(ctx, t, s)
		return err
	})
	if err != nil {
		return err
	}
	var route *Route
	err = r.Run(stepTrace, func(s *probe.Step) error {
		e, addr, err := c.engineFor(addrs)
		if err != nil {
			return explain(err, addr)
		}
		r.Reached(netip.AddrPortFrom(addr, 0))
		if route, err = e.Trace(ctx, addr, c.trace); route == nil {
			return explain(err, addr)
		}
		return tellRoute(s, route, err, addr)
	})
	if route == nil {
		return err
	}
	names := c.names(ctx, route)
	for i := range route.Hops {
		hop := &route.Hops[i]
		_ = r.Run(hopStep(hop.TTL), func(s *probe.Step) error {
			if route.Reached && hop.Stats.limited(&route.Hops[len(route.Hops)-1].Stats) {
				s.Say("limits its answers: nothing behind it is lost")
				s.Also = append(s.Also, CauseRateLimitedRouter)
			}
			return tellHop(s, hop, names)
		})
	}
	if err == nil {
		r.Summary = fmt.Sprintf("reached over %s, average %s", probe.Count(len(route.Hops), "hop"), probe.FormatDuration(route.Hops[len(route.Hops)-1].Stats.Avg()))
	}
	return err
}

// tellRoute says whether the host was reached.
func tellRoute(s *probe.Step, route *Route, err error, host netip.Addr) error {
	last := route.Hops[len(route.Hops)-1]
	s.Learn(probe.Number("hops", float64(len(route.Hops)), probe.None))
	switch {
	case err != nil:
		return probe.Because(probe.CauseInterrupted, errors.New("interrupted"))
	case route.Reached:
		s.Say(probe.Count(len(route.Hops), "hop"))
		return nil
	case last.Err != nil:
		c, also := causeOf(last.Err, host)
		return probe.Because(c, fmt.Errorf("the path ends at hop %d: %w", last.TTL, last.Err), also...)
	case len(last.Addrs) == 0:
		return probe.Because(CauseNoAnswer.Advise("the network here may filter ICMP"), errors.New("nobody on the way answers"))
	}
	return probe.Because(CauseNoAnswer.Advise("the host is down or filters ICMP, or the fault is just behind that router"),
		fmt.Errorf("nobody answers beyond hop %d, %s", last.TTL, last.Addrs[0]))
}

// tellHop says who answers at a hop, how fast and how reliably. The loss of a
// router is no verdict: routers limit how often they answer.
func tellHop(s *probe.Step, hop *Hop, names map[netip.Addr]string) error {
	if len(hop.Addrs) == 0 {
		return s.Skip("no answer")
	}
	var who []string
	for _, addr := range hop.Addrs {
		if name := names[addr]; name != "" {
			who = append(who, fmt.Sprintf("%s (%s)", name, addr))
		} else {
			who = append(who, addr.String())
		}
	}
	s.Say(strings.Join(who, ", "))
	if hop.Err != nil {
		s.Say(hop.Err.Error())
	}
	s.Learn(
		probe.Text("addresses", joinHop(hop.Addrs)),
		probe.Number("sent", float64(hop.Stats.Sent), probe.None),
		probe.Number("received", float64(hop.Stats.Received), probe.None),
		probe.Number("loss", hop.Stats.Loss(), probe.Percent))
	if hop.Stats.Received > 0 {
		s.Learn(
			probe.Duration("rtt_min", hop.Stats.Min),
			probe.Duration("rtt_avg", hop.Stats.Avg()),
			probe.Duration("rtt_max", hop.Stats.Max))
	}
	return nil
}

func joinHop(addrs []netip.Addr) string {
	words := make([]string, len(addrs))
	for i, a := range addrs {
		words[i] = a.String()
	}
	return strings.Join(words, " ")
}

// names looks up the names of all routers side by side. A name that cannot be
// found in time is left out.
func (c *traceCheck) names(ctx context.Context, route *Route) map[netip.Addr]string {
	dns, ok := c.options.DNS.(interface {
		LookupAddr(ctx context.Context, addr string) ([]string, error)
	})
	if !ok || c.numeric {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	names := make(map[netip.Addr]string)
	for _, hop := range route.Hops {
		for _, addr := range hop.Addrs {
			all.Go(func() {
				found, err := dns.LookupAddr(ctx, addr.WithZone("").String())
				mu.Lock()
				defer mu.Unlock()
				if err == nil && len(found) > 0 {
					names[addr] = strings.TrimSuffix(found[0], ".")
				}
			})
		}
	}
	all.Wait()
	return names
}

// limited reports whether a router that loses probes answers only some of them, as the
// host behind it loses none.
func (s *Stats) limited(host *Stats) bool {
	return s.Received > 0 && s.Received < s.Sent && host.Received == host.Sent
}
