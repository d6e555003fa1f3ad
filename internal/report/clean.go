package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks a letter may have. No script needs more, and a
// stack of them covers the lines around it.
const maxMarks = 4

// Clean returns foreign text in a form that is safe to print on one line; see clean.
func Clean(s string) string { return clean(s) }

// Wrap breaks a text into at most limit lines of at most width columns, at blanks
// where it can. The rest is cut.
func Wrap(text string, width, limit int) []string { return wrap(clean(text), width, limit) }

// clean makes a text printable on one line. White space of any kind becomes a blank;
// what a terminal would interpret or hide (control characters, bidi overrides,
// zero-width characters, bytes that are not UTF-8) becomes a Go escape sequence. Clean
// text is returned unchanged.
func clean(s string) string {
	if plainPrefix(s) == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	s = strings.ReplaceAll(s, "\r\n", " ")
	for marks := 0; s != ""; {
		if n := plainPrefix(s); n > 0 {
			b.WriteString(s[:n])
			s, marks = s[n:], 0
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		b.WriteString(shown(r, s[:n], marks))
		s = s[n:]
	}
	return b.String()
}

// shown returns the printable form of a character whose bytes are raw. marks counts the
// combining marks in a row up to this one, 0 for any other character.
func shown(r rune, raw string, marks int) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return `\x` + hex2(raw[0])
	case unicode.IsSpace(r):
		return " "
	case !printable(r) || marks > maxMarks:
		return escape(r)
	}
	return raw
}

// plainPrefix returns how many bytes at the start are printable ASCII.
func plainPrefix(s string) int {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return i
		}
	}
	return len(s)
}

// printable reports whether a character is visible and does not affect its neighbours.
func printable(r rune) bool {
	return unicode.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// escape returns a character as an ASCII escape sequence of Go.
func escape(r rune) string {
	if r < utf8.RuneSelf {
		return `\x` + hex2(byte(r))
	}
	quoted := strconv.QuoteRuneToASCII(r)
	return quoted[1 : len(quoted)-1]
}

func hex2(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}
