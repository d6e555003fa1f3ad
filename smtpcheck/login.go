package smtpcheck

import (
	"mailprobe/probe"
	"mailprobe/sasl"
	"mailprobe/transport"
)

// auth logs in.
func (w *walk) auth(s *probe.Step) error {
	return w.Login.Do(s, transport.Ways{Offered: w.session.Extensions.Mechanisms(), Try: w.tryLogin})
}

// tryLogin logs in by one mechanism.
func (w *walk) tryLogin(s *probe.Step, _ string, client sasl.Client) (transport.Reply, error) {
	r, err := w.session.Auth(client)
	w.learn(s, r)
	return r, err
}
