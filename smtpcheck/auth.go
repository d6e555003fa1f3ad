package smtpcheck

import (
	"errors"
	"fmt"

	"mailprobe/sasl"
	"mailprobe/wire"
)

// Auth logs in (RFC 4954).
func (s *Session) Auth(client sasl.Client) (Reply, error) {
	if err := s.inTurn("AUTH"); err != nil {
		return replyIn(err), err
	}
	e, err := sasl.Begin(client)
	if err != nil {
		return Reply{}, err
	}
	e.Note, e.Hide = s.conn.NoteOdd, s.conn.Transcript.Hide
	if initial := e.Initial(); initial == "" {
		err = s.conn.Cmd("AUTH %s", e.Mechanism)
	} else {
		err = s.conn.Cmd("AUTH %s %s", e.Mechanism, initial)
		e.Sent()
	}
	if err != nil {
		return Reply{}, err
	}
	return s.answer(e)
}

// answer answers challenges until the server says yes or no.
func (s *Session) answer(e *sasl.Exchange) (Reply, error) {
	for {
		r, err := readReply(s.conn)
		switch {
		case err != nil:
			return r, err
		case r.Positive():
			return r, e.Verify()
		case !r.Intermediate():
			return r, explain(e, &ReplyError{"AUTH " + e.Mechanism, r})
		}
		response, err := e.Answer(r.Text())
		if err != nil {
			return s.cancel(err)
		}
		if err := s.conn.Cmd("%s", response); err != nil {
			return r, err
		}
	}
}

// cancel gives up an exchange with "*", which the server must answer (RFC 4954 §4).
func (s *Session) cancel(cause error) (Reply, error) {
	if err := s.conn.Cmd("*"); err != nil {
		return Reply{}, err
	}
	r, err := readReply(s.conn)
	if err != nil && !errors.Is(err, wire.ErrClosed) {
		return r, fmt.Errorf("%w; then, after cancelling: %w", cause, err)
	}
	return r, cause
}

// explain adds what the server told in a challenge before it refused.
func explain(e *sasl.Exchange, err error) error {
	if reason := e.Reason(); reason != "" {
		return fmt.Errorf("%w, because of %q", err, reason)
	}
	return err
}

func isReply(err error) bool {
	var r *ReplyError
	return errors.As(err, &r)
}
