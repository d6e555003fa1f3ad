package imapcheck

import (
	"context"
	"errors"

	"mailprobe/probe"
	"mailprobe/transport"
)

// Visit is a session that has logged in. No mailbox is selected yet.
type Visit struct {
	*Session

	link *transport.Link
}

// errNobody is what LogIn returns where no user was given.
var errNobody = errors.New("there is no user to log in as: give one with --user, or before the host as in imaps://alice@imap.example.org")

// LogIn walks the steps of a check up to the log-in, records them in r, and leaves
// the session to the caller, who must Close it. The first of the verbs that follow
// has the time of one step; NextStep gives it anew.
func (c *Check) LogIn(ctx context.Context, t probe.Target, r *probe.Result) (*Visit, error) {
	w := c.newWalk(ctx, t, r)
	err := w.Walk(w.logInSteps())
	if err == nil && !w.isLoggedIn() {
		err = probe.Because(probe.CauseUsage, errNobody)
	}
	if err != nil {
		w.Goodbye(w.goodbye(), err)
		w.Close()
		return nil, err
	}
	w.NextStep()
	return &Visit{Session: w.session, link: w.Link}, nil
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

// Close ends the connection.
func (v *Visit) Close() { v.link.Close() }
