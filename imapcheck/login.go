package imapcheck

import (
	"mailprobe/probe"
	"mailprobe/sasl"
	"mailprobe/transport"
)

// auth logs in.
func (w *walk) auth(s *probe.Step) error {
	w.before = w.session.Capabilities()
	return w.login.Do(s, transport.Ways{Offered: ways(w.before), Try: w.tryLogin})
}

// tryLogin logs in by one mechanism. LOGIN is the command of that name where it is not
// disabled.
func (w *walk) tryLogin(s *probe.Step, mechanism string, client sasl.Client) error {
	id := w.login.Identity()
	logIn := func() (Reply, error) { return w.session.Authenticate(client) }
	if mechanism == sasl.Login && !w.session.Capabilities().Has(capLoginDisabled) {
		logIn = func() (Reply, error) { return w.session.Login(id.User, id.Password) }
	}
	reply, err := logIn()
	if err != nil {
		return judge(s, err)
	}
	s.Say(reply.brief())
	return nil
}
