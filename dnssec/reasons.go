package dnssec

import (
	"context"
	"time"
)

// reasonTime is how long a resolver has to give its reasons, which are no findings.
const reasonTime = 2 * time.Second

// Reasons returns why the resolver itself, asked to validate, has no answer (RFC 8914):
// what it says beside a finding of Bogus. There are none from a resolver that answers,
// does not validate, or gives no reasons.
func (c *Client) Reasons(ctx context.Context, name string, kind Type) []ExtendedError {
	c.once.Do(c.prepare)
	ctx, cancel := context.WithTimeout(ctx, reasonTime)
	defer cancel()
	r, err := c.await(ctx, question{name: canonical(name), kind: kind, check: true})
	if err != nil || isAnswer(r.Msg) {
		return nil
	}
	return extendedErrors(r.Msg)
}

// DescribeReasons joins a resolver's reasons, each once; empty for none.
func DescribeReasons(all []ExtendedError) string { return reasons(all) }
