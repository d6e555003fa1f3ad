package pop3check

import (
	"context"

	"mailprobe/probe"
	"mailprobe/transport"
)

// OpenSession is a session after its log-in.
type OpenSession struct {
	*Session
	transport.OpenSession
	// Offered is what the server says it can do. It is empty where NoCAPA is set: the
	// server does not know CAPA, and what it can do shows when it is asked to.
	Offered Capabilities
	NoCAPA  bool
}

// LogIn walks the steps of a check up to the log-in, records them in r, and leaves the
// session open for the caller, who must Close it.
func (c *Check) LogIn(ctx context.Context, t probe.Target, r *probe.Result) (*OpenSession, error) {
	w := c.newWalk(ctx, t, r)
	open, err := w.Link.LogIn(w.logInSteps(), w.goodbye(), func() error { return w.askAgain(TagUIDL, TagTop) })
	if err != nil {
		return nil, err
	}
	return &OpenSession{w.session, open, w.offered, w.noCAPA}, nil
}
