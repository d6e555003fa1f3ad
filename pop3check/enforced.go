package pop3check

import (
	"errors"

	"mailprobe/probe"
	"mailprobe/transport"
)

// inClear asks on a connection without TLS for a log-in, by AUTH PLAIN without a response and
// by USER with a name that nobody has.
func (w *walk) inClear(link *transport.Link) (found transport.ClearText, err error) {
	v := &walk{Check: NewCheck(w.probe), Link: link}
	v.Dialect = transport.Dialect{Judge: judge}
	if err := v.Walk([]transport.Step{{Name: "connect", Do: v.Connect}, {Name: "greeting", Do: v.greeting}, {Name: "capa", Do: v.capa}}); err != nil {
		return found, err
	}
	defer func() { v.Goodbye(v.goodbye(), err) }()
	v.NextStep()
	if found.Offers(v.offered.Mechanisms()); v.offered.Has(TagUser) {
		found.Accepted = append(found.Accepted, "offers USER")
	}
	for _, ask := range []struct {
		verb string
		send func() (Reply, error)
	}{{"AUTH PLAIN", v.session.offerPlain}, {"USER", func() (Reply, error) { return v.session.User("mailprobe") }}} {
		reply, err := ask.send()
		var refusal *Refusal
		switch {
		case err == nil:
			found.Accepted = append(found.Accepted, "answers "+ask.verb+" with "+reply.Quote())
		case !errors.As(err, &refusal):
			return found, err
		default:
			found.Refused = refusal.Reply.Quote()
			found.Unclear = v.unclear(refusal)
		}
	}
	return found, nil
}

// unclear returns why a refusal may be for something else than want of TLS: its words do not
// say so, and CAPA does not list what the server offers.
func (w *walk) unclear(refusal *Refusal) error {
	cause, _ := explain("auth", refusal.Reply)
	if cause.Is(transport.CauseTLSRequired) || !w.noCAPA {
		return nil
	}
	return probe.Because(cause, refusal)
}

// offerPlain sends AUTH PLAIN without a response, and takes it back where the server asks for
// one.
func (s *Session) offerPlain() (Reply, error) {
	const verb = "AUTH PLAIN"
	if err := s.send(verb); err != nil {
		return Reply{}, err
	}
	s.midCommand = true
	line, err := s.Conn.ReadLine()
	if err != nil {
		return Reply{}, err
	}
	if _, asks := cutChallenge(line); !asks {
		s.owed, s.midCommand = false, false
		return readVerdict(verb, line)
	}
	if err := s.Conn.Cmd("*"); err != nil {
		return Reply{}, err
	}
	_, err = s.reply(verb)
	if err == nil || transport.IsRefusal(err) {
		s.midCommand, err = false, nil
	}
	return Reply{Line: line}, err
}
