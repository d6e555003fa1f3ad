package report

import (
	"strings"
	"unicode/utf8"

	"mailprobe/internal/cut"
)

// Widths of tables, in columns of the terminal.
const (
	defaultWidth = 80
	minWidth     = 40
)

// columns returns the width of tables.
func (o Options) columns() int {
	if o.Width <= 0 {
		return defaultWidth
	}
	return max(o.Width, minWidth)
}

// wrap breaks a text into at most limit lines of at most width columns, at blanks
// where it can. Runs of blanks within a line are kept, as a server may have sent them. A
// longer text is cut, quotations first.
func wrap(text string, width, limit int) []string {
	w := wrapper{width: max(width, len(cut.Mark)+1), limit: limit}
	w.addAll(text)
	if len(w.lines) > limit {
		w.lines = nil
		w.addAll(yield(text, w.width*limit*9/10)) // most lines end before the last column
	}
	return w.cut()
}

// wrapper is the state of wrap.
type wrapper struct {
	width, limit int
	lines        []string
	line         strings.Builder
	used         int // columns of line
}

// addAll adds the words of a text and the blanks between them, until the limit is passed.
func (w *wrapper) addAll(text string) {
	for text != "" {
		word := strings.TrimLeft(text, " ")
		gap := len(text) - len(word)
		end := len(word)
		if i := strings.IndexByte(word, ' '); i >= 0 {
			end = i
		}
		if word, text = word[:end], word[end:]; word == "" || !w.add(word, gap) {
			break
		}
	}
	w.flush()
}

// add adds a word after gap blanks, which are dropped at the start of a line. It returns
// false once the limit is passed.
func (w *wrapper) add(word string, gap int) bool {
	need := displayWidth(word)
	if room := w.width - w.used - gap; need > room && (need <= w.width || room < 2) {
		w.flush()
	}
	if w.used > 0 {
		w.put(strings.Repeat(" ", gap), gap)
	}
	if need <= w.width {
		w.put(word, need)
		return len(w.lines) <= w.limit
	}
	return w.addLong(word)
}

// addLong adds a word that is wider than a line, broken behind a mark such as a dot where
// there is one near the end of the line, and else wherever the line ends.
func (w *wrapper) addLong(word string) bool {
	for word != "" {
		part := fit(word, w.width-w.used)
		if len(part) < len(word) {
			end := behindMark(part)
			if w.used > 0 && end == len(part) && strings.ContainsAny(word, marks) {
				w.flush() // a line has room for more of the name
				continue
			}
			part = part[:end]
		}
		if part == "" && w.used == 0 { // a character that is wider than the line
			_, size := utf8.DecodeRuneInString(word)
			part = word[:size]
		}
		w.put(part, textColumns(part))
		if word = word[len(part):]; word != "" {
			w.flush()
		}
		if len(w.lines) > w.limit {
			return false
		}
	}
	return true
}

// marks are the characters that a long word can be broken behind.
const marks = "/.:@,;="

// behindMark returns the length of the beginning of a word up to its last mark, if that is
// at least half of it, and else all of it.
func behindMark(word string) int {
	if i := strings.LastIndexAny(word, marks); i+1 >= len(word)/2 && i >= 0 {
		return i + 1
	}
	return len(word)
}

// textColumns is the width of a text as the sum of those of its characters.
func textColumns(text string) (columns int) {
	for _, r := range text {
		columns += displayWidth(string(r))
	}
	return columns
}

func (w *wrapper) put(s string, columns int) {
	w.line.WriteString(s)
	w.used += columns
}

func (w *wrapper) flush() {
	if w.line.Len() > 0 {
		w.lines = append(w.lines, strings.TrimRight(w.line.String(), " "))
		w.line.Reset()
		w.used = 0
	}
}

// cut drops the lines beyond the limit and marks the last one as cut.
func (w *wrapper) cut() []string {
	if len(w.lines) <= w.limit {
		return w.lines
	}
	last := &w.lines[w.limit-1]
	*last = fit(*last, w.width-len(cut.Mark)) + cut.Mark
	return w.lines[:w.limit]
}

// fit returns the longest beginning of a text that fits into width columns.
func fit(text string, width int) string {
	used := 0
	for i, r := range text {
		if used += displayWidth(string(r)); used > width {
			return text[:i]
		}
	}
	return text
}
