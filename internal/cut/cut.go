// Package cut shortens texts, never within a character, and marks that there was more.
package cut

import (
	"strconv"
	"unicode/utf8"
)

// Mark ends a text that was cut.
const Mark = "..."

// Bytes returns a text of at most limit bytes, the mark included.
func Bytes(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return marked(Prefix(text, limit-len(Mark)), limit)
}

// Quoted returns a text in quotation marks, with at most limit bytes of it; the mark is
// behind them.
func Quoted(text string, limit int) string {
	if len(text) <= limit {
		return strconv.Quote(text)
	}
	return strconv.Quote(Prefix(text, limit)) + Mark
}

// Runes returns a text of at most limit characters, the mark included. Each byte that
// is no part of one counts as a character.
func Runes(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end, count := 0, 0
	for i := range text {
		if count == limit-len(Mark) {
			end = i
		}
		if count++; count > limit {
			return marked(text[:end], limit)
		}
	}
	return text
}

// Prefix returns the whole characters in the first limit bytes of a text, with no mark.
func Prefix(text string, limit int) string {
	limit = max(0, min(limit, len(text)))
	for back := 1; back < utf8.UTFMax && back <= limit && limit < len(text); back++ {
		if start := limit - back; utf8.RuneStart(text[start]) {
			if !utf8.FullRuneInString(text[start:limit]) {
				return text[:start]
			}
			break
		}
	}
	return text[:limit]
}

// marked puts the mark behind a text, or as much of it as there is room for.
func marked(text string, limit int) string {
	return text + Mark[:max(0, min(limit, len(Mark)))]
}
