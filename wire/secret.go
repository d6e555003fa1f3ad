package wire

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"
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

const (
	// wordSecret is the length below which a secret is blotted only where it
	// stands as a whole word: blotting every "a" would tell what it is.
	wordSecret = 4
	// prefixSecret is how much of a longer secret's beginning is enough to
	// blot it: servers cut what they echo.
	prefixSecret = 8
)

// blotter finds one secret in text, whatever the letter case.
type blotter struct{ folded string }

// blotters returns what must be looked for to hide s: itself and its base64
// form, in which SASL carries it.
func blotters(s Secret) []blotter {
	if s == "" {
		return nil
	}
	return []blotter{
		{fold(string(s))},
		{fold(strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(s)), "="))},
	}
}

// blot returns text with every occurrence of the secret replaced by Mask.
func (b blotter) blot(text string) string {
	folded, out, done := fold(text), strings.Builder{}, 0
	for i := 0; i < len(folded); {
		n := b.match(folded, i)
		if n == 0 {
			i++
			continue
		}
		out.WriteString(text[done:i])
		out.WriteString(Mask)
		i += n
		done = i
	}
	if done == 0 {
		return text
	}
	out.WriteString(text[done:])
	return out.String()
}

// match returns how many bytes of text at i belong to the secret, 0 for none.
func (b blotter) match(text string, i int) int {
	n := commonPrefix(text[i:], b.folded)
	switch {
	case n == len(b.folded) && n < wordSecret:
		if isWord(text, i-1) || isWord(text, i+n) {
			return 0
		}
		return n
	case n == len(b.folded), n >= prefixSecret:
		return n
	}
	return 0
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func isWord(s string, i int) bool {
	if i < 0 || i >= len(s) {
		return false
	}
	c := s[i]
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 0x80
}

// fold lowers ASCII letters only, so that offsets stay those of the text.
func fold(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
