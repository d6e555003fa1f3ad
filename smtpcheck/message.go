package smtpcheck

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/textproto"

	"mailprobe/transport"
	"mailprobe/wire"
)

// ErrIncomplete means that a message could not be read to its end while it was sent. The
// server was not given the end, and Quit does not give it, either.
var ErrIncomplete = errors.New("the message was not sent to its end")

// ErrHalfSent is returned by Quit after ErrIncomplete: only closing the connection delivers
// nothing.
var ErrHalfSent = errors.New("the server waits for the rest of the message, and an end would deliver what it has")

const theMessage = "the message"

// Message sends a message whose lines end in CRLF, ends it with the lone dot and reads
// the reply: one, or with LMTP one for each accepted recipient. The error is that of the
// first negative one. If the message cannot be written, no dot is sent: ErrIncomplete. With
// PRDR the reply may be 353: then Verdicts tells how many follow.
func (s *Session) Message(text io.WriterTo) ([]Reply, error) {
	s.inData = false
	var unread error
	err := s.conn.WriteBody(func(w io.Writer) (err error) {
		unread, err = writeDotted(w, text)
		return err
	})
	switch {
	case unread != nil:
		return nil, s.incomplete(unread)
	case err != nil:
		return s.lastWords(theMessage, err)
	}
	return s.verdicts(theMessage)
}

// incomplete is the error of a message that could not be read.
func (s *Session) incomplete(err error) error {
	s.half = true
	return fmt.Errorf("%w: %w", ErrIncomplete, err)
}

// lastWords returns the reply that a server sent before it closed the connection in the
// middle of a message, or else the error of the connection.
func (s *Session) lastWords(verb string, broken error) ([]Reply, error) {
	if errors.Is(broken, wire.ErrTimeout) {
		s.half = true // what is sent now would be part of the message
		return nil, broken
	}
	if r, err := s.receive(); err == nil && !r.Positive() && !r.Intermediate() {
		return []Reply{r}, refusalOf(verb, r)
	}
	return nil, broken
}

// verdicts reads the replies to a whole message.
func (s *Session) verdicts(verb string) ([]Reply, error) {
	if s.PRDR {
		return s.firstVerdict(verb)
	}
	expected := 1
	if s.LMTP {
		// RFC 2033 §4.2: one reply for each previously successful RCPT.
		expected = len(s.recipients)
	}
	var replies []Reply
	var first error
	for range expected {
		r, err := s.read(verb, Reply.Positive)
		replies = append(replies, r)
		if err != nil && !transport.IsRefusal(err) {
			return replies, err
		}
		if first == nil {
			first = err
		}
	}
	return replies, first
}

// writeDotted sends a message with dots at line starts doubled and ends it with the lone
// dot (RFC 5321 §4.5.2), unless it cannot be read to its end: unread.
func writeDotted(w io.Writer, text io.WriterTo) (unread, err error) {
	out := &outlet{w: w}
	dotted := textproto.NewWriter(bufio.NewWriterSize(out, 32<<10)).DotWriter()
	switch _, err := text.WriteTo(dotted); {
	case out.err != nil:
		return nil, out.err
	case err != nil:
		return err, nil
	}
	return nil, dotted.Close()
}

// outlet remembers an error of the connection that it writes to.
type outlet struct {
	w   io.Writer
	err error
}

func (o *outlet) Write(p []byte) (n int, err error) {
	n, err = o.w.Write(p)
	o.err = err
	return n, err
}

// chunkSize is the size of every chunk but the last, in bytes.
const chunkSize = 1 << 20

// verbChunk sends a chunk.
const verbChunk = "BDAT"

// Chunks sends a message by BDAT (RFC 3030), as many chunks as it needs, and reads the
// replies as Message does. The first refusal of a chunk is the error, and the message ends
// with it. If the message cannot be written, its last chunk is not sent: ErrIncomplete.
func (s *Session) Chunks(text io.WriterTo) ([]Reply, error) {
	c := &chunks{session: s}
	switch _, err := text.WriteTo(c); {
	case c.err != nil:
		return c.replies, c.err
	case err != nil:
		return nil, s.incomplete(err)
	}
	if replies, err := c.send(" LAST"); err != nil {
		return replies, err
	}
	return s.verdicts(verbChunk)
}

// chunks sends what is written to it in chunks, each once it is known that another follows.
type chunks struct {
	session *Session
	next    []byte
	replies []Reply // those of a refusal
	err     error
}

func (c *chunks) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if len(c.next) == chunkSize {
			if c.replies, c.err = c.sendOne(); c.err != nil {
				return 0, c.err
			}
		}
		n := min(len(rest), chunkSize-len(c.next))
		c.next, rest = append(c.next, rest[:n]...), rest[n:]
	}
	return len(p), nil
}

// sendOne sends a chunk that is not the last, and reads the reply.
func (c *chunks) sendOne() ([]Reply, error) {
	if replies, err := c.send(""); err != nil {
		return replies, err
	}
	r, err := c.session.read(verbChunk, Reply.Positive)
	return []Reply{r}, err
}

// send sends a chunk; last is " LAST" for the last one.
func (c *chunks) send(last string) ([]Reply, error) {
	s := c.session
	if err := s.inTurn(verbChunk); err != nil {
		return []Reply{replyIn(err)}, err
	}
	if err := s.conn.Cmd("%s %d%s", verbChunk, len(c.next), last); err != nil {
		return nil, err
	}
	if err := s.conn.WriteChunk(c.next); err != nil {
		return s.lastWords(verbChunk, err)
	}
	c.next = c.next[:0]
	return nil, nil
}
