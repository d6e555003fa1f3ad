package smtpcheck

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"mailprobe/compose"
	"mailprobe/probe"
	"mailprobe/transport"
)

// Check walks one session.
func (c *Check) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	return c.walk(ctx, t, r, nil)
}

// Submit is Check with the caller's message in place of the draft: text, in lines. Send must
// be set. The fact "queued" is the server's reply to the message. A text that no message can
// be made of is an error before the server is asked.
func (c *Check) Submit(ctx context.Context, t probe.Target, r *probe.Result, text []byte) error {
	if text == nil {
		return c.walk(ctx, t, r, nil)
	}
	m, err := compose.Text(text)
	if err != nil {
		return err
	}
	return c.walk(ctx, t, r, m)
}

// Close closes the files of the message.
func (c *Check) Close() error { return c.Draft.Close() }

func (c *Check) walk(ctx context.Context, t probe.Target, r *probe.Result, m *compose.Message) error {
	w := c.newWalk(ctx, t, r)
	w.outgoing, w.reopen = m, func() (*walk, error) { return w.anew(ctx) }
	w.Identify(&c.LoginOptions)
	if c.probe.SendNothing {
		r.LeaveOut(func(name string) bool {
			return slices.Contains([]string{"data", "message", "prdr", "message_size"}, name)
		})
	}
	steps := transport.BeforeConnect(w.steps(), w.Enforced(w.inClear))
	err := w.Run(w.Interleave(c.Commands, steps, w.command), transport.Step{Name: "quit", Due: w.isOpen, Do: w.quit})
	w.summarize()
	return err
}

func (c *Check) newWalk(ctx context.Context, t probe.Target, r *probe.Result) *walk {
	w := &walk{Check: c, Link: transport.NewLink(ctx, c.probe, &c.TLS, t, r)}
	w.Dialect = transport.Dialect{Judge: w.grade, Preamble: w.preamble}
	return w
}

// walk is the state of one session.
type walk struct {
	*Check
	*transport.Link
	session *Session // nil before the greeting

	helo     bool // EHLO is not known, HELO must do
	accepted []string
	outgoing *compose.Message // nil before MAIL
	queued   string

	reopen func() (*walk, error) // begins another session
}

// anew opens another session with the server that was reached, up to the log-in. The
// caller must close it.
func (w *walk) anew(ctx context.Context) (*walk, error) {
	t := w.Target
	if reached, err := netip.ParseAddrPort(w.Result.Address); err == nil {
		t = t.At(reached.Addr())
	}
	r := &probe.Result{Transcript: w.Result.Transcript}
	next := w.newWalk(ctx, t, r)
	begin := slices.DeleteFunc(next.steps(), func(s transport.Step) bool { return position(s.Name) >= position("auth") })
	if err := next.Walk(begin); err != nil {
		next.Link.Close()
		return nil, err
	}
	return next, nil
}

// stepNames returns the names of all steps, in order.
func stepNames() []string {
	return []string{"mx", "resolve", "tlsa", transport.EnforcedStep, "connect", "tls", "greeting", "ehlo", "helo", "starttls", "dane", "ehlo-tls",
		"xclient", "ehlo-xclient", "xforward", "auth", "vrfy", "open-relay", "mail", "rcpt", "data", "message", "prdr", transport.CommandStep, "quit"}
}

// steps returns the steps of this walk, in order. "quit" follows the last one or the
// first that fails.
func (w *walk) steps() []transport.Step {
	wantsXclient := func() bool { return len(w.Xclient) > 0 }
	steps := slices.Concat(
		w.WithDANE(w.Opening(w.greeting, transport.Step{Name: "starttls", Do: w.startTLS}, transport.Step{Name: "ehlo", Do: w.ehlo},
			transport.Step{Name: "helo", Due: func() bool { return w.helo }, Do: w.heloInstead})),
		[]transport.Step{
			{Name: "xclient", Due: wantsXclient, Do: w.xclient},
			{Name: "ehlo-xclient", Due: wantsXclient, Do: w.ehlo},
			{Name: "xforward", Due: func() bool { return len(w.Xforward) > 0 }, Do: w.xforward},
			{Name: "auth", Due: func() bool { return w.WantsLogin() && !w.OpenRelay }, Do: w.auth},
			{Name: "vrfy", Due: func() bool { return w.Vrfy != "" }, Do: w.vrfy},
			{Name: "open-relay", Due: func() bool { return w.OpenRelay }, Do: w.openRelay},
		},
		w.envelope())
	steps = slices.DeleteFunc(steps, w.isBeyond)
	for i, s := range steps {
		steps[i].Do = w.inStep(s.Do)
	}
	return steps
}

// isBeyond reports whether a step comes after that of --stop-after.
func (w *walk) isBeyond(s transport.Step) bool {
	return w.StopAfter != "" && position(s.Name) > position(w.StopAfter)
}

// position returns the index of a step among all steps. The verdicts on a message are part
// of its step.
func position(name string) int {
	if name = strings.TrimRight(name, "-0123456789"); name == "prdr" {
		name = "message"
	}
	return slices.Index(stepNames(), name)
}

// lastSteps are the steps that --stop-after takes.
func lastSteps() []string {
	return slices.DeleteFunc(stepNames(), func(name string) bool { return name == "prdr" || name == transport.CommandStep })
}

// envelope returns the steps that hand over a message, as far as asked for.
func (w *walk) envelope() []transport.Step {
	to := w.recipients()
	if len(to) == 0 || w.OpenRelay {
		return nil
	}
	steps := []transport.Step{{Name: "mail", Do: w.mail}}
	for i := range to {
		steps = append(steps, w.recipient(to, i))
	}
	if !w.Send || w.probe.SendNothing {
		return steps
	}
	if !w.Chunking {
		steps = append(steps, transport.Step{Name: "data", Do: w.data})
	}
	steps = append(steps, transport.Step{Name: "message", Do: w.message})
	return append(steps, w.verdictSteps()...)
}

// handsOver reports whether the walk includes DATA.
func (w *walk) handsOver() bool {
	return slices.ContainsFunc(w.steps(), func(s transport.Step) bool { return s.Name == "data" })
}

// recipient returns the step for one recipient. A refusal does not end the walk while
// another recipient may be accepted.
func (w *walk) recipient(to []string, i int) transport.Step {
	return transport.Step{
		Name:   probe.Numbered("rcpt", i),
		Do:     func(s *probe.Step) error { return w.rcpt(s, to[i]) },
		Spares: func(err error) bool { return transport.IsRefusal(err) && (len(w.accepted) > 0 || i < len(to)-1) },
	}
}

func (w *walk) isOpen() bool { return w.session != nil }

func (w *walk) quit(s *probe.Step) error {
	r, err := w.session.Quit()
	w.learn(s, r)
	switch {
	case errors.Is(err, ErrUnsent), errors.Is(err, ErrHalfSent):
		return s.Skip("hung up instead: " + err.Error())
	case errors.Is(err, ErrOutOfStep):
		w.distrust()
		return w.outOfStep(err)
	}
	return w.Ended(s, r, err, CauseQuit)
}

// summarize makes the summary of a session.
func (w *walk) summarize() {
	parts := []string{transport.Shorten(w.Banner), w.TLSSummary()}
	if w.Login.By != "" {
		parts = append(parts, "logged in as "+w.Login.By)
	}
	if n := len(w.accepted); n > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d recipients accepted", n, len(w.recipients())))
	}
	w.Summarize(append(parts, transport.Shorten(w.queued))...)
}
