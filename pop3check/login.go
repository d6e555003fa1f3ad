package pop3check

import (
	"mailprobe/probe"
	"mailprobe/sasl"
	"mailprobe/transport"
)

// auth logs in. A server without CAPA may know any mechanism; APOP needs a message id
// in the greeting in any case.
func (w *walk) auth(s *probe.Step) error {
	if w.Mechanism == sasl.APOP && !w.timed {
		return probe.Because(transport.CauseLoginNotOffered.Advise("use another mechanism with --auth"), ErrNoTimestamp)
	}
	return w.login.Do(s, transport.Ways{Offered: w.ways(), Unlisted: w.mute, Try: w.tryLogin})
}

// tryLogin logs in by one mechanism.
func (w *walk) tryLogin(s *probe.Step, mechanism string, client sasl.Client) error {
	reply, err := w.logInBy(mechanism, client)
	if err != nil {
		return judge(s, err)
	}
	s.Say(quote(reply.Line))
	return nil
}

func (w *walk) logInBy(mechanism string, client sasl.Client) (Reply, error) {
	id := w.login.Identity()
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

// ways are the mechanisms that the server offers. A server without CAPA knows
// USER, which was the only way to log in besides APOP then (RFC 2449 §6.3).
func (w *walk) ways() []string {
	ways := w.offered.Mechanisms()
	if w.timed {
		ways = append(ways, sasl.APOP)
	}
	if w.mute || w.offered.Has(TagUser) {
		ways = append(ways, sasl.User)
	}
	return ways
}
