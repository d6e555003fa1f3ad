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
	// wordSecret is the length below which a secret is masked only where it stands as a
	// whole word: masking every "a" would give it away.
	wordSecret = 4
	// prefixSecret is how many bytes of the beginning of a longer secret are masked on
	// their own, as servers cut what they echo.
	prefixSecret = 8
	// pieceSecret is how many bytes from anywhere in a long secret are masked on their
	// own; of a shorter one, two thirds.
	pieceSecret = 16
)

// redactor masks secrets in text, in any letter case.
type redactor struct {
	forms []form
	// grams holds every run of prefixSecret bytes in the longer forms. Most text contains
	// none of them and need not be searched further.
	grams map[string]bool
	// nonUTF8 is set if a secret is not valid UTF-8: its bytes may then be parts of
	// letters, which lower case would change.
	nonUTF8 bool
}

// form is one encoding of a secret.
type form struct {
	folded string
	piece  int // how long a piece from anywhere is blotted
}

// add adds a secret.
func (r *redactor) add(s Secret) {
	for _, text := range formsOf(string(s)) {
		r.addForm(fold(text))
		if !utf8.ValidString(text) {
			r.nonUTF8 = true
			r.addForm(text)
		}
	}
}

func (r *redactor) addForm(folded string) {
	f := form{folded, min(max(len(folded)*2/3, prefixSecret), pieceSecret)}
	if slices.Contains(r.forms, f) {
		return
	}
	r.forms = append(r.forms, f)
	for i := range len(f.folded) - prefixSecret + 1 {
		if r.grams == nil {
			r.grams = map[string]bool{}
		}
		r.grams[f.folded[i:i+prefixSecret]] = true
	}
}

// formsOf returns the encodings of a text to search for: as it is, quoted, in
// hexadecimal, and in base64, in which SASL carries it, also at an offset.
func formsOf(text string) []string {
	if text == "" {
		return nil
	}
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
	return forms
}

// aligned returns the part of a text's base64 that does not depend on what follows it nor
// on the n bytes, modulo 3, before it.
func aligned(encoding *base64.Encoding, text string, n int) string {
	whole := (n + len(text)) * 8 / 6
	encoded := encoding.EncodeToString(append(make([]byte, n), text...))
	return encoded[(n*8+5)/6 : whole]
}

// mask returns text with every secret in it replaced by Mask.
func (r *redactor) mask(text string) string {
	var hidden hiding
	r.hide(&hidden, fold(text))
	if r.nonUTF8 {
		r.hide(&hidden, text)
	}
	return hidden.mask(text)
}

// hide marks the secrets in a text whose letters are folded.
func (r *redactor) hide(hidden *hiding, folded string) {
	for i := range len(folded) - prefixSecret + 1 {
		if !r.grams[folded[i:i+prefixSecret]] {
			continue
		}
		for _, f := range r.forms {
			hidden.mark(len(folded), i, f.match(folded[i:]))
		}
	}
	for _, f := range r.forms {
		if len(f.folded) < prefixSecret {
			f.each(folded, func(i int) { hidden.mark(len(folded), i, len(f.folded)) })
		}
	}
}

// match returns how many bytes at the beginning of text belong to a longer form.
func (f form) match(text string) int {
	n := commonPrefix(text, f.folded)
	switch {
	case n >= prefixSecret:
		return n
	case f.piece <= len(text) && f.piece <= len(f.folded) && strings.Contains(f.folded, text[:f.piece]):
		return f.piece
	}
	return 0
}

// each finds a short form in text; the shortest only as a whole word.
func (f form) each(text string, found func(at int)) {
	n := len(f.folded)
	for i := 0; ; i++ {
		next := strings.Index(text[i:], f.folded)
		if next < 0 {
			return
		}
		i += next
		if n >= wordSecret || !isWord(text, i-1) && !isWord(text, i+n) {
			found(i)
		}
	}
}

// hiding marks the bytes of a text that are masked; empty for none.
type hiding []bool

// mark masks n bytes at i in a text of the given length.
func (h *hiding) mark(length, i, n int) {
	if n == 0 {
		return
	}
	if *h == nil {
		*h = make(hiding, length)
	}
	for j := range n {
		(*h)[i+j] = true
	}
}

// mask replaces each masked run by Mask.
func (h hiding) mask(text string) string {
	if h == nil {
		return text
	}
	var out strings.Builder
	for i, hidden := range h {
		switch {
		case !hidden:
			out.WriteByte(text[i])
		case i == 0 || !h[i-1]:
			out.WriteString(Mask)
		}
	}
	return out.String()
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

// fold lowers the letters whose encoded length stays the same, so that offsets remain
// valid.
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
