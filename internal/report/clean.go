package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may sit on one letter. No script needs
// more, and a tower of them covers the lines around it.
const maxMarks = 4

// Clean makes a text from elsewhere printable on one line, for what is shown
// beside results: see clean.
func Clean(s string) string { return clean(s) }

// Wrap breaks a text into at most limit lines of at most width columns, at blanks
// where it can; what is longer is cut.
func Wrap(text string, width, limit int) []string { return wrap(clean(text), width, limit) }

// clean makes a text printable on one line: white space of any kind becomes a
// blank, and what a terminal would obey or hide (control characters, bidi
// overrides, characters without width, bytes that are no UTF-8) becomes the
// escape that Go writes for it. A clean text stays as it is.
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

// shown is how a character is written that came as the bytes raw. It is the
// marks-th combining mark in a row, 0 where it is none.
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

// printable tells whether a character has a shape of its own and no power over
// its neighbours.
func printable(r rune) bool {
	return unicode.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// escape writes a character as Go does in a string of ASCII alone.
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
