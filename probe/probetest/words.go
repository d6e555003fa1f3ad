package probetest

import (
	"errors"
	"strings"
)

// splitWords splits a command line into words as a shell does: at white space
// that is in neither single nor double quotes. A backslash outside of single
// quotes makes the character after it an ordinary one.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	begun, escaped := false, false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			begun, escaped = true, true
		case r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			begun, quote = true, r
		case quote == 0 && strings.ContainsRune(" \t\r\n", r):
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			begun = true
			word.WriteRune(r)
		}
	}
	if quote != 0 || escaped {
		return nil, errors.New("the command line has a quote without end")
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}
