package probe

import (
	"context"
	"time"
)

// goodbyeTime is how much of a check's time no step may use: it is for the goodbye and
// the report after a step that hangs. Of a short time it is a tenth.
const goodbyeTime = time.Second

// StepTimeout returns how long the next step of a check may take: what is left until
// the deadline of ctx, which is that of the check, or of Timeout where ctx has none,
// less the time for the goodbye. Where hardly more than that is left, it is half of it.
// It is 0 where there is no limit.
func (o *Options) StepTimeout(ctx context.Context) time.Duration {
	left := o.Timeout
	if deadline, ok := ctx.Deadline(); ok {
		left = max(time.Until(deadline), 2) // never 0, which is no limit
	}
	return left - min(left/2, o.goodbye(left))
}

// goodbye is the time for the goodbye where so much is left.
func (o *Options) goodbye(left time.Duration) time.Duration {
	whole := o.Timeout
	if whole == 0 {
		whole = left
	}
	return min(goodbyeTime, whole/10)
}
