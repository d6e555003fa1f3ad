package pop3check

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
	"time"

	"mailprobe/probe"
	"mailprobe/sasl"
	"mailprobe/transport"
)

// The steps up to the log-in, and the log-in.

func (w *walk) greeting(s *probe.Step) error {
	session := NewSession(w.Conn)
	greeting, err := session.Greeting()
	if greeting.Line != "" {
		w.session, w.Banner = session, strings.TrimSpace(greeting.Text)
		w.hasAPOP = greeting.Timestamp != ""
		s.Learn(probe.Text("banner", cmp.Or(withoutStatus(greeting.Line), "nothing")))
	}
	return w.Answered(s, greeting, err)
}

// withoutStatus returns a greeting without its status, if it has one.
func withoutStatus(line string) string {
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(line, "+OK"), "-ERR"))
}

func (w *walk) capa(s *probe.Step) error {
	var err error
	w.offered, err = w.session.Capa()
	var refusal *Refusal
	if errors.As(err, &refusal) {
		// RFC 2449 §5: an old server, not a broken one.
		w.noCAPA = true
		w.learnWays(s)
		s.Say("the server does not know CAPA, it is older than RFC 2449: " + refusal.Reply.Quote())
		return nil
	}
	if err != nil {
		return judge(s, err)
	}
	w.noCAPA = false
	w.learnCapabilities(s)
	return nil
}

func (w *walk) learnCapabilities(s *probe.Step) {
	s.Say(cmp.Or(w.offered.String(), "nothing"))
	s.Learn(probe.Text("capabilities", cmp.Or(w.offered.String(), "nothing")))
	if name := strings.Join(w.offered.Params(TagImplementation), " "); name != "" {
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

// learnWays learns the offered mechanisms, also that there are none, so that those from
// before TLS do not stay.
func (w *walk) learnWays(s *probe.Step) {
	s.Learn(probe.Text("auth_mechanisms", cmp.Or(strings.Join(w.ways(), " "), "none")))
}

func (w *walk) stls(s *probe.Step) error {
	if !w.offered.Has(TagSTLS) {
		return w.NotOffered(s, transport.CauseNotOffered, "STLS", w.offered.String())
	}
	reply, err := w.session.STLS()
	if err == nil {
		w.offered = nil // RFC 2595 §4: what was learned before TLS does not count any more
	}
	return w.Upgrade(s, reply, err)
}

// preamble repeats the session on a new connection, up to the answer to STLS.
func (w *walk) preamble() error {
	session := NewSession(w.Conn)
	greeting, err := session.Greeting()
	if err != nil {
		return err
	}
	w.session, w.hasAPOP = session, greeting.Timestamp != ""
	_, err = session.STLS()
	return err
}

// auth logs in. A server without CAPA may support any mechanism; APOP needs a message id
// in the greeting in any case.
func (w *walk) auth(s *probe.Step) error {
	if w.Mechanism == sasl.APOP && !w.hasAPOP {
		return probe.Because(transport.CauseLoginNotOffered.Advise("use another mechanism with --auth"), ErrNoTimestamp)
	}
	return w.Login.Do(s, transport.Ways{Offered: w.ways(), Unlisted: w.noCAPA, Try: w.tryLogin})
}

// tryLogin logs in by one mechanism.
func (w *walk) tryLogin(_ *probe.Step, mechanism string, client sasl.Client) (transport.Reply, error) {
	id := w.Login.Identity()
	switch mechanism {
	case sasl.APOP:
		return w.session.APOP(id.User, id.Password)
	case sasl.User:
		if reply, err := w.session.User(id.User); err != nil {
			return reply, err
		}
		return w.session.Pass(id.Password)
	}
	return w.session.Auth(client)
}

// ways returns the mechanisms that the server offers. A server without CAPA supports
// USER, the only way to log in besides APOP at that time (RFC 2449 §6.3).
func (w *walk) ways() []string {
	ways := w.offered.Mechanisms()
	if w.hasAPOP {
		ways = append(ways, sasl.APOP)
	}
	if w.noCAPA || w.offered.Has(TagUser) {
		ways = append(ways, sasl.User)
	}
	return ways
}
