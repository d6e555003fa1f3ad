package report

import (
	"strings"
	"unicode/utf8"

	"mailprobe/internal/cut"
)

// minQuote is how many columns a quotation keeps, whatever room there is.
const minQuote = 24

// yield shortens quotations in a text until it takes no more than width columns, the
// longest first, by leaving out their middle: what a server said gives way to what
// is said of it. A text that is still too long afterwards stays so.
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

// maxYields bounds how many quotations give way.
const maxYields = 8

// longestQuote returns where the longest quotation in a text begins and ends, its
// quotation marks left out; both are 0 where there is none. A backslash takes the
// meaning from a mark.
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

// elide leaves out over columns from the middle of a text, if it has so many to give.
func elide(text string, over int) string {
	const mark = " " + cut.Mark + " "
	keep := max(displayWidth(text)-over-len(mark), minQuote)
	head := fit(text, (keep+1)/2)
	tail := fitEnd(text[len(head):], keep/2)
	return strings.TrimRight(head, ` \`) + mark + strings.TrimLeft(tail, " ")
}

// fitEnd returns as much of the end of a text as fits into width columns.
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
