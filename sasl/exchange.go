package sasl

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/emersion/go-sasl"

	"mailprobe/wire"
)

// MaxChallenges is how many challenges of one exchange are answered. No mechanism needs
// more than 4.
const MaxChallenges = 16

// Exchange is one run of a mechanism as mail protocols carry it: in lines of base64, each
// challenge of the server answered by one line (RFC 4422 §3).
type Exchange struct {
	// Mechanism is the name of the mechanism.
	Mechanism string
	// Note is called with deviations from the standard that the exchange tolerates; nil
	// to ignore them.
	Note func(odd string)
	// Hide is called with what the server says that must not be shown; nil to ignore it.
	Hide func(...wire.Secret)

	client   Client
	initial  []byte // the initial response, nil where the server speaks first
	unsent   bool   // it is still to be sent
	answered int    // challenges
}

// Begin starts a mechanism.
func Begin(client Client) (*Exchange, error) {
	name, initial, err := client.Start()
	return &Exchange{Mechanism: name, client: client, initial: initial, unsent: initial != nil}, err
}

// Initial returns the initial response for the command line, where an empty response is
// "="; or the empty string if the server speaks first. Call Sent if it is sent with the
// command; otherwise it answers the first challenge.
func (e *Exchange) Initial() wire.Secret {
	if e.initial != nil && len(e.initial) == 0 {
		return "="
	}
	return encode(e.initial)
}

// Sent records that the initial response was sent with the command.
func (e *Exchange) Sent() { e.unsent = false }

// Fault is the error of a server that breaks the rules of a mechanism.
type Fault struct {
	text string
	err  error
}

// Error describes the fault and quotes the server.
func (f *Fault) Error() string { return f.text }

// Unwrap returns the error of the mechanism, if any.
func (f *Fault) Unwrap() error { return f.err }

// Answer returns the answer to a challenge, both in base64. After an error, which is a
// *Fault, the exchange must be cancelled.
func (e *Exchange) Answer(challenge string) (wire.Secret, error) {
	plain, err := e.decode(challenge)
	if err != nil {
		return "", err
	}
	first := e.answered == 0
	e.answered++
	switch {
	case e.answered > MaxChallenges:
		return "", &Fault{text: fmt.Sprintf("the server has sent more than %d challenges of %s and no verdict", MaxChallenges, e.Mechanism)}
	case e.unsent && len(plain) > 0:
		// RFC 4422 §5.1: the server asks for the initial response with an empty challenge.
		return "", e.fault(challenge, "is not empty (RFC 4422 §5.1)", nil)
	case e.unsent:
		e.unsent = false
		return encode(e.initial), nil
	case first && e.initial != nil && len(plain) == 0:
		e.note("an empty challenge for " + e.Mechanism + " although the initial response came with the command")
		return encode(e.initial), nil
	}
	e.hide(challenge, string(plain))
	answer, err := e.client.Next(plain)
	switch {
	case errors.Is(err, sasl.ErrUnexpectedServerChallenge):
		return "", e.fault(string(plain), "is one too many", err)
	case err != nil:
		return "", e.fault(string(plain), "cannot be answered: "+err.Error(), err)
	}
	return encode(answer), nil
}

// hide keeps a challenge, which base64 does not conceal, out of the transcript if a
// password could be guessed from it.
func (e *Exchange) hide(challenge, plain string) {
	if _, ok := e.client.(*scramClient); !ok || e.Hide == nil {
		return
	}
	if secrets := guessable(plain); len(secrets) > 0 {
		e.Hide(append(secrets, wire.Secret(challenge))...)
	}
}

// decode decodes a challenge. The prompts of LOGIN are answered by their position, so
// they need not be base64.
func (e *Exchange) decode(challenge string) ([]byte, error) {
	plain, err := base64.StdEncoding.DecodeString(challenge)
	if err == nil {
		return plain, nil
	}
	if _, byPosition := e.client.(*login); !byPosition {
		return nil, e.fault(challenge, "is not base64", nil)
	}
	e.note("a prompt of LOGIN that is not base64")
	return []byte(challenge), nil
}

func (e *Exchange) note(odd string) {
	if e.Note != nil {
		e.Note(odd)
	}
}

// fault returns the Fault of a challenge.
func (e *Exchange) fault(challenge, what string, err error) error {
	return &Fault{fmt.Sprintf("the challenge %.200q of %s %s", challenge, e.Mechanism, what), err}
}

// Reason returns what the server said about a failure before it refused; mostly empty.
func (e *Exchange) Reason() string { return Reason(e.client) }

// Reason returns what the server said about a failure in a challenge to client. It is
// empty if there was nothing, or client is nil.
func Reason(client Client) string {
	if explainer, ok := client.(Explainer); ok {
		return explainer.Reason()
	}
	return ""
}

// Verify reports, after the server's success, whether the server has proved itself as the
// mechanism demands. The error is a *Fault.
func (e *Exchange) Verify() error {
	if v, ok := e.client.(Verifier); ok {
		if err := v.Verify(); err != nil {
			return &Fault{err.Error(), err}
		}
	}
	return nil
}

func encode(response []byte) wire.Secret {
	return wire.Secret(base64.StdEncoding.EncodeToString(response))
}
