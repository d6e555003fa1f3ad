package sasl

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/emersion/go-sasl"

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
	// Note is called with what is legible but not as the standard has it; nil for
	// nobody.
	Note func(odd string)
	// Hide is called with what the server says that must not be shown; nil for nobody.
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

// Initial returns the initial response for the command line, in which an empty
// one is "="; the empty string where the server speaks first. Call Sent where it goes
// along with the command; else it answers the first challenge.
func (e *Exchange) Initial() wire.Secret {
	if e.initial != nil && len(e.initial) == 0 {
		return "="
	}
	return encode(e.initial)
}

// Sent notes that the initial response went along with the command.
func (e *Exchange) Sent() { e.unsent = false }

// Fault is what a server did against the rules of a mechanism.
type Fault struct {
	text string
	err  error
}

// Error says what the server did, its words quoted.
func (f *Fault) Error() string { return f.text }

// Unwrap returns what the mechanism found, nil for nothing.
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

// hide keeps a challenge, which is plain in base64, out of what is shown, if a password
// could be guessed from it.
func (e *Exchange) hide(challenge, plain string) {
	if _, ok := e.client.(*scramClient); !ok || e.Hide == nil {
		return
	}
	if secrets := guessable(plain); len(secrets) > 0 {
		e.Hide(append(secrets, wire.Secret(challenge))...)
	}
}

// decode reads a challenge. The prompts of LOGIN are answered by their position, so
// they need not be legible.
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

// fault is that of a challenge.
func (e *Exchange) fault(challenge, what string, err error) error {
	return &Fault{fmt.Sprintf("the challenge %.200q of %s %s", challenge, e.Mechanism, what), err}
}

// Reason returns what the server said of a failure before it refused, mostly
// nothing.
func (e *Exchange) Reason() string { return Reason(e.client) }

// Reason returns what the server said of a failure in a challenge; empty where it said
// nothing, and for no client.
func Reason(client Client) string {
	if explainer, ok := client.(Explainer); ok {
		return explainer.Reason()
	}
	return ""
}

// Verify reports, after the server said yes, whether it gave the proof of itself
// that the mechanism demands. The error is a *Fault.
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
