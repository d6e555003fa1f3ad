package icmp

import (
	"context"

	"mailprobe/probe"
)

// A Watch follows the check `ping` while it runs, as httptrace does a request.
type Watch struct {
	// OnReply is called for each event of a target. Targets run side by side,
	// and so may the calls for different targets.
	OnReply func(probe.Target, Reply)
}

type watchKey struct{}

// WithWatch returns a context in which checks tell w of their events.
func WithWatch(ctx context.Context, w *Watch) context.Context {
	return context.WithValue(ctx, watchKey{}, w)
}

func watchOf(ctx context.Context) *Watch {
	w, _ := ctx.Value(watchKey{}).(*Watch)
	return w
}

// replies returns what a run for a target is to call, nil for nothing.
func (w *Watch) replies(target probe.Target) func(Reply) {
	if w == nil || w.OnReply == nil {
		return nil
	}
	return func(r Reply) { w.OnReply(target, r) }
}
