package probe

import (
	"context"
	"time"
)

// Pause waits, and reports whether the context still goes on then.
func Pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}
