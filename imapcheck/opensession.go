package imapcheck

import (
	"context"

	"mailprobe/probe"
	"mailprobe/transport"
)

// OpenSession is a session after its log-in, in which no mailbox is selected yet.
type OpenSession struct {
	*Session
	transport.OpenSession
}

// LogIn walks the steps of a check up to the log-in, recorded in r, and returns the open
// session, which the caller must Close.
func (c *Check) LogIn(ctx context.Context, t probe.Target, r *probe.Result) (*OpenSession, error) {
	w := c.newWalk(ctx, t, r)
	open, err := w.Link.LogIn(w.logInSteps(), w.goodbye(), nil)
	if err != nil {
		return nil, err
	}
	return &OpenSession{w.session, open}, nil
}
