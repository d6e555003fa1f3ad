package pop3check

import (
	"context"
	"errors"

	"mailprobe/probe"
	"mailprobe/transport"
)

// Visit is a session that has logged in.
type Visit struct {
	*Session
	// Offered is what the server says it can do. It is empty where Old is set: the
	// server does not know CAPA, and what it can do shows when it is asked to.
	Offered Capabilities
	Old     bool

	link *transport.Link
}

// errNobody is what LogIn returns where no user was given.
var errNobody = errors.New("there is no user to log in as: give one with --user, or before the host as in pop3s://alice@pop.example.org")

// LogIn walks the steps of a check up to the log-in, records them in r, and leaves
// the session to the caller, who must Close it. The first of the verbs that follow
// has the time of one step; NextStep gives it anew.
func (c *Check) LogIn(ctx context.Context, t probe.Target, r *probe.Result) (*Visit, error) {
	w := c.newWalk(ctx, t, r)
	err := w.Walk(w.logInSteps())
	switch {
	case err != nil:
	case !w.isLoggedIn():
		err = probe.Because(probe.CauseUsage, errNobody)
	default:
		w.NextStep()
		err = w.askAgain(TagUIDL, TagTop)
	}
	if err != nil {
		w.Goodbye(w.goodbye(), err)
		w.Close()
		return nil, err
	}
	w.NextStep()
	return &Visit{Session: w.session, Offered: w.offered, Old: w.mute, link: w.Link}, nil
}

// NextStep gives what follows the time that one step may take.
func (v *Visit) NextStep() { v.link.NextStep() }

// Judge grades the error of a verb as the check does in the step s: by what the
// server said, with the cause and the hint for it. It returns nil for none.
func (v *Visit) Judge(s *probe.Step, err error) error {
	if err == nil {
		return nil
	}
	return v.link.Broken(s.Name, judge(s, err))
}

// Close ends the connection. Without Quit before it the mailbox stays as it was.
func (v *Visit) Close() { v.link.Close() }
