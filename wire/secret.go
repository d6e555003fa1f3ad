package wire

import (
	"fmt"
	"io"
)

// Mask stands wherever a secret would have been shown. In a session script it
// matches anything the client sends in its place.
const Mask = "***"

// Secret is text that goes over the wire and nowhere else: whichever way it is
// printed or encoded, it shows as Mask.
type Secret string

// String returns Mask.
func (Secret) String() string { return Mask }

// Format writes Mask for every verb.
func (Secret) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, Mask) }

// MarshalText returns Mask, for JSON and its like.
func (Secret) MarshalText() ([]byte, error) { return []byte(Mask), nil }

// Reveal returns the secret itself, for the one place that must have it.
func (s Secret) Reveal() string { return string(s) }

// reveal replaces the secrets among a command's arguments by their text and
// returns them, too, so that they can be hidden from then on.
func reveal(args []any) (plain []any, secrets []Secret) {
	plain = make([]any, len(args))
	for i, a := range args {
		if s, ok := a.(Secret); ok {
			secrets = append(secrets, s)
			a = string(s)
		}
		plain[i] = a
	}
	return plain, secrets
}
