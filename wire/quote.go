package wire

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// Quote makes a line printable without losing a byte: the backslash and what is not
// printable are escaped as in a Go string. A final CRLF is left out, a bare line feed is
// shown as \n, and a line that was cut before its end gets a lone backslash.
func Quote(line string) string {
	body, end := line, `\`
	switch {
	case strings.HasSuffix(line, "\r\n"):
		body, end = line[:len(line)-2], ""
	case strings.HasSuffix(line, "\n"):
		body, end = line[:len(line)-1], `\n`
	}
	quoted := escape(body)
	// A blank at the end would be lost where white space is trimmed.
	if strings.HasSuffix(quoted, " ") {
		quoted = quoted[:len(quoted)-1] + `\x20`
	}
	return quoted + end
}

// escape makes text printable on one line.
func escape(text string) string {
	if isPlain(text) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == utf8.RuneError && n == 1, r < ' ', r == 0x7f:
			b.WriteString(`\x`)
			b.WriteByte(hexDigits[text[i]>>4])
			b.WriteByte(hexDigits[text[i]&15])
		case !unicode.IsPrint(r):
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteString(text[i : i+n])
		}
		i += n
	}
	return b.String()
}

// isPlain reports whether text needs no escape.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '\\' {
			return false
		}
	}
	return true
}

// Unquote is the inverse of Quote: it returns the bytes of the line with its end.
func Unquote(text string) (string, error) {
	var b strings.Builder
	for rest := text; rest != ""; {
		switch {
		case rest == `\`:
			return b.String(), nil
		case rest == `\n`:
			return b.String() + "\n", nil
		case rest[0] != '\\':
			i := strings.IndexByte(rest, '\\')
			if i < 0 {
				i = len(rest)
			}
			b.WriteString(rest[:i])
			rest = rest[i:]
			continue
		}
		c, multibyte, tail, err := strconv.UnquoteChar(rest, 0)
		if err != nil {
			return "", fmt.Errorf("%q has an escape that is none of Go's", text)
		}
		if multibyte {
			b.WriteRune(c)
		} else {
			b.WriteByte(byte(c))
		}
		rest = tail
	}
	return b.String() + "\r\n", nil
}
