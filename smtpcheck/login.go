package smtpcheck

import (
	"strings"

	"mailprobe/probe"
	"mailprobe/sasl"
	"mailprobe/transport"
)

// The steps up to the log-in, and the log-in.

func (w *walk) greeting(s *probe.Step) error {
	session := NewSession(w.Conn)
	session.LMTP, session.PRDR = w.Target.Scheme.Name == "lmtp", w.PRDR
	r, err := session.Greeting()
	if err == nil || transport.IsRefusal(err) {
		w.session, w.Banner = session, r.Text()
		s.Learn(probe.Text("banner", r.Text()))
	}
	if w.proxyRefused(s, r, err) {
		return w.refused(s, r, err, transport.CauseProxyUnexpected)
	}
	return w.judge(s, r, err)
}

func (w *walk) ehlo(s *probe.Step) error {
	r, err := w.session.Ehlo(w.hello())
	switch dialect := w.otherDialect(r, err); {
	case w.proxyRefused(s, r, err):
		return w.refused(s, r, err, transport.CauseProxyUnexpected)
	case dialect != nil:
		return w.refused(s, r, err, dialect)
	case transport.IsRefusal(err) && isUnknown(r) && w.Conn.TLS() == nil && !w.session.LMTP:
		// RFC 5321 §3.2: HELO only where the server does not know EHLO.
		w.learn(s, r)
		w.helo = true
		s.RaiseFor(w.hidden(CauseEhloUnknown), err.Error())
		return nil
	}
	if err == nil {
		w.learnExtensions(s)
	}
	return w.judge(s, r, err)
}

func (w *walk) learnExtensions(s *probe.Step) {
	e := w.session.Extensions
	s.Learn(probe.Text("extensions", e.String()))
	if size := sizeLimit(e); size > 0 {
		s.Learn(probe.Number("size_limit", float64(size), probe.Bytes))
	}
	if mechanisms := e.Mechanisms(); len(mechanisms) > 0 {
		s.Learn(probe.Text("auth_mechanisms", strings.Join(mechanisms, " ")))
	}
}

func (w *walk) heloInstead(s *probe.Step) error {
	r, err := w.session.Helo(w.hello())
	if transport.IsRefusal(err) && isUnknown(r) {
		c := CauseSpeaksLMTP.Advise("a server that knows neither EHLO nor HELO may speak LMTP: use lmtp:// in front of the host")
		w.regradeEhlo(c)
		return w.refused(s, r, err, c)
	}
	return w.judge(s, r, err)
}

// regradeEhlo gives the refused EHLO the cause that HELO has shown: it is not the
// server's fault.
func (w *walk) regradeEhlo(c *probe.Cause) {
	for i := range w.Result.Steps {
		if s := &w.Result.Steps[i]; CauseEhloUnknown.Is(s.Cause) {
			s.Status, s.Hint, s.Cause = c.Status, c.Hint, c
		}
	}
}

func (w *walk) startTLS(s *probe.Step) error {
	if !w.session.Extensions.Has("STARTTLS") {
		cause := transport.CauseNotOffered
		if w.isRewritten() {
			cause = transport.CauseMiddlebox
		}
		return w.NotOffered(s, cause, "STARTTLS", w.session.Extensions.String())
	}
	r, err := w.session.StartTLS()
	w.learn(s, r)
	return w.Upgrade(s, r, err)
}

// preamble repeats the session on a new connection, up to the reply to STARTTLS.
func (w *walk) preamble() error {
	session := NewSession(w.Conn)
	session.LMTP, session.PRDR = w.session.LMTP, w.PRDR
	if _, err := session.Greeting(); err != nil {
		return err
	}
	if _, err := session.Ehlo(w.hello()); err != nil {
		return err
	}
	w.session = session
	_, err := session.StartTLS()
	return err
}

// hintSubmission is what to do where a server does not offer the log-in.
const hintSubmission = "use the submission port (587 or 465), TLS, or another mechanism with --auth"

// auth logs in.
func (w *walk) auth(s *probe.Step) error {
	return w.Login.Do(s, transport.Ways{Offered: w.session.Extensions.Mechanisms(), Try: w.tryLogin, Hint: hintSubmission})
}

// tryLogin logs in by one mechanism.
func (w *walk) tryLogin(s *probe.Step, _ string, client sasl.Client) (transport.Reply, error) {
	r, err := w.session.Auth(client)
	w.learn(s, r)
	return r, err
}
