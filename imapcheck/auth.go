package imapcheck

import (
	"errors"

	"mailprobe/sasl"
	"mailprobe/wire"
)

// Login logs in with the password itself (RFC 3501 §6.2.3). It is not for a
// server that says LOGINDISABLED. What the server can do is forgotten, unless it
// says so in its answer.
func (s *Session) Login(user string, password wire.Secret) (Reply, error) {
	if s.authenticated {
		return Reply{}, ErrAuthenticated
	}
	s.Conn.Transcript.Hide(password)
	c := s.command("LOGIN")
	return c.authenticate(func() (Reply, error) { return c.run(text(user), secret(password)) })
}

// Authenticate logs in by a SASL mechanism (RFC 3501 §6.2.2). The initial
// response goes along with the command where the server is known to take it.
func (s *Session) Authenticate(client sasl.Client) (Reply, error) {
	if s.authenticated {
		return Reply{}, ErrAuthenticated
	}
	exchange, err := sasl.Begin(client)
	if err != nil {
		return Reply{}, err
	}
	exchange.Note, exchange.Hide = s.Conn.NoteOdd, s.Conn.Transcript.Hide
	d := dialogue{exchange, s.command("AUTHENTICATE " + exchange.Mechanism)}
	return d.authenticate(d.run)
}

// authenticate does a log-in, after which only what the server then says it can
// do counts (RFC 3501 §6.2.2, §6.2.3).
func (c *command) authenticate(logIn func() (Reply, error)) (Reply, error) {
	before := c.offered
	c.forgets = true
	reply, err := logIn()
	if err == nil {
		c.authenticated = true
	} else if c.offered == nil {
		c.offered = before
	}
	return reply, err
}

// dialogue is one run of a mechanism.
type dialogue struct {
	*sasl.Exchange
	*command
}

func (d *dialogue) run() (Reply, error) {
	r, err := d.start()
	for err == nil && r.tag == "+" {
		answer, fault := d.Answer(r.prompt)
		if fault != nil {
			return Reply{}, d.cancel(fault)
		}
		if err := d.Conn.Cmd("%s", answer); err != nil {
			return Reply{}, err
		}
		r, err = d.next()
	}
	if err != nil {
		return Reply{}, err
	}
	return d.end(r)
}

// start sends the command, with the initial response if that is possible.
func (d *dialogue) start() (response, error) {
	d.asked = true
	initial := d.Initial()
	if initial == "" || !d.offered.takesInitial() {
		return d.send()
	}
	d.Sent()
	return d.send(initial)
}

// cancel ends the dialogue for a reason of this side's: with "*", which the
// server answers with BAD (RFC 3501 §6.2.2).
func (d *dialogue) cancel(reason error) error {
	if err := d.Conn.Cmd("*"); err == nil {
		if r, err := d.next(); err == nil {
			_, _ = d.command.end(r)
		}
	}
	return reason
}

// end adds to the server's verdict what only the mechanism knows.
func (d *dialogue) end(r response) (Reply, error) {
	reply, err := d.command.end(r)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		refusal.Reason = d.Reason()
	}
	if err == nil {
		err = d.Verify()
	}
	return reply, err
}
