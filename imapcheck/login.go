package imapcheck

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"mailprobe/probe"
	"mailprobe/sasl"
	"mailprobe/transport"
)

// The steps up to the log-in, and the log-in.

func (w *walk) greeting(s *probe.Step) error {
	session := NewSession(w.Conn)
	reply, err := session.Greeting()
	if reply.Line != "" {
		w.session, w.Banner = session, strings.TrimSpace(reply.Text)
		s.Learn(probe.Text("banner", cmp.Or(w.Banner, strings.TrimSpace(reply.Line))))
	}
	if err == nil && reply.Status == StatusPreauth {
		return w.preauth(s, reply)
	}
	return w.Answered(s, reply, err)
}

// preauth judges a session that is logged in from the start. STARTTLS is then impossible
// (RFC 9051 §6.2.1), which may be what an attacker wants.
func (w *walk) preauth(s *probe.Step, reply Reply) error {
	s.Learn(probe.Text("preauth", "yes"))
	said := "the server logged this session in unasked: " + reply.Quote()
	switch {
	case w.Demanded() && !w.Implicit():
		return probe.RefuseBecause(CausePreauth.Advise("someone on the way may keep the session in clear text by this: use imaps://, or see why the server trusts this host"),
			errors.New(said+", so that STARTTLS is impossible"))
	case w.Login.Wanted:
		return probe.RefuseBecause(CausePreauth.Advise("the server knows this host or its certificate and asks for no log-in: check the session without -u, or from another host"),
			errors.New(said+", so that no log-in can be tried"))
	}
	s.Say(said)
	return nil
}

// capability asks what the server offers, unless the greeting has listed it.
func (w *walk) capability(s *probe.Step) error {
	offered := w.session.Capabilities()
	listed := offered != nil
	if !listed {
		var err error
		if offered, err = w.session.Capability(); err != nil {
			return judge(s, err)
		}
	}
	s.Say(cmp.Or(offered.List(" "), "nothing"))
	if listed {
		s.Say("listed in the greeting")
	}
	s.Learn(
		probe.Text("capabilities", cmp.Or(offered.List(" "), "nothing")),
		probe.Text("auth_mechanisms", cmp.Or(strings.Join(ways(offered), " "), "none")),
	)
	if !offered.Has(capRev1) && !offered.Has(capRev2) {
		s.RaiseFor(transport.CauseProtocolError.As(probe.Warning).Advise("the server must list the version of the protocol (RFC 3501 §6.1.1): programs may refuse to go on without"),
			"neither IMAP4rev1 nor IMAP4rev2 is among them")
	}
	return nil
}

// ways returns the mechanisms that the server offers, including LOGIN for the command of
// that name, which servers do not list.
func ways(offered Capabilities) []string {
	ways := offered.Mechanisms()
	if !offered.Has(capLoginDisabled) && !slices.Contains(ways, sasl.Login) {
		ways = append(ways, sasl.Login)
	}
	return ways
}

func (w *walk) starttls(s *probe.Step) error {
	offered := w.session.Capabilities()
	switch _, preauth := w.Result.Fact("preauth"); {
	case preauth:
		s.Hint = "use imaps://, or see why the server trusts this host"
		return w.WithoutTLS(s, transport.CauseNotOffered, errors.New("STARTTLS is impossible in a session that is logged in from the start (RFC 9051 §6.2.1)"))
	case !offered.Has(capStartTLS):
		return w.NotOffered(s, transport.CauseNotOffered, "STARTTLS", offered.List(" "))
	}
	reply, err := w.session.STARTTLS()
	return w.Upgrade(s, reply, err)
}

// preamble repeats the session on a new connection, up to the answer to STARTTLS.
func (w *walk) preamble() error {
	session := NewSession(w.Conn)
	if _, err := session.Greeting(); err != nil {
		return err
	}
	w.session = session
	_, err := session.STARTTLS()
	return err
}

// auth logs in.
func (w *walk) auth(s *probe.Step) error {
	w.before = w.session.Capabilities()
	return w.Login.Do(s, transport.Ways{Offered: ways(w.before), Try: w.tryLogin})
}

// tryLogin logs in by one mechanism. LOGIN stands for the command of that name, unless it
// is disabled.
func (w *walk) tryLogin(_ *probe.Step, mechanism string, client sasl.Client) (transport.Reply, error) {
	if id := w.Login.Identity(); mechanism == sasl.Login && !w.session.Capabilities().Has(capLoginDisabled) {
		return w.session.Login(id.User, id.Password)
	}
	return w.session.Authenticate(client)
}
