package pingcheck

import (
	"cmp"
	"context"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// A Watch follows the checks `ping` and `trace` while they run, as httptrace does a request.
type Watch struct {
	// OnReply is called for each event of a target, with what is known of the
	// target so far; the statistics may be read during the call only. Targets
	// run side by side, and so may the calls for different targets.
	OnReply func(probe.Target, icmp.Reply, *icmp.Stats)
	// OnRoute is called while the check `trace` runs, with the route so far.
	OnRoute func(*icmp.Route)
	// Stop ends traces when it is closed; what was learned by then counts.
	Stop <-chan struct{}
}

type watchKey struct{}

// WithWatch returns a context in which checks report their events to w.
func WithWatch(ctx context.Context, w *Watch) context.Context {
	return context.WithValue(ctx, watchKey{}, w)
}

func watchOf(ctx context.Context) *Watch {
	w, _ := ctx.Value(watchKey{}).(*Watch)
	return w
}

// follow makes a run for a target report its events to w.
func (w *Watch) follow(target probe.Target, o icmp.PingOptions) icmp.PingOptions {
	if w != nil && w.OnReply != nil {
		o.Stats = cmp.Or(o.Stats, new(icmp.Stats))
		o.OnReply = func(r icmp.Reply) { w.OnReply(target, r, o.Stats) }
	}
	return o
}

// trace makes a trace report its route to w.
func (w *Watch) trace(o icmp.TraceOptions) icmp.TraceOptions {
	if w != nil {
		o.OnRoute, o.Stop = w.OnRoute, w.Stop
	}
	return o
}
