package wire

import (
	"fmt"
	"io"
)

// Mask replaces a secret wherever one would be shown. In a session script it matches
// anything the client sends in its place.
const Mask = "***"

// Secret is text that is sent and never shown: printed or encoded in any way, it appears
// as Mask.
type Secret string

// String returns Mask.
func (Secret) String() string { return Mask }

// Format writes Mask for every verb.
func (Secret) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, Mask) }

// MarshalText returns Mask, for JSON and the like.
func (Secret) MarshalText() ([]byte, error) { return []byte(Mask), nil }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// reveal replaces the secrets among a command's arguments by their text, and returns them
// so that they can be masked from then on.
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
