package pingcheck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
	"mailprobe/wire"
)

const (
	nameTimeout    = 2 * time.Second // for looking up the names of routers
	defaultUDPPort = 33434           // the first that traceroute uses, where nobody listens
)

// TraceKind returns the check `trace`: the routers on the way to a host, with
// loss and time of each. Routers that do not answer are no fault; a host that
// is not reached is Critical, and one that loses probes a Warning.
func TraceKind() probe.Kind { return traceKindWith(icmp.Listen) }

func traceKindWith(listen func(icmp.Options) (*icmp.Engine, error)) probe.Kind {
	return probe.Kind{
		Name:  "trace",
		Short: "show the route to a host and where packets are lost",
		Long: `Send probes of rising TTL and show which router answers each, with loss and time:
mean, minimum, maximum, and the jitter, which is the mean difference between one
round trip and the next. The loss of the host counts, and where it begins. A router
that answers only some probes but forwards the rest is not counted as losing packets.

Probes are ICMP echo requests, which look like one flow, so that routers that spread
traffic over several links send them one way. With --tcp they are TCP segments that ask
for a connection, each from a port of its own: so the hop that filters the port is
found. After six rounds, one round is sent per second, because Linux routers limit
their ICMP replies.

--warn and --crit mean the host with "loss" and "rtt_avg", any hop with "hop:loss",
and one hop with "hop-3:loss".`,
		Example: `  mailprobe trace mx.example.org
  mailprobe trace -c 10 -n 192.0.2.25
  mailprobe trace --tcp 25 mx.example.org
  mailprobe trace --asn ip2asn-combined.tsv mx.example.org
  mailprobe trace --warn rtt_avg=100ms --warn hop:loss=30% mx.example.org`,
		Steps:    append([]string{stepResolve}, traceSteps()...),
		Causes:   Causes,
		Measures: traceMeasures,
		Timeout:  "time for the whole check of one target (default what --count rounds take)",
		New: func(o *probe.Options) (probe.Checker, []probe.Option) {
			c := &traceCheck{shared: shared{options: o}}
			c.open = func() (*icmp.Engine, error) { return c.listen(listen) }
			o.Timeout = 0 // it follows from the other options
			return c, c.declare()
		},
	}
}

// A traceCheck is the checker of the kind `trace`.
type traceCheck struct {
	shared
	trace   icmp.TraceOptions
	numeric bool
	asn     string // the name of an ASFile
	lack    error  // why no probe can be sent to a port
}

func (c *traceCheck) declare() []probe.Option {
	o := &c.trace
	o.Rounds, o.Interval, o.Wait, o.Size = 3, icmp.DefaultTraceInterval, icmp.DefaultWait, icmp.DefaultSize
	o.FirstHop, o.MaxHops, o.MaxUnknown = 1, 30, 10
	return []probe.Option{
		{Name: "count", Short: "c", Type: probe.TypeNumber, Value: &o.Rounds, Usage: "probes to each hop, 0 for no end"},
		{Name: "interval", Short: "i", Type: probe.TypeDuration, Value: &o.Interval, Usage: "time from one round of probes to the next at least"},
		{Name: "wait", Short: "W", Type: probe.TypeDuration, Value: &o.Wait, Usage: "time to wait for each answer"},
		{Name: "tcp", Type: probe.TypeNumber, Value: &o.TCP, Usage: "send TCP segments to this `port`, to find the hop that filters it"},
		{Name: "udp", Type: probe.TypeNumber, Value: &o.UDP, NoValue: strconv.Itoa(defaultUDPPort), Usage: fmt.Sprintf("send UDP datagrams to port %d, or to `PORT` given as --udp=PORT", defaultUDPPort)},
		{Name: "first-hop", Type: probe.TypeNumber, Value: &o.FirstHop, Usage: "the first hop to look at"},
		{Name: "max-hops", Type: probe.TypeNumber, Value: &o.MaxHops, Usage: fmt.Sprintf("the last hop to look at, at most %d", maxHopFlag)},
		{Name: "max-unknown", Type: probe.TypeNumber, Value: &o.MaxUnknown, Usage: "look no further when so many hops in a row say nothing"},
		{Name: "size", Type: probe.TypeSize, Value: &o.Size, Usage: fmt.Sprintf("bytes of payload, at least %d", icmp.MinSize)},
		{Name: "numeric", Short: "n", Type: probe.TypeBool, Value: &c.numeric, Usage: "do not look up the names of routers"},
		{Name: "asn", Type: probe.TypeFile, Value: &c.asn, Usage: "show the autonomous system of each hop by this `file`: lines of prefix, number and name, or as iptoasn.com has them"},
	}
}

// listen opens the shared engine, and the sockets for probes to a port.
func (c *traceCheck) listen(open func(icmp.Options) (*icmp.Engine, error)) (*icmp.Engine, error) {
	o := icmp.Options{Source: c.options.SourceAddr()}
	e, err := open(o)
	if err == nil {
		c.openSegments(e, o)
	}
	return e, err
}

// openSegments opens the sockets for probes to a port, if there is one.
func (c *traceCheck) openSegments(e *icmp.Engine, o icmp.Options) {
	if c.toPort() {
		c.trace.Segments, c.lack = e.OpenSegments(c.trace.TCP, c.trace.UDP, o)
	}
}

func (c *traceCheck) closeSegments() error {
	if c.trace.Segments == nil {
		return nil
	}
	return c.trace.Segments.Close()
}

// toPort reports whether probes go to a port.
func (c *traceCheck) toPort() bool { return c.trace.TCP > 0 || c.trace.UDP > 0 }

// Close closes what was opened for the targets.
func (c *traceCheck) Close() error { return errors.Join(c.closeSegments(), c.shared.Close()) }

// Prepare implements probe.Checker.
func (c *traceCheck) Prepare(context.Context) error {
	switch o := c.trace; {
	case o.Rounds < 0:
		return probe.OptionErrorf("%s %d is negative; use a number such as 3, or 0 for no end", probe.OptionName("count"), o.Rounds)
	case o.Interval <= 0:
		return probe.OptionErrorf("%s %s is not a time such as 200ms", probe.OptionName("interval"), o.Interval)
	case o.Wait <= 0:
		return probe.OptionErrorf("%s %s leaves no time for an answer; use a time such as 1s", probe.OptionName("wait"), o.Wait)
	case o.TCP > 0 && o.UDP > 0:
		return probe.OptionErrorf("%s and %s exclude each other", probe.OptionName("tcp"), probe.OptionName("udp"))
	case o.MaxHops < 1 || o.MaxHops > maxHopFlag:
		return probe.OptionErrorf("%s %d is not within 1 to %d", probe.OptionName("max-hops"), o.MaxHops, maxHopFlag)
	case o.FirstHop < 1 || o.FirstHop > o.MaxHops:
		return probe.OptionErrorf("%s %d is not within 1 and %s %d", probe.OptionName("first-hop"), o.FirstHop, probe.OptionName("max-hops"), o.MaxHops)
	case o.MaxUnknown < 1:
		return probe.OptionErrorf("%s %d is not a number from 1 up", probe.OptionName("max-unknown"), o.MaxUnknown)
	case o.Size < icmp.MinSize || o.Size > icmp.MaxSize:
		return probe.OptionErrorf("%[1]s %[2]d is not from %[3]d to %[4]d; the first %[3]d bytes identify a probe", probe.OptionName("size"), o.Size, icmp.MinSize, icmp.MaxSize)
	}
	if c.asn != "" {
		if err := ASFile(c.asn).Check(); err != nil {
			return probe.OptionErrorf("%s: %w", probe.OptionName("asn"), err)
		}
	}
	if c.trace.Rounds == 0 {
		c.trace.Rounds = icmp.Endless
	}
	c.options.Timeout = cmp.Or(c.options.Timeout, traceTime(c.trace))
	return nil
}

// traceTime returns how long a trace may take at most, with the names of its routers.
func traceTime(o icmp.TraceOptions) time.Duration {
	if o.Rounds == icmp.Endless {
		return forever
	}
	return min(forever, probe.DefaultTimeout+o.Duration())
}

// Check implements probe.Checker.
func (c *traceCheck) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	addrs, err := c.resolve(ctx, t, r)
	if err != nil {
		return err
	}
	var trace *traced
	err = r.Run(stepTrace, func(s *probe.Step) error {
		e, addr, err := c.engineFor(addrs)
		if err != nil {
			return explain(err, addr)
		}
		if addr, err = aim(addr, ""); err != nil {
			return err
		}
		r.Reached(netip.AddrPortFrom(addr, max(c.trace.TCP, c.trace.UDP)))
		if trace, err = c.follow(ctx, e, addr, r.Transcript, c.trace.Rounds); trace == nil {
			return explainTrace(err, addr)
		}
		if c.trace.Rounds == icmp.Endless && trace.Rounds > 0 {
			r.Complete() // it has no end of its own
			err = nil
		}
		return trace.report(s, err)
	})
	if trace == nil {
		return err
	}
	trace.names = c.names(ctx, trace.Route)
	var lack error
	if trace.systems, lack = c.LookupAS(ctx, addrsOf(trace.Route)); lack != nil {
		r.Step(stepTrace).Say("autonomous systems are not known: " + lack.Error())
	}
	trace.reportHops(r)
	if err == nil {
		r.Summary = trace.summary()
		r.Took(trace.Last().Stats.Avg())
	}
	return err
}

// follow traces the path to an address. For probes to a port it also traces how far echo
// requests get meanwhile.
func (c *traceCheck) follow(ctx context.Context, e *icmp.Engine, addr netip.Addr, record *wire.Transcript, rounds int) (*traced, error) {
	if c.lack != nil {
		return nil, c.lack
	}
	options := c.trace
	options.Rounds = rounds
	trace := &traced{options: c.options, udp: c.trace.UDP > 0}
	var echoes sync.WaitGroup
	if c.toPort() {
		trace.port = fmt.Sprintf("port %d", max(c.trace.TCP, c.trace.UDP))
		echoes.Go(func() {
			o := c.trace
			o.TCP, o.UDP, o.Rounds = 0, 0, 2
			trace.echoes, _ = e.Trace(ctx, addr, o) // without it nothing is compared
		})
	}
	route, err := e.Trace(ctx, addr, watchOf(ctx).trace(transcribeTrace(record, options, addr)))
	echoes.Wait()
	if route == nil {
		return nil, err
	}
	trace.Route = route
	return trace, err
}

// Tracer is the Checker of kind trace; it also resolves names during a trace.
type Tracer interface {
	// LookupName returns the name of an address, empty if there is none.
	LookupName(ctx context.Context, addr netip.Addr) string
	// LookupAS returns the autonomous systems of addresses that are known.
	LookupAS(ctx context.Context, addrs []netip.Addr) (map[netip.Addr]AS, error)
}

// LookupName implements Tracer.
func (c *traceCheck) LookupName(ctx context.Context, addr netip.Addr) string {
	dns, ok := c.options.DNS.(interface {
		LookupAddr(ctx context.Context, addr string) ([]string, error)
	})
	if !ok || c.numeric {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	found, err := dns.LookupAddr(ctx, addr.WithZone("").String())
	if err != nil || len(found) == 0 {
		return ""
	}
	return strings.TrimSuffix(found[0], ".")
}

// LookupAS implements Tracer.
func (c *traceCheck) LookupAS(ctx context.Context, addrs []netip.Addr) (map[netip.Addr]AS, error) {
	if c.asn == "" {
		return nil, nil
	}
	return ASFile(c.asn).Lookup(ctx, addrs)
}

// names looks up the names of all routers side by side. A name that cannot be
// found in time is left out.
func (c *traceCheck) names(ctx context.Context, route *icmp.Route) map[netip.Addr]string {
	ctx, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	names := make(map[netip.Addr]string)
	for _, addr := range addrsOf(route) {
		all.Go(func() {
			if name := c.LookupName(ctx, addr); name != "" {
				mu.Lock()
				defer mu.Unlock()
				names[addr] = name
			}
		})
	}
	all.Wait()
	return names
}
