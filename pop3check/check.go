package pop3check

import (
	"context"
	"errors"
	"fmt"

	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/transport"
	"mailprobe/wire"
)

// Check walks one session.
func (c *Check) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	w := c.newWalk(ctx, t, r)
	steps := transport.BeforeConnect(w.steps(), w.Enforced(w.inClear))
	err := w.Run(w.Interleave(c.Commands, steps, w.command), w.goodbye())
	w.SummarizeMailbox(fmt.Sprintf("%s, %d octets", probe.Count(w.drop.Messages, "message"), w.drop.Octets), w.hunt.Summary(), w.fetched)
	return err
}

func (c *Check) newWalk(ctx context.Context, t probe.Target, r *probe.Result) *walk {
	w := &walk{Check: c, Link: transport.NewLink(ctx, c.probe, &c.TLS, t, r)}
	w.Dialect = transport.Dialect{Judge: judge, Preamble: w.preamble}
	w.Identify(&c.LoginOptions)
	return w
}

// walk is the state of one session.
type walk struct {
	*Check
	*transport.Link
	session *Session // nil before the greeting

	offered  Capabilities
	noCAPA   bool // the server does not know CAPA
	hasAPOP  bool // the greeting has a message id for APOP
	drop     Maildrop
	listed   []Scan
	newest   int            // the number of the newest message, 0 where that is not known yet
	seen     map[int]*sight // headers that were asked for, by number
	fetched  string         // which message, and how
	hunt     *search.Hunt   // nil where nothing was searched for
	skipQuit bool           // a message was fetched: no QUIT, lest it be marked as read
}

// steps returns all steps, in order. The goodbye follows the last that is due or the
// first that fails.
func (w *walk) steps() []transport.Step {
	return append(w.logInSteps(), []transport.Step{
		{Name: "stat", Due: w.IsLoggedIn, Do: w.stat},
		{Name: "list", Due: w.IsLoggedIn, Do: w.list},
		{Name: "uidl", Due: w.IsLoggedIn, Do: w.uidl},
		{Name: "search", Due: w.wantsSearch, Do: w.search},
		{Name: "body", Due: w.wantsBodies, Do: w.bodies},
		{Name: "top", Due: w.wantsTop, Do: w.top},
		{Name: "retr", Due: w.wantsRetr, Do: w.retr},
	}...)
}

// logInSteps returns the steps up to the log-in.
func (w *walk) logInSteps() []transport.Step {
	return append(w.Opening(w.greeting, transport.Step{Name: "stls", Do: w.stls}, transport.Step{Name: "capa", Do: w.capa}),
		transport.Step{Name: "auth", Due: w.WantsLogin, Do: w.auth})
}

func (w *walk) goodbye() transport.Step {
	return transport.Step{Name: "quit", Due: func() bool { return w.session != nil }, Do: w.quit}
}

// stepNames returns the names of all steps.
func stepNames() []string {
	w := &walk{}
	steps := transport.BeforeConnect(w.steps(), transport.Step{Name: transport.EnforcedStep})
	return transport.Names(append(steps, transport.Step{Name: transport.CommandStep}, w.goodbye())...)
}

func (w *walk) quit(s *probe.Step) error {
	if w.skipQuit {
		// RFC 1939 §6: without QUIT the server must not update the mailbox.
		return s.Skip("not sent, so that the server does not mark the fetched message as read")
	}
	reply, err := w.session.Quit()
	if errors.Is(err, wire.ErrOutOfStep) && len(w.Commands) > 0 {
		return w.surplus(err)
	}
	return w.Ended(s, reply, err, transport.CauseProtocolError.As(probe.Warning).Advise("the server should answer QUIT with +OK before it hangs up (RFC 1939 §6)"))
}
