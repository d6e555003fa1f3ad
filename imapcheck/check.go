package imapcheck

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

// step is one step of a walk and when it is due.
type step struct {
	name string
	due  func(*walk) bool
	do   func(*walk, *probe.Step) error
}

// steps are all steps there can be, in order. After the last that is due, or the
// first that fails, comes "logout". RFC 9051 §6.3.11: STATUS should not be asked of
// the mailbox that is selected, so it comes before EXAMINE.
func steps() []step {
	return append(logInSteps(),
		step{"status", (*walk).isLoggedIn, (*walk).status},
		step{"select", (*walk).isLoggedIn, (*walk).examine},
		step{"fetch", (*walk).wantsAge, (*walk).age},
		step{"quota", (*walk).wantsQuota, (*walk).quota},
	)
}

// logInSteps are those up to the log-in.
func logInSteps() []step {
	always := func(*walk) bool { return true }
	return []step{
		{"resolve", always, (*walk).Resolve},
		{"connect", always, (*walk).Connect},
		{"tls", (*walk).Implicit, (*walk).Handshake},
		{"greeting", always, (*walk).greeting},
		{"capability", always, (*walk).capability},
		{"starttls", (*walk).Wanted, (*walk).starttls},
		{"capability-tls", (*walk).upgraded, (*walk).capability},
		{"auth", func(w *walk) bool { return w.login }, (*walk).auth},
	}
}

func stepNames() []string {
	var names []string
	for _, s := range steps() {
		names = append(names, s.name)
	}
	return append(names, "logout")
}

// Check walks one session.
func (c *Check) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	w := c.newWalk(ctx, t, r)
	defer w.Close()
	err := w.run(steps())
	if ctx.Err() == nil {
		w.logout(err)
	}
	r.Summary = w.summary()
	return err
}

func (c *Check) newWalk(ctx context.Context, t probe.Target, r *probe.Result) *walk {
	w := &walk{Check: c, Link: transport.NewLink(ctx, c.probe, &c.TLS, t, r), result: r}
	w.identify()
	return w
}

// walk is one session as it goes on.
type walk struct {
	*Check
	*transport.Link
	result  *probe.Result
	session *Session // nil before the greeting, and where nothing more may be said

	identity   sasl.Identity // who logs in, if login is set
	login      bool
	loginError error

	banner   string
	loggedIn string // who, and by what
	counted  MailboxStatus
}

// run does those of the steps that are due, up to the one that fails.
func (w *walk) run(steps []step) error {
	for _, s := range steps {
		if !s.due(w) {
			continue
		}
		w.NextStep()
		do := func(p *probe.Step) error {
			err := s.do(w, p)
			w.tellAside(p, err)
			return err
		}
		if err := w.result.Run(s.name, do); err != nil {
			return err
		}
	}
	return nil
}

// tellAside tells what the server said to the user besides the answer, and what
// was legible but not as the standard has it. A step that failed has a hint of its
// own.
func (w *walk) tellAside(s *probe.Step, failure error) {
	if w.Conn == nil {
		return
	}
	if odd := w.Conn.Odd(); len(odd) > 0 {
		s.Learn(probe.Text("odd", strings.Join(odd, "; ")))
		s.Say("odd: the server sent " + strings.Join(odd, " and "))
	}
	if w.session == nil {
		return
	}
	hint := "the server wants people to read this (RFC 3501 §7.1): see what it is about"
	if failure != nil {
		hint = ""
	}
	for _, n := range w.session.Notices() {
		s.Raise(probe.Warning, "the server warns: "+quote(n.Line), hint)
	}
}

func (w *walk) upgraded() bool   { return w.Wanted() && w.Conn.TLS() != nil }
func (w *walk) isLoggedIn() bool { return w.loggedIn != "" }

// goodbye is how long a server may take to answer LOGOUT after something failed.
const goodbye = 2 * time.Second

// logout says goodbye wherever there is somebody to hear it. A failure in it is a
// Warning, and after another failure it changes nothing.
func (w *walk) logout(failure error) {
	if w.session == nil || w.session.bye != nil || errors.Is(failure, wire.ErrClosed) {
		return
	}
	w.NextStep()
	if failure != nil {
		w.Conn.SetTimeout(goodbye)
	}
	_ = w.result.Run("logout", func(s *probe.Step) error {
		reply, err := w.session.Logout()
		w.tellAside(s, err)
		switch {
		case errors.Is(err, ErrOutOfStep):
			return skip(s, "sent, but its answer not waited for: "+err.Error())
		case err != nil && failure != nil:
			return skip(s, err.Error())
		case err != nil:
			return probe.Fail(probe.Warning, err, "the server should answer LOGOUT with BYE and OK before it hangs up (RFC 3501 §6.1.3)")
		}
		s.Say(quote(reply.Line))
		return nil
	})
}

// skip says why a step is left out.
func skip(s *probe.Step, why string) error {
	s.Status = probe.Skipped
	s.Say(why)
	return nil
}

// summary says in a line what a good session showed.
func (w *walk) summary() string {
	parts := []string{short(w.banner), w.TLSSummary()}
	if w.isLoggedIn() {
		parts = []string{
			fmt.Sprintf("logged in as %s %s", w.loggedIn, w.over()),
			count(w.counted.Messages, "message"),
			fmt.Sprintf("%d unseen", w.counted.Unseen),
		}
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// maxBanner is how much of a banner a summary has, in bytes.
const maxBanner = 80

func short(text string) string {
	if len(text) > maxBanner {
		return text[:maxBanner] + "..."
	}
	return text
}

// over names the version of TLS after "over", or says that there is none.
func (w *walk) over() string {
	if version, ok := w.result.Fact("tls_version"); ok {
		return "over " + version.Text
	}
	return "without TLS"
}

// count writes a number of things.
func count(n uint32, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
