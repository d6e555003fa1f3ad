package smtpcheck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
	"mailprobe/sasl"
	"mailprobe/transport"
	"mailprobe/wire"
)

// Check walks one session.
func (c *Check) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	return c.walk(ctx, t, r, c.whole)
}

// Submit is Check with a message of the caller's in place of the draft: text,
// whose lines end in CRLF. Send must be set. The fact "queued" is what the server
// said when it had taken the message.
func (c *Check) Submit(ctx context.Context, t probe.Target, r *probe.Result, text []byte) error {
	return c.walk(ctx, t, r, text)
}

func (c *Check) walk(ctx context.Context, t probe.Target, r *probe.Result, text []byte) error {
	w := &walk{Check: c, Link: transport.NewLink(ctx, c.probe, &c.TLS, t, r), result: r, text: text}
	defer w.Close()
	w.identify()
	err := w.run()
	w.quit(err)
	r.Summary = w.summary()
	return err
}

// walk is one session as it goes on.
type walk struct {
	*Check
	*transport.Link
	result  *probe.Result
	session *Session // nil before the greeting, and after it is broken

	identity   sasl.Identity // who logs in, if login is set
	login      bool
	loginError error

	banner   string
	helo     bool // EHLO is not known, HELO must do
	accepted []string
	loggedIn string
	text     []byte // the message to send
	queued   string
}

// step is one step of a walk and when it is due.
type step struct {
	name string
	due  func() bool
	do   func(*probe.Step) error
}

// stepNames are the names of all steps, in order.
func stepNames() []string {
	return []string{"mx", "resolve", "connect", "tls", "greeting", "ehlo", "helo", "starttls", "ehlo-tls",
		"xclient", "ehlo-xclient", "auth", "vrfy", "open-relay", "mail", "rcpt", "data", "message", "quit"}
}

// steps are those of this walk, in order.
func (w *walk) steps() []step {
	always := func() bool { return true }
	steps := []step{
		{"resolve", always, w.Resolve},
		{"connect", always, w.Connect},
		{"tls", w.Implicit, w.Handshake},
		{"greeting", always, w.greeting},
		{"ehlo", always, w.ehlo},
		{"helo", func() bool { return w.helo }, w.heloInstead},
		{"starttls", w.Wanted, w.startTLS},
		{"ehlo-tls", w.upgraded, w.ehlo},
		{"xclient", func() bool { return len(w.Xclient) > 0 }, w.xclient},
		{"ehlo-xclient", func() bool { return len(w.Xclient) > 0 }, w.ehlo},
		{"auth", func() bool { return w.login }, w.auth},
		{"vrfy", func() bool { return w.Vrfy != "" }, w.vrfy},
		{"open-relay", func() bool { return w.OpenRelay }, w.openRelay},
	}
	if len(w.To) == 0 || w.OpenRelay {
		return steps
	}
	steps = append(steps, step{"mail", always, w.mail})
	for i, to := range w.To {
		steps = append(steps, step{numbered("rcpt", i), always, func(s *probe.Step) error { return w.rcpt(s, to) }})
	}
	if !w.Send || w.probe.SendNothing {
		return steps
	}
	return append(steps, step{"data", always, w.data}, step{"message", always, w.message})
}

// numbered names the first of several steps by their word, those after it with a number.
func numbered(name string, i int) string {
	if i == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, i+1)
}

// run does the steps that are due, up to the one that fails or is to be the last.
// A recipient who is refused does not end it while another may be accepted.
func (w *walk) run() error {
	for _, s := range w.steps() {
		if !s.due() {
			continue
		}
		w.NextStep()
		if err := w.result.Run(s.name, s.do); err != nil && !w.goesOn(s.name, err) {
			return err
		}
		if w.isLast(s.name) {
			return nil
		}
	}
	return nil
}

// isLast tells whether --stop-after names the step, the last of several for rcpt.
func (w *walk) isLast(name string) bool {
	if w.StopAfter == "rcpt" {
		return name == numbered("rcpt", len(w.To)-1)
	}
	return name == w.StopAfter
}

func (w *walk) goesOn(name string, err error) bool {
	return strings.HasPrefix(name, "rcpt") && isReply(err) && (len(w.accepted) > 0 || name != numbered("rcpt", len(w.To)-1))
}

func (w *walk) upgraded() bool { return w.Wanted() && w.Conn.TLS() != nil }

// identify finds out who is to log in, and hides the secret from the first line
// on: a server may say it before it was ever sent.
func (w *walk) identify() {
	w.identity, w.login, w.loginError = w.Account.For(w.Target.Host, w.Target.User)
	w.result.Transcript.Hide(w.identity.Password, w.identity.Token)
}

// goodbye is how long a server that has failed before may take to answer QUIT.
const goodbye = 2 * time.Second

// quit says goodbye wherever there is somebody to hear it. After an injection
// nothing more is said, and after a failure the answer changes nothing.
func (w *walk) quit(failure error) {
	if w.session == nil || errors.Is(failure, wire.ErrClosed) {
		return
	}
	w.NextStep()
	if failure != nil && !isReply(failure) {
		w.Conn.SetTimeout(goodbye)
	}
	_ = w.result.Run("quit", func(s *probe.Step) error {
		r, err := w.session.Quit()
		w.learn(s, r)
		switch {
		case err == nil:
			s.Say(fmt.Sprintf("%q", r))
			return nil
		case failure != nil:
			return probe.Fail(probe.Skipped, err, "")
		}
		return probe.Fail(probe.Warning, err, "the server should answer QUIT with 221 before it hangs up (RFC 5321 §4.1.1.10)")
	})
}

// summary says in a line what a good session showed.
func (w *walk) summary() string {
	parts := []string{shorten(w.banner), w.TLSSummary()}
	if w.loggedIn != "" {
		parts = append(parts, "logged in as "+w.loggedIn)
	}
	if n := len(w.accepted); n > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d recipients accepted", n, len(w.To)))
	}
	parts = append(parts, shorten(w.queued))
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// maxSummaryPart is how much of a server's text a summary quotes, in bytes.
const maxSummaryPart = 80

func shorten(s string) string {
	if len(s) <= maxSummaryPart {
		return s
	}
	return strings.ToValidUTF8(s[:maxSummaryPart], "") + "..."
}
