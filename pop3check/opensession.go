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
	// Offered is what the server offers. It is empty if NoCAPA is set: then only trying
	// shows what the server supports.
	Offered Capabilities
	NoCAPA  bool
}

// LogIn walks the steps of a check up to the log-in, recorded in r, and returns the open
// session, which the caller must Close.
func (c *Check) LogIn(ctx context.Context, t probe.Target, r *probe.Result) (*OpenSession, error) {
	w := c.newWalk(ctx, t, r)
	open, err := w.Link.LogIn(w.logInSteps(), w.goodbye(), func() error { return w.askAgain(TagUIDL, TagTop) })
	if err != nil {
		return nil, err
	}
	return &OpenSession{w.session, open, w.offered, w.noCAPA}, nil
}
