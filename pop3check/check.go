package pop3check

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
	w.Preamble = w.preamble
	w.login = w.Identify(&c.LoginOptions)
	return w
}

// walk is one session as it goes on.
type walk struct {
	*Check
	*transport.Link
	session *Session // nil before the greeting

	login *transport.Login

	banner  string
	offered Capabilities
	mute    bool // the server does not know CAPA
	timed   bool // the greeting has a message id for APOP
	drop    Maildrop
	listed  []Scan
	newest  int            // the number of the newest message, 0 where that is not known yet
	seen    map[int]*sight // headers that were asked for, by number
	fetched string         // which message, and how
	dropped bool           // a message was fetched: no QUIT, lest it be marked as read
}

// steps are all steps there can be, in order. After the last that is due, or the
// first that fails, comes the goodbye.
func (w *walk) steps() []transport.Step {
	return append(w.logInSteps(), []transport.Step{
		{Name: "stat", Due: w.isLoggedIn, Do: w.stat},
		{Name: "list", Due: w.isLoggedIn, Do: w.list},
		{Name: "uidl", Due: w.isLoggedIn, Do: w.uidl},
		{Name: "top", Due: w.wantsTop, Do: w.top},
		{Name: "retr", Due: w.wantsRetr, Do: w.retr},
	}...)
}

// logInSteps are those up to the log-in.
func (w *walk) logInSteps() []transport.Step {
	return []transport.Step{
		{Name: "resolve", Do: w.Resolve},
		{Name: "connect", Do: w.Connect},
		{Name: "tls", Due: w.Implicit, Do: w.Handshake},
		{Name: "greeting", Do: w.greeting},
		{Name: "capa", Do: w.capa},
		{Name: "stls", Due: w.Wanted, Do: w.stls},
		{Name: "capa-tls", Due: w.Upgraded, Do: w.capa},
		{Name: "auth", Due: func() bool { return w.login.Wanted }, Do: w.auth},
	}
}

func (w *walk) goodbye() transport.Step {
	return transport.Step{Name: "quit", Due: func() bool { return w.session != nil }, Do: w.quit}
}

// stepNames are those of all steps.
func stepNames() []string {
	w := &walk{}
	return transport.Names(append(w.steps(), w.goodbye())...)
}

func (w *walk) isLoggedIn() bool { return w.login.By != "" }

func (w *walk) quit(s *probe.Step) error {
	if w.dropped {
		// RFC 1939 §6: without QUIT the server must not update the mailbox.
		return s.Skip("not sent, so that the server does not mark the fetched message as read")
	}
	reply, err := w.session.Quit()
	switch {
	case errors.Is(err, ErrOutOfStep):
		return s.Skip("sent, but its answer not waited for: " + err.Error())
	case err != nil:
		return probe.Because(transport.CauseProtocolError.As(probe.Warning).Advise("the server should answer QUIT with +OK before it hangs up (RFC 1939 §6)"), err)
	}
	s.Say(quote(reply.Line))
	return nil
}

// summarize says in a line what a good session showed.
func (w *walk) summarize() {
	if !w.isLoggedIn() {
		w.Summarize(transport.Shorten(w.banner), w.TLSSummary())
		return
	}
	w.Summarize(
		fmt.Sprintf("logged in as %s %s", w.login.By, w.OverTLS()),
		fmt.Sprintf("%s, %d octets", probe.Count(w.drop.Messages, "message"), w.drop.Octets),
		w.fetched,
	)
}
