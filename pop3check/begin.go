package pop3check

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"mailprobe/probe"
)

// The steps up to the log-in.

func (w *walk) greeting(s *probe.Step) error {
	session := NewSession(w.Conn)
	greeting, err := session.Greeting()
	if greeting.Line != "" {
		w.session, w.banner = session, strings.TrimSpace(greeting.Text)
		w.timed = greeting.Timestamp != ""
		s.Learn(probe.Text("banner", cmp.Or(withoutStatus(greeting.Line), "nothing")))
	}
	if err != nil {
		return judge(s, err)
	}
	s.Say(quote(greeting.Line))
	return nil
}

// withoutStatus is a greeting without its status, if it has one.
func withoutStatus(line string) string {
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(line, "+OK"), "-ERR"))
}

func (w *walk) capa(s *probe.Step) error {
	var err error
	w.offered, err = w.session.Capa()
	var refusal *Refusal
	if errors.As(err, &refusal) {
		// RFC 2449 §5: an old server, not a broken one.
		w.mute = true
		w.learnWays(s)
		s.Say("the server does not know CAPA, it is older than RFC 2449: " + quote(refusal.Reply.Line))
		return nil
	}
	if err != nil {
		return judge(s, err)
	}
	w.mute = false
	w.learnCapabilities(s)
	return nil
}

func (w *walk) learnCapabilities(s *probe.Step) {
	s.Say(cmp.Or(w.offered.String(), "nothing"))
	s.Learn(probe.Text("capabilities", cmp.Or(w.offered.String(), "nothing")))
	if name := w.offered.Implementation(); name != "" {
		s.Learn(probe.Text("implementation", name))
	}
	w.learnWays(s)
	if p := w.offered.Params(TagLoginDelay); len(p) > 0 {
		if seconds, err := strconv.ParseUint(p[0], 10, 31); err == nil {
			s.Learn(probe.Duration("login_delay", time.Duration(seconds)*time.Second))
		}
	}
	if p := w.offered.Params(TagExpire); len(p) > 0 {
		s.Learn(probe.Text("expire", strings.Join(p, " ")))
	}
}

// learnWays tells how one can log in; also that one cannot, so that what was said
// before TLS does not stay.
func (w *walk) learnWays(s *probe.Step) {
	s.Learn(probe.Text("auth_mechanisms", cmp.Or(strings.Join(w.ways(), " "), "none")))
}

func (w *walk) stls(s *probe.Step) error {
	if !w.offered.Has(TagSTLS) {
		return w.WithoutTLS(s, fmt.Errorf("the server does not offer STLS (it offers %s)", cmp.Or(w.offered.String(), "nothing")))
	}
	reply, err := w.session.STLS()
	if isRefusal(err) {
		return w.TLSRefused(s, err)
	}
	if err != nil {
		return judge(s, err)
	}
	s.Say(quote(reply.Line))
	// RFC 2595 §4: what was learned before TLS counts no more.
	w.offered = nil
	return w.Handshake(s)
}

// preamble begins a session on a new connection, up to the answer to STLS.
func (w *walk) preamble() error {
	session := NewSession(w.Conn)
	greeting, err := session.Greeting()
	if err != nil {
		return err
	}
	w.session, w.timed = session, greeting.Timestamp != ""
	_, err = session.STLS()
	return err
}
