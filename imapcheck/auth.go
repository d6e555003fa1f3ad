package imapcheck

import (
	"mailprobe/sasl"
	"mailprobe/transport"
	"mailprobe/wire"
)

// Login sends LOGIN with the password itself (RFC 3501 §6.2.3). It must not be used if
// the server says LOGINDISABLED. The capabilities are forgotten, unless the answer
// contains them.
func (s *Session) Login(user string, password wire.Secret) (Reply, error) {
	if s.authenticated {
		return Reply{}, ErrAuthenticated
	}
	s.Conn.Transcript.Hide(password)
	c := s.command("LOGIN")
	return c.authenticate(func() (Reply, error) { return c.run(text(user), secret(password)) })
}

// Authenticate logs in by a SASL mechanism (RFC 3501 §6.2.2). The initial response is
// sent with the command if the server is known to take it.
func (s *Session) Authenticate(client sasl.Client) (Reply, error) {
	if s.authenticated {
		return Reply{}, ErrAuthenticated
	}
	c := s.command("AUTHENTICATE")
	return c.authenticate(func() (Reply, error) { return c.exchange(client) })
}

// exchange is one run of a mechanism.
func (c *command) exchange(client sasl.Client) (reply Reply, err error) {
	var r response
	begin := func(mechanism string, initial wire.Secret) (sent bool, err error) {
		c.verb += " " + mechanism
		c.asked = true
		var args []any
		// RFC 4959 §2, RFC 9051 §6.2.2
		if initial != "" && (c.offered.Has(capInitial) || c.offered.Has(capRev2)) {
			args = []any{initial}
		}
		r, err = c.send(args...)
		return args != nil, err
	}
	read := true // r is the answer to begin
	next := func() (challenge string, more bool, err error) {
		if !read {
			r, err = c.next()
		}
		if read = false; err != nil || r.tag == "+" {
			return r.prompt, true, err
		}
		reply, err = c.end(r)
		return "", false, err
	}
	err = transport.Exchange(c.Conn, client, begin, next)
	return reply, err
}

// authenticate does a log-in, after which only capabilities that the server lists then
// count (RFC 3501 §6.2.2, §6.2.3).
func (c *command) authenticate(logIn func() (Reply, error)) (Reply, error) {
	before := c.offered
	c.forgets, c.midCommand = true, true
	reply, err := logIn()
	c.midCommand = c.owed
	if err == nil {
		c.authenticated = true
	} else if c.offered == nil {
		c.offered = before
	}
	return reply, err
}
