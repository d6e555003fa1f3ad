package imapcheck

import (
	"context"
	"fmt"

	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/transport"
)

// Check walks one session.
func (c *Check) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	w := c.newWalk(ctx, t, r)
	steps := transport.BeforeConnect(w.steps(), w.Enforced(w.inClear))
	err := w.Run(w.Interleave(c.Commands, steps, w.ownLine), w.goodbye())
	counted := w.first().counted
	w.SummarizeMailbox(probe.Count(counted.Messages, "message"), fmt.Sprintf("%d unseen", counted.Unseen), w.hunt.Summary())
	return err
}

func (c *Check) newWalk(ctx context.Context, t probe.Target, r *probe.Result) *walk {
	w := &walk{Check: c, Link: transport.NewLink(ctx, c.probe, &c.TLS, t, r)}
	w.Dialect = transport.Dialect{Judge: judge, Preamble: w.preamble, Notices: w.showNotices}
	w.Identify(&c.LoginOptions)
	for i, name := range c.names() {
		w.folders = append(w.folders, &folder{name: name, number: i})
	}
	return w
}

// walk is the state of one session.
type walk struct {
	*Check
	*transport.Link
	session *Session // nil before the greeting

	before   Capabilities // those before the log-in
	folders  []*folder
	selected *folder      // nil for none
	hunt     *search.Hunt // nil where nothing was searched for
}

// first returns the mailbox that facts are about.
func (w *walk) first() *folder { return w.folders[0] }

// steps returns all steps, in order. The goodbye follows the last that is due or the
// first that fails. STATUS should not be used for the selected mailbox (RFC 9051
// §6.3.11), so it comes before EXAMINE.
func (w *walk) steps() []transport.Step {
	steps := w.logInSteps()
	for _, f := range w.folders {
		steps = append(steps, w.each("status", f, w.status))
	}
	for _, f := range w.folders {
		if steps = append(steps, w.each("select", f, w.examine)); f.number == 0 {
			steps = append(steps, transport.Step{Name: "fetch", Due: w.wantsAge, Do: w.age})
		}
	}
	return append(steps,
		transport.Step{Name: "search", Due: w.wantsSearch, Do: w.search},
		transport.Step{Name: "body", Due: w.wantsBodies, Do: w.bodies},
		transport.Step{Name: "quota", Due: w.wantsQuota, Do: w.quota})
}

// logInSteps returns the steps up to the log-in and to ID, which some servers require
// after it.
func (w *walk) logInSteps() []transport.Step {
	return append(w.Opening(w.greeting, transport.Step{Name: "starttls", Do: w.starttls}, transport.Step{Name: "capability", Do: w.capability}),
		transport.Step{Name: "auth", Due: w.WantsLogin, Do: w.auth},
		transport.Step{Name: "id", Due: func() bool { return w.IsLoggedIn() && w.offersID() }, Do: w.id})
}

func (w *walk) goodbye() transport.Step {
	return transport.Step{Name: "logout", Due: w.isOpen, Do: w.logout}
}

// stepNames returns the names of all steps.
func stepNames() []string {
	w := &walk{folders: []*folder{{}}}
	steps := transport.BeforeConnect(w.steps(), transport.Step{Name: transport.EnforcedStep})
	return transport.Names(append(steps, transport.Step{Name: transport.CommandStep}, w.goodbye())...)
}

// isOpen reports whether the session has begun and the server has not ended it.
func (w *walk) isOpen() bool { return w.session != nil && w.session.bye == nil }

func (w *walk) logout(s *probe.Step) error {
	reply, err := w.session.Logout()
	return w.Ended(s, reply, err, transport.CauseProtocolError.As(probe.Warning).Advise("the server should answer LOGOUT with BYE and OK before it hangs up (RFC 3501 §6.1.3)"))
}

// showNotices reports what the server said to the user besides its answer. The cause of a
// failed step takes it into account already.
func (w *walk) showNotices(s *probe.Step, failure error) {
	if w.session == nil {
		return
	}
	for _, n := range w.session.Notices() {
		said := "the server warns: " + transport.Quote(n.Line)
		if failure != nil {
			s.Say(said)
			continue
		}
		s.RaiseFor(noticeCause(s.Name, n), said)
	}
}

// noticeCause returns the cause of a notice, as a warning, since the command succeeded.
func noticeCause(step string, n Reply) *probe.Cause {
	if row := table.Find(evidence(step, n)); row != nil && n.Status != StatusBad {
		cause, _ := row.Cause()
		return cause.As(probe.Warning)
	}
	return CauseNotice
}
