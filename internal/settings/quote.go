package settings

import (
	"strconv"
	"strings"
)

// plain are the characters of a text that means itself in YAML without quotes, if it
// begins with a letter.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./"

// words are those that YAML, or its version 1.1, reads as something else than a text.
const words = " true false null yes no on off y n "

// Quote returns a text as a scalar of YAML in one line, in quotes where it needs them.
func Quote(text string) string {
	if text != "" && strings.Trim(text, plain) == "" && isLetter(text[0]) && !strings.Contains(words, " "+strings.ToLower(text)+" ") {
		return text
	}
	if isNumber(text) {
		return text
	}
	return quoteAll(text)
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isNumber reports whether a text is a small number or a time such as 5s, which keep their
// text whatever they are read as.
func isNumber(text string) bool {
	digits := strings.TrimRight(text, "smhd")
	return len(text)-len(digits) <= 1 && digits != "" && len(digits) < 16 && strings.Trim(digits, "0123456789") == "" && (digits[0] != '0' || digits == "0")
}

// quoteAll writes a text in double quotes, with the escapes that YAML shares with Go (YAML
// 1.2 §5.7).
func quoteAll(text string) string { return strconv.QuoteToASCII(strings.ToValidUTF8(text, "\uFFFD")) }
