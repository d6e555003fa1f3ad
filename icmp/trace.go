package icmp

import (
	"context"
	"errors"
	"net/netip"
)

// Trace finds the routers on the way to an address. It sends probes of rising TTL,
// which a router answers with "time exceeded" when the TTL ends there: to the first
// hops at once, to those behind them one after the other until the host answers, and
// from then on to all. All echo requests have the same checksum and identifier, so that
// routers that spread flows over several links send them all the same way. Probes by TCP
// and UDP have a source port each, and may take several ways.
//
// No router is asked for more ICMP errors than one that runs Linux sends: after some
// rounds there is no more than one a second.
//
// The route is returned also along with the context's error, as far as it is
// known then.
func (e *Engine) Trace(ctx context.Context, addr netip.Addr, o TraceOptions) (*Route, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	addr = addr.Unmap()
	if !addr.IsValid() {
		return nil, errors.New("icmp: no address to trace")
	}
	p, err := e.prober(addr, o)
	if err != nil {
		return nil, err
	}
	defer p.close()
	t := tracer{prober: p, clock: e.clock, addr: addr, o: o, hops: make([]Hop, o.MaxHops), cursor: o.MaxHops + 1, spent: &e.spent}
	for i := range t.hops {
		t.hops[i].TTL = i + 1
	}
	err = t.loop(ctx)
	return t.route(), err
}
