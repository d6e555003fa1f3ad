package sasl

import (
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mailprobe/wire"
)

// maxIterations bounds the work that a server can ask for. More iterations of PBKDF2
// would stop the check and not a thief of password hashes.
const maxIterations = 1_000_000

// scramClient is SCRAM (RFC 5802, RFC 7677), by which both sides prove themselves.
type scramClient struct {
	name   string
	conv   *scramConversation
	reason string // the server's error, "e=invalid-proof"
}

func newScram(mechanism, user, password string) (Client, error) {
	newHash := sha256.New
	if mechanism == ScramSHA1 {
		newHash = sha1.New
	}
	conv, err := newScramConversation(newHash, user, password)
	if err != nil {
		return nil, err
	}
	return &scramClient{name: mechanism, conv: conv}, nil
}

func (s *scramClient) Start() (string, []byte, error) { return s.name, []byte(s.conv.first()), nil }

func (s *scramClient) Next(challenge []byte) ([]byte, error) {
	switch {
	case s.conv.done:
		return nil, errors.New("the server goes on after its SCRAM proof")
	case s.reason != "":
		return nil, errors.New("the server goes on after its SCRAM error")
	case isServerError(string(challenge)):
		// The refusal itself comes after an answer without content.
		s.reason = string(challenge)
		return nil, nil
	}
	if err := checkIterations(string(challenge)); err != nil {
		return nil, err
	}
	answer, err := s.conv.next(string(challenge))
	if err != nil {
		return nil, fmt.Errorf("SCRAM: %w", err)
	}
	return []byte(answer), nil
}

// minGuessable is the least length of a nonce, salt or signature.
const minGuessable = 8

// guessable returns the parts of a server's message from which a password could be
// guessed offline by whoever sees a transcript: the salt and nonce of the first message,
// the signature of the last (RFC 5802 §9), each on its own, and the whole message.
// Shorter values are not masked, as that would mask unrelated words.
func guessable(message string) (secrets []wire.Secret) {
	for attribute := range strings.SplitSeq(message, ",") {
		name, value, _ := strings.Cut(attribute, "=")
		if slices.Contains([]string{"r", "s", "v"}, name) && len(value) >= minGuessable {
			secrets = append(secrets, wire.Secret(value))
		}
	}
	if len(secrets) > 0 {
		secrets = append(secrets, wire.Secret(message))
	}
	return secrets
}

// isServerError reports whether a message is a server-error (RFC 5802 §7).
func isServerError(message string) bool {
	value, ok := strings.CutPrefix(message, "e=")
	return ok && value != ""
}

// Reason returns the error that came as a challenge, such as "e=invalid-proof".
func (s *scramClient) Reason() string { return s.reason }

// ErrCostly means that the server asks for more iterations than this package does.
var ErrCostly = fmt.Errorf("more iterations of SCRAM than the %d that mailprobe does", maxIterations)

// checkIterations checks the iteration count of a server's first message.
func checkIterations(message string) error {
	for attribute := range strings.SplitSeq(message, ",") {
		text, ok := strings.CutPrefix(attribute, "i=")
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 64)
		switch {
		case errors.Is(err, strconv.ErrRange) || err == nil && n > maxIterations:
			return fmt.Errorf("the server asks for %.20s, %w", text, ErrCostly)
		case err != nil || n < 1:
			return fmt.Errorf("the server asks for %.20q iterations of SCRAM, which is no number above 0 (RFC 5802 §5.1)", text)
		}
	}
	return nil
}

// Verify reports whether the server proved that it knows the password.
func (s *scramClient) Verify() error {
	if !s.conv.verified {
		return errors.New("the server accepted the login without the proof that SCRAM demands of it (RFC 5802 §3)")
	}
	return nil
}
