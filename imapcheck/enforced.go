package imapcheck

import (
	"errors"

	"mailprobe/transport"
)

// inClear asks on a connection without TLS for a log-in, by AUTHENTICATE PLAIN without a
// response.
func (w *walk) inClear(link *transport.Link) (found transport.ClearText, err error) {
	v := &walk{Check: NewCheck(w.probe), Link: link}
	v.Dialect = transport.Dialect{Judge: judge}
	v.Login = &transport.Login{}
	if err := v.Walk([]transport.Step{{Name: "connect", Do: v.Connect}, {Name: "greeting", Do: v.greeting}, {Name: "capability", Do: v.capability}}); err != nil {
		return found, err
	}
	defer func() { v.Goodbye(v.goodbye(), err) }()
	v.NextStep()
	if v.session.authenticated {
		found.Accepted = append(found.Accepted, "logs in unasked")
		return found, nil
	}
	offered := v.session.Capabilities()
	if found.Offers(offered.Mechanisms()); !offered.Has(capLoginDisabled) {
		found.Accepted = append(found.Accepted, "does not say LOGINDISABLED")
	}
	reply, err := v.session.offerPlain()
	var refusal *Refusal
	switch {
	case err == nil:
		found.Accepted = append(found.Accepted, "answers AUTHENTICATE PLAIN with "+reply.Quote())
	case !errors.As(err, &refusal):
		return found, err
	default:
		found.Refused = refusal.Reply.Quote()
	}
	return found, nil
}

// offerPlain sends AUTHENTICATE PLAIN without a response, and takes it back where the server
// asks for one.
func (s *Session) offerPlain() (Reply, error) {
	c := s.command("AUTHENTICATE PLAIN")
	c.asked, s.midCommand = true, true
	r, err := c.send()
	switch {
	case err != nil:
		return Reply{}, err
	case r.tag != "+":
		s.midCommand = false
		return c.end(r)
	}
	prompt := Reply{Line: r.line()}
	if err := s.Conn.Cmd("*"); err != nil {
		return prompt, err
	}
	if r, err = c.next(); err != nil {
		return prompt, err
	}
	if _, err = c.end(r); transport.IsRefusal(err) {
		err = nil
	}
	s.midCommand = c.owed
	return prompt, err
}
