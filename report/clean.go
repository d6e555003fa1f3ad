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

// clean makes a text printable on one line: white space of any kind becomes a
// blank, and what a terminal would obey or hide (control characters, bidi
// overrides, characters without width, bytes that are no UTF-8) becomes the
// escape that Go writes for it. A clean text stays as it is.
func clean(s string) string {
	i := plainPrefix(s)
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:i])
	for marks := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !unicode.Is(unicode.M, r) {
			marks = 0
		} else {
			marks++
		}
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x` + hex2(s[i]))
		case unicode.IsSpace(r):
			b.WriteByte(' ')
			n = lineEnd(s[i:], n)
		case !printable(r) || marks > maxMarks:
			b.WriteString(escape(r))
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
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

// lineEnd takes CR LF as one, so that it becomes a single blank.
func lineEnd(s string, n int) int {
	if strings.HasPrefix(s, "\r\n") {
		return 2
	}
	return n
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

// more marks where a text was cut.
const more = "..."

// cut shortens a text to at most limit characters, the mark of the cut included.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end, count := 0, 0
	for i := range s {
		if count == limit-len(more) {
			end = i
		}
		if count++; count > limit {
			return s[:end] + more
		}
	}
	return s
}
