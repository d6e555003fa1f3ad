package smtpcheck

import (
	"mailprobe/sasl"
	"mailprobe/transport"
	"mailprobe/wire"
)

// Auth logs in (RFC 4954).
func (s *Session) Auth(client sasl.Client) (r Reply, err error) {
	if err := s.inTurn("AUTH"); err != nil {
		return replyIn(err), err
	}
	verb := "AUTH"
	s.midCommand = true // until its verdict
	begin := func(mechanism string, initial wire.Secret) (sent bool, err error) {
		if verb += " " + mechanism; initial == "" {
			return false, s.conn.Cmd("%s", verb)
		}
		return true, s.conn.Cmd("%s %s", verb, initial)
	}
	next := func() (challenge string, more bool, err error) {
		if r, err = s.receive(); err == nil && !r.Positive() && !r.Intermediate() {
			err = refusalOf(verb, r)
		}
		s.midCommand = !transport.IsRefusal(err) && !r.Positive()
		return r.Text(), r.Intermediate(), err
	}
	err = transport.Exchange(s.conn, client, begin, next)
	return r, err
}
