package smtpcheck

import (
	"encoding/base64"
	"errors"
	"fmt"

	"mailprobe/sasl"
	"mailprobe/wire"
)

// Auth logs in (RFC 4954).
func (s *Session) Auth(client sasl.Client) (Reply, error) {
	name, initial, err := client.Start()
	if err != nil {
		return Reply{}, err
	}
	if initial == nil {
		err = s.conn.Cmd("AUTH %s", name)
	} else {
		err = s.conn.Cmd("AUTH %s %s", name, encode(initial))
	}
	if err != nil {
		return Reply{}, err
	}
	return s.answer(client)
}

// answer answers challenges until the server says yes or no.
func (s *Session) answer(client sasl.Client) (Reply, error) {
	for {
		r, err := readReply(s.conn)
		switch {
		case err != nil:
			return r, err
		case r.Positive():
			return r, verify(client)
		case !r.Intermediate():
			return r, explain(client, &ReplyError{"AUTH", r})
		}
		response, err := next(client, r)
		if err != nil {
			return s.cancel(err)
		}
		if err := s.conn.Cmd("%s", encodeResponse(response)); err != nil {
			return r, err
		}
	}
}

// next answers one challenge, which is base64.
func next(client sasl.Client, r Reply) ([]byte, error) {
	challenge, err := base64.StdEncoding.DecodeString(r.Text())
	if err != nil {
		return nil, fmt.Errorf("%w: the challenge is not base64: %q", ErrProtocol, r)
	}
	return client.Next(challenge)
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

// verify asks a mechanism that proves the server, too, whether it did.
func verify(client sasl.Client) error {
	if v, ok := client.(sasl.Verifier); ok {
		return v.Verify()
	}
	return nil
}

// explain adds what the server told in a challenge before it refused.
func explain(client sasl.Client, err error) error {
	if e, ok := client.(sasl.Explainer); ok && e.Reason() != "" {
		return fmt.Errorf("%w, because of %q", err, e.Reason())
	}
	return err
}

// encode writes an initial response; an empty one is "=" (RFC 4954 §4).
func encode(initial []byte) any {
	if len(initial) == 0 {
		return "="
	}
	return encodeResponse(initial)
}

func encodeResponse(response []byte) wire.Secret {
	return wire.Secret(base64.StdEncoding.EncodeToString(response))
}

func isReply(err error) bool {
	var r *ReplyError
	return errors.As(err, &r)
}
