package sasl

import (
	"encoding/base64"
	"fmt"

	"mailprobe/wire"
)

// MaxChallenges is how many challenges of one exchange are worth answering; no
// mechanism needs more than 4.
const MaxChallenges = 16

// Exchange is one run of a mechanism as mail protocols carry it: in lines of
// base64, each challenge of the server answered by one (RFC 4422 §3).
type Exchange struct {
	// Mechanism is its name.
	Mechanism string

	client  Client
	initial []byte // what is still to be sent of it, nil for nothing
}

// Begin starts a mechanism.
func Begin(client Client) (*Exchange, error) {
	name, initial, err := client.Start()
	return &Exchange{name, client, initial}, err
}

// Initial returns the initial response for the command line, in which an empty
// one is "="; the empty string where the server speaks first. Where it goes along
// with the command tell so by Sent, else the first challenge is answered by it.
func (e *Exchange) Initial() wire.Secret {
	if e.initial != nil && len(e.initial) == 0 {
		return "="
	}
	return encode(e.initial)
}

// Sent notes that the initial response went along with the command.
func (e *Exchange) Sent() { e.initial = nil }

// ChallengeError is a challenge that does not follow the rules of every mechanism.
type ChallengeError struct {
	// Said is what the server sent, Want what should have come.
	Said, Want string
}

// Error quotes the server.
func (e *ChallengeError) Error() string {
	return fmt.Sprintf("the challenge is %.200q, not %s", e.Said, e.Want)
}

// Answer returns the answer to a challenge, both in base64. After an error the
// exchange must be cancelled.
func (e *Exchange) Answer(challenge string) (wire.Secret, error) {
	plain, err := base64.StdEncoding.DecodeString(challenge)
	if err != nil {
		return "", &ChallengeError{challenge, "base64"}
	}
	if e.initial == nil {
		return e.next(plain)
	}
	// RFC 4422 §5.1: the server asks for the initial response with an empty challenge.
	if len(plain) > 0 {
		return "", &ChallengeError{challenge, "empty (RFC 4422 §5.1)"}
	}
	initial := e.initial
	e.initial = nil
	return encode(initial), nil
}

// next puts a challenge to the mechanism.
func (e *Exchange) next(challenge []byte) (wire.Secret, error) {
	answer, err := e.client.Next(challenge)
	if err != nil {
		return "", fmt.Errorf("the challenge %.200q of %s cannot be answered: %w", challenge, e.Mechanism, err)
	}
	return encode(answer), nil
}

// Reason returns what the server told of a failure before it refused, mostly
// nothing.
func (e *Exchange) Reason() string {
	if explainer, ok := e.client.(Explainer); ok {
		return explainer.Reason()
	}
	return ""
}

// Verify tells, after the server said yes, whether it gave the proof of itself
// that the mechanism demands.
func (e *Exchange) Verify() error {
	if v, ok := e.client.(Verifier); ok {
		return v.Verify()
	}
	return nil
}

func encode(response []byte) wire.Secret {
	return wire.Secret(base64.StdEncoding.EncodeToString(response))
}
