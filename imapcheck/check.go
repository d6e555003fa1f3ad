package imapcheck

import (
	"context"
	"errors"
	"fmt"

	"mailprobe/probe"
	"mailprobe/transport"
)

// Check walks one session.
func (c *Check) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	w := c.newWalk(ctx, t, r)
	defer w.Close()
	err := w.Walk(w.steps())
	w.Goodbye(w.goodbye(), err)
	w.summarize()
	return err
}

func (c *Check) newWalk(ctx context.Context, t probe.Target, r *probe.Result) *walk {
	w := &walk{Check: c, Link: transport.NewLink(ctx, c.probe, &c.TLS, t, r)}
	w.Aside, w.Preamble = w.tellNotices, w.preamble
	w.login = w.Identify(&c.LoginOptions)
	return w
}

// walk is one session as it goes on.
type walk struct {
	*Check
	*transport.Link
	session *Session // nil before the greeting

	login  *transport.Login
	before Capabilities // those before the log-in

	banner  string
	counted MailboxStatus
}

// steps are all steps there can be, in order. After the last that is due, or the
// first that fails, comes the goodbye. RFC 9051 §6.3.11: STATUS should not be asked
// of the mailbox that is selected, so it comes before EXAMINE.
func (w *walk) steps() []transport.Step {
	return append(w.logInSteps(), []transport.Step{
		{Name: "status", Due: w.isLoggedIn, Do: w.status},
		{Name: "select", Due: w.isLoggedIn, Do: w.examine},
		{Name: "fetch", Due: w.wantsAge, Do: w.age},
		{Name: "quota", Due: w.wantsQuota, Do: w.quota},
	}...)
}

// logInSteps are those up to the log-in, and what some servers want to know after it.
func (w *walk) logInSteps() []transport.Step {
	return []transport.Step{
		{Name: "resolve", Do: w.Resolve},
		{Name: "connect", Do: w.Connect},
		{Name: "tls", Due: w.Implicit, Do: w.Handshake},
		{Name: "greeting", Do: w.greeting},
		{Name: "capability", Do: w.capability},
		{Name: "starttls", Due: w.Wanted, Do: w.starttls},
		{Name: "capability-tls", Due: w.Upgraded, Do: w.capability},
		{Name: "auth", Due: func() bool { return w.login.Wanted }, Do: w.auth},
		{Name: "id", Due: func() bool { return w.isLoggedIn() && w.offersID() }, Do: w.id},
	}
}

func (w *walk) goodbye() transport.Step {
	return transport.Step{Name: "logout", Due: w.isOpen, Do: w.logout}
}

// stepNames are those of all steps.
func stepNames() []string {
	w := &walk{}
	return transport.Names(append(w.steps(), w.goodbye())...)
}

func (w *walk) isLoggedIn() bool { return w.login.By != "" }

// isOpen tells whether the session has begun and the server has not ended it.
func (w *walk) isOpen() bool { return w.session != nil && w.session.bye == nil }

func (w *walk) logout(s *probe.Step) error {
	reply, err := w.session.Logout()
	switch {
	case errors.Is(err, ErrOutOfStep):
		return s.Skip("sent, but its answer not waited for: " + err.Error())
	case err != nil:
		return probe.Because(transport.CauseProtocolError.As(probe.Warning).Advise("the server should answer LOGOUT with BYE and OK before it hangs up (RFC 3501 §6.1.3)"), err)
	}
	s.Say(quote(reply.Line))
	return nil
}

// tellNotices says what the server said to the user besides its answer. A step that
// failed has a cause of its own, in which they are considered.
func (w *walk) tellNotices(s *probe.Step, failure error) {
	if w.session == nil {
		return
	}
	for _, n := range w.session.Notices() {
		said := "the server warns: " + quote(n.Line)
		if failure != nil {
			s.Say(said)
			continue
		}
		s.RaiseFor(noticeCause(s.Name, n), said)
	}
}

// noticeCause is what a notice is about, as a warning: the command was done.
func noticeCause(step string, n Reply) *probe.Cause {
	if row := table.Find(evidence(step, n)); row != nil && n.Status != StatusBad {
		cause, _ := row.Cause()
		return cause.As(probe.Warning)
	}
	return CauseNotice
}

// summarize says in a line what a good session showed.
func (w *walk) summarize() {
	if !w.isLoggedIn() {
		w.Summarize(transport.Shorten(w.banner), w.TLSSummary())
		return
	}
	w.Summarize(
		fmt.Sprintf("logged in as %s %s", w.login.By, w.OverTLS()),
		probe.Count(w.counted.Messages, "message"),
		fmt.Sprintf("%d unseen", w.counted.Unseen),
	)
}
