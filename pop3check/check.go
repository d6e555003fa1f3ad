package pop3check

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
// first that fails, comes "quit".
func steps() []step {
	return append(logInSteps(),
		step{"stat", (*walk).isLoggedIn, (*walk).stat},
		step{"list", (*walk).isLoggedIn, (*walk).list},
		step{"uidl", (*walk).isLoggedIn, (*walk).uidl},
		step{"top", (*walk).wantsTop, (*walk).top},
		step{"retr", (*walk).wantsRetr, (*walk).retr},
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
		{"capa", always, (*walk).capa},
		{"stls", (*walk).Wanted, (*walk).stls},
		{"capa-tls", (*walk).upgraded, (*walk).capa},
		{"auth", func(w *walk) bool { return w.login }, (*walk).auth},
	}
}

func stepNames() []string {
	var names []string
	for _, s := range steps() {
		names = append(names, s.name)
	}
	return append(names, "quit")
}

// Check walks one session.
func (c *Check) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	w := c.newWalk(ctx, t, r)
	defer w.Close()
	err := w.run(steps())
	if ctx.Err() == nil {
		w.quit(err)
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
	offered  Capabilities
	mute     bool   // the server does not know CAPA
	timed    bool   // the greeting has a message id for APOP
	loggedIn string // who, and by what
	drop     Maildrop
	listed   []Scan
	fetched  string // which message, and how
	dropped  bool   // a message was fetched: no QUIT, lest it be marked as read
}

// run does those of the steps that are due, up to the one that fails.
func (w *walk) run(steps []step) error {
	for _, s := range steps {
		if !s.due(w) {
			continue
		}
		w.NextStep()
		do := func(p *probe.Step) error {
			defer w.tellOdd(p)
			return s.do(w, p)
		}
		if err := w.result.Run(s.name, do); err != nil {
			return err
		}
	}
	return nil
}

// tellOdd tells what was legible but not as the standard has it.
func (w *walk) tellOdd(s *probe.Step) {
	if w.Conn == nil {
		return
	}
	if odd := w.Conn.Odd(); len(odd) > 0 {
		s.Learn(probe.Text("odd", strings.Join(odd, "; ")))
		s.Say("odd: the server sent " + strings.Join(odd, " and "))
	}
}

func (w *walk) upgraded() bool   { return w.Wanted() && w.Conn.TLS() != nil }
func (w *walk) isLoggedIn() bool { return w.loggedIn != "" }

// goodbye is how long a server may take to answer QUIT after something failed.
const goodbye = 2 * time.Second

// quit says goodbye wherever there is somebody to hear it. A failure in it is a
// Warning, and after another failure it changes nothing.
func (w *walk) quit(failure error) {
	if w.session == nil || errors.Is(failure, wire.ErrClosed) {
		return
	}
	w.NextStep()
	if failure != nil {
		w.Conn.SetTimeout(goodbye)
	}
	_ = w.result.Run("quit", func(s *probe.Step) error {
		defer w.tellOdd(s)
		if w.dropped {
			// RFC 1939 §6: without QUIT the server must not update the mailbox.
			return skip(s, "not sent, so that the server does not mark the fetched message as read")
		}
		reply, err := w.session.Quit()
		switch {
		case errors.Is(err, ErrOutOfStep):
			return skip(s, "sent, but its answer not waited for: "+err.Error())
		case err != nil && failure != nil:
			return skip(s, err.Error())
		case err != nil:
			return probe.Fail(probe.Warning, err, "the server should answer QUIT with +OK before it hangs up (RFC 1939 §6)")
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
			fmt.Sprintf("%s, %d octets", count(w.drop.Messages, "message"), w.drop.Octets),
			w.fetched,
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
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
