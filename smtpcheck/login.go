package smtpcheck

import (
	"mailprobe/probe"
	"mailprobe/sasl"
	"mailprobe/transport"
)

// auth logs in.
func (w *walk) auth(s *probe.Step) error {
	return w.login.Do(s, transport.Ways{Offered: w.session.Extensions.Auth(), Try: w.tryLogin})
}

// tryLogin logs in by one mechanism.
func (w *walk) tryLogin(s *probe.Step, _ string, client sasl.Client) error {
	r, err := w.session.Auth(client)
	return w.judge(s, r, err)
}
