package smtpcheck

import (
	"errors"
	"fmt"

	"mailprobe/probe"
	"mailprobe/transport"
)

// causeSender is the cause of an exchanger that takes mail in clear text, as it must where
// the MX records of a domain name it.
var causeSender = transport.CauseClearTextAccepted.As(probe.Warning).
	Advise("a server that MX records name must not demand TLS of senders (RFC 3207 §4): then leave out --enforced-tls, or ask submission://; one for own clients only may")

// inClear asks on a connection without TLS: for AUTH if somebody is to log in, otherwise for
// MAIL. No secret is sent.
func (w *walk) inClear(link *transport.Link) (found transport.ClearText, err error) {
	v := &walk{Check: NewCheck(w.probe), Link: link}
	v.Helo, v.machine = w.Helo, w.machine
	v.Dialect = transport.Dialect{Judge: v.grade}
	if err := v.Walk([]transport.Step{{Name: "connect", Do: v.Connect}, {Name: "greeting", Do: v.greeting}, {Name: "ehlo", Do: v.ehlo}}); err != nil {
		return found, err
	}
	defer func() { v.Goodbye(transport.Step{Name: "quit", Do: v.quit}, err) }()
	v.NextStep()
	if w.WantsLogin() || w.Mechanism != "" {
		return v.authInClear()
	}
	r, err := v.session.Mail(w.wireForm(w.From))
	if err == nil {
		found.Accepted = []string{fmt.Sprintf("accepts MAIL with %q", r)}
		if w.Target.Scheme.Name == "smtp" {
			found.Cause = causeSender
		}
	}
	return found, v.refusedInClear(&found, "mail", err)
}

// authInClear says AUTH PLAIN without credentials.
func (w *walk) authInClear() (found transport.ClearText, err error) {
	found.Offers(w.session.Extensions.Mechanisms())
	r, err := w.session.offerPlain()
	if err == nil {
		found.Accepted = append(found.Accepted, fmt.Sprintf("answers AUTH PLAIN with %q", r))
	}
	return found, w.refusedInClear(&found, "auth", err)
}

// refusedInClear records a refusal. Other errors are returned: nothing was learned.
func (w *walk) refusedInClear(found *transport.ClearText, step string, err error) error {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	found.Refused = refusal.Reply.Quote()
	cause, _ := w.cause(step, refusal.Reply)
	switch demanded := cause.Is(transport.CauseTLSRequired); {
	case demanded, step == "auth" && !refusal.Reply.Transient():
	case cause.Is(transport.CauseLoginRequired):
		found.Unclear = probe.Because(cause.Advise("say who logs in with -u: then AUTH is asked for in the place of MAIL"), err)
	default:
		found.Unclear = probe.Because(cause, err)
	}
	return nil
}

// offerPlain sends AUTH PLAIN without a response, and takes it back where the server asks for
// one.
func (s *Session) offerPlain() (Reply, error) {
	s.midCommand = true
	r, err := s.command(func(r Reply) bool { return r.Code == 334 }, "AUTH PLAIN")
	if err != nil {
		s.midCommand = !transport.IsRefusal(err)
		return r, err
	}
	if err := s.conn.Cmd("*"); err != nil {
		return r, err
	}
	_, taken := s.receive()
	s.midCommand = taken != nil
	return r, taken
}
