package report

import (
	"strings"
	"unicode/utf8"

	"mailprobe/internal/cut"
)

// minQuote is the least width of a shortened quotation, in columns.
const minQuote = 24

// yield shortens the quotations in a text, the longest first, until it fits into width
// columns, by leaving out their middle: the words of a server are cut before the reason.
// The result may still be too long.
func yield(text string, width int) string {
	for range maxYields {
		over := displayWidth(text) - width
		if over <= 0 {
			break
		}
		begin, end := longestQuote(text)
		short := elide(text[begin:end], over)
		if len(short) >= end-begin {
			break
		}
		text = text[:begin] + short + text[end:]
	}
	return text
}

// maxYields is the number of quotations that are shortened.
const maxYields = 8

// longestQuote returns the bounds of the longest quotation in a text, without its
// quotation marks; both are 0 if there is none. A backslash escapes a mark.
func longestQuote(text string) (begin, end int) {
	open := -1
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && open >= 0:
			i++
		case text[i] != '"':
		case open < 0:
			open = i + 1
		default:
			if i-open > end-begin {
				begin, end = open, i
			}
			open = -1
		}
	}
	return begin, end
}

// elide leaves out over columns from the middle of a text, but keeps minQuote columns.
func elide(text string, over int) string {
	const mark = " " + cut.Mark + " "
	keep := max(displayWidth(text)-over-len(mark), minQuote)
	head := fit(text, (keep+1)/2)
	tail := fitEnd(text[len(head):], keep/2)
	return strings.TrimRight(head, ` \`) + mark + strings.TrimLeft(tail, " ")
}

// fitEnd returns the longest end of a text that fits into width columns.
func fitEnd(text string, width int) string {
	used, begin := 0, len(text)
	for begin > 0 {
		r, n := utf8.DecodeLastRuneInString(text[:begin])
		if used += displayWidth(string(r)); used > width {
			break
		}
		begin -= n
	}
	return text[begin:]
}
