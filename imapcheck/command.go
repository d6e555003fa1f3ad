package imapcheck

import (
	"cmp"
	"fmt"
	"strings"

	"mailprobe/transport"
	"mailprobe/wire"
)

// command is one command, from its tag to the end of the answer.
type command struct {
	*Session
	tag, verb string
	// onData is called with untagged data, onStatus with untagged statuses; nil for neither.
	onData   func(*data) error
	onStatus func(Reply)
	// out is the destination of a message's body.
	out *outlet

	// maxResponses bounds the untagged responses; 0 for the usual number.
	maxResponses int
	// maxLine bounds a line of the answer, in bytes; 0 for the usual length.
	maxLine int

	noticed int   // how many notices there were before the command
	forgets bool  // what was offered before counts no more
	asked   bool  // the server may ask for more
	fault   error // the first fault of the untagged data
}

// command returns a command with the next tag.
func (s *Session) command(verb string) *command {
	s.tags++
	return &command{Session: s, tag: fmt.Sprintf("A%d", s.tags), verb: verb, noticed: len(s.notices)}
}

// run sends the command with its arguments and reads the answer.
func (c *command) run(args ...any) (Reply, error) {
	r, err := c.send(args...)
	if err != nil {
		return Reply{}, err
	}
	return c.end(r)
}

// send sends the command, and literals when the server asks for them. It returns the
// response that ends the command or asks for more.
func (c *command) send(args ...any) (response, error) {
	if err := c.begin(c.verb); err != nil {
		return response{}, err
	}
	lines, err := c.compose(args)
	if err != nil {
		return response{}, err
	}
	if c.forgets {
		c.offered = nil
	}
	for i, line := range lines {
		last := i == len(lines)-1
		if err := c.Conn.Queue(strings.Repeat("%v", len(line.pieces)), line.pieces...); err != nil {
			return response{}, err
		}
		if !last && line.goesOn {
			continue
		}
		c.owed = true
		if err := c.Conn.Flush(); err != nil {
			return response{}, err
		}
		c.asked = c.asked || !last
		if r, err := c.next(); last || err != nil || r.tag != "+" {
			return r, err
		}
	}
	return response{}, nil
}

// next reads up to the response that ends the command or asks for more of it. Untagged
// responses may come at any time (RFC 3501 §7).
func (c *command) next() (response, error) {
	most := cmp.Or(c.maxResponses, maxResponses)
	for range most {
		r, err := readResponse(c.Conn, cmp.Or(c.maxLine, maxLine), c.out)
		switch {
		case err != nil:
			return r, c.broken(err)
		case r.tag == "*":
			c.untagged(r)
		case r.tag == "+" && !c.asked:
			return r, c.unexpected(r, "an untagged response or the one tagged "+c.tag+" (RFC 3501 §7.5)")
		case r.tag != "+" && r.tag != c.tag:
			return r, fmt.Errorf("%w: %w", wire.ErrOutOfStep, c.unexpected(r, "the tag "+c.tag+" of the command (RFC 3501 §2.2.2)"))
		default:
			return r, nil
		}
	}
	return response{}, fmt.Errorf("%w: more than %d responses to %s", wire.ErrLimit, most, c.verb)
}

func (c *command) unexpected(r response, want string) error {
	return transport.Malformed("in the answer to "+c.verb, r.line(), want)
}

// broken wraps a connection error; after a BYE it returns that BYE.
func (c *command) broken(err error) error {
	if c.bye != nil && c.verb != verbLogout {
		return &Bye{Reply: *c.bye, Verb: c.verb, Err: err}
	}
	return err
}

// untagged handles an untagged response. A fault in one does not end the reading.
func (c *command) untagged(r response) {
	switch {
	case r.status == nil:
		c.blame(c.takeData(r.data))
	case r.status.Status == StatusPreauth:
		c.blame(c.unexpected(r, "PREAUTH in the greeting only (RFC 3501 §7.1.4)"))
	default:
		if r.status.Status == StatusBye {
			c.bye = r.status
		}
		c.blame(c.note(*r.status))
		if c.onStatus != nil {
			c.onStatus(*r.status)
		}
	}
}

func (c *command) takeData(d *data) error {
	switch {
	case d.name == "":
		return transport.Malformed("an untagged response", d.line, "a status, or data with its name (RFC 3501 §7)")
	case d.name == CodeCapability && !d.numbered:
		return c.learn(d.text, d.line)
	case c.onData != nil:
		return c.onData(d)
	}
	return nil
}

// blame keeps the first fault.
func (c *command) blame(err error) {
	if c.fault == nil {
		c.fault = err
	}
}

// end returns an error if the answer is not OK.
func (c *command) end(r response) (Reply, error) {
	c.owed = r.status == nil
	if r.status == nil {
		return Reply{}, c.unexpected(r, "the answer's end: no more of the command is left (RFC 3501 §7.5)")
	}
	reply := *r.status
	c.blame(c.note(reply))
	switch {
	case reply.Status == StatusNo, reply.Status == StatusBad:
		return reply, &Refusal{Verb: c.verb, Reply: reply, Notices: c.notices[min(c.noticed, len(c.notices)):]}
	case reply.Status != StatusOK:
		return reply, c.unexpected(r, "OK, NO or BAD after the tag (RFC 3501 §7.1)")
	}
	return reply, c.fault
}

// bad returns the error of malformed data.
func (d *data) bad(want string) error {
	return transport.Malformed("the response "+d.name, d.line, want)
}
