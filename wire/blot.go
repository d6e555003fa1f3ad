package wire

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// wordSecret is the length below which a secret is blotted only where it
	// stands as a whole word: blotting every "a" would tell what it is.
	wordSecret = 4
	// prefixSecret is how much of a longer secret's beginning is enough to
	// blot it: servers cut what they echo.
	prefixSecret = 8
	// pieceSecret is how much of a long secret is enough wherever in it the
	// piece is from. Of a shorter one it is two thirds.
	pieceSecret = 16
)

// blotter finds one form of a secret in text, whatever the letter case.
type blotter struct {
	folded string
	piece  int // how long a piece from anywhere is blotted
}

// blotters returns what must be looked for to hide s: itself as it is, as it is
// quoted, in hexadecimal, and in base64, in which SASL carries it, perhaps behind
// other bytes.
func blotters(s Secret) []blotter {
	if s == "" {
		return nil
	}
	text := string(s)
	quoted := strconv.Quote(text)
	forms := []string{text, escape(text), quoted[1 : len(quoted)-1]}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		forms = append(forms, encoding.EncodeToString([]byte(text)))
		if len(text) >= wordSecret {
			forms = append(forms, aligned(encoding, text, 0), aligned(encoding, text, 1), aligned(encoding, text, 2))
		}
	}
	if len(text) >= wordSecret {
		forms = append(forms, hex.EncodeToString([]byte(text)))
	}
	var all []blotter
	for _, form := range forms {
		b := blotter{fold(form), min(max(len(form)*2/3, prefixSecret), pieceSecret)}
		if !slices.Contains(all, b) {
			all = append(all, b)
		}
	}
	return all
}

// aligned returns the part of a text's base64 that is the same whatever stands
// after it and whichever n bytes, modulo 3, stand before it.
func aligned(encoding *base64.Encoding, text string, n int) string {
	whole := (n + len(text)) * 8 / 6
	encoded := encoding.EncodeToString(append(make([]byte, n), text...))
	return encoded[(n*8+5)/6 : whole]
}

// blot returns text with everything that the blotters find replaced by Mask.
func blot(all []blotter, text string) string {
	folded := fold(text)
	var hidden []bool
	for _, b := range all {
		for i := range len(folded) {
			if n := b.match(folded, i); n > 0 {
				if hidden == nil {
					hidden = make([]bool, len(text))
				}
				for j := range n {
					hidden[i+j] = true
				}
			}
		}
	}
	if hidden == nil {
		return text
	}
	var out strings.Builder
	for i, h := range hidden {
		switch {
		case !h:
			out.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			out.WriteString(Mask)
		}
	}
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
	case i+b.piece <= len(text) && b.piece <= len(b.folded) && strings.Contains(b.folded, text[i:i+b.piece]):
		return b.piece
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
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= utf8.RuneSelf
}

// fold lowers the letters whose length that leaves as it is, so that offsets stay
// those of the text.
func fold(s string) string {
	b := []byte(s)
	for i := 0; i < len(b); {
		if c := b[i]; c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				b[i] = c + 'a' - 'A'
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if l := unicode.ToLower(r); r != utf8.RuneError && utf8.RuneLen(l) == n {
			utf8.EncodeRune(b[i:], l)
		}
		i += n
	}
	return string(b)
}
