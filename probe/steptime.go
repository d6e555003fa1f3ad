package probe

import (
	"context"
	"time"
)

// goodbyeTime is the part of a check's time that no step may use, so that after a step
// that hangs there is time for the goodbye and the report. Of a short time it is a tenth.
const goodbyeTime = time.Second

// StepTimeout returns the time limit of the next step: what is left until the deadline of
// ctx, or Timeout if ctx has none, less the time for the goodbye; but at least half of
// what is left. It is 0 if there is no limit.
func (o *Options) StepTimeout(ctx context.Context) time.Duration {
	left := o.Timeout
	if deadline, ok := ctx.Deadline(); ok {
		left = max(time.Until(deadline), 2) // never 0, which is no limit
	}
	return left - min(left/2, o.goodbye(left))
}

// goodbye returns the time for the goodbye, given what is left.
func (o *Options) goodbye(left time.Duration) time.Duration {
	whole := o.Timeout
	if whole == 0 {
		whole = left
	}
	return min(goodbyeTime, whole/10)
}
