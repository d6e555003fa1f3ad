package report

import (
	"strings"

	"mailprobe/internal/cut"
)

// The widths that tables are laid out for, in columns of the terminal.
const (
	defaultWidth = 80
	minWidth     = 40
)

// columns is the width to lay tables out for.
func (o Options) columns() int {
	if o.Width <= 0 {
		return defaultWidth
	}
	return max(o.Width, minWidth)
}

// wrap breaks a text into at most limit lines of at most width columns, at blanks
// where it can. Several blanks in a row stay within a line: a server may have sent
// them. A text that has more is cut, quotations first.
func wrap(text string, width, limit int) []string {
	w := wrapper{width: max(width, len(cut.Mark)+1), limit: limit}
	w.addAll(text)
	if len(w.lines) > limit {
		w.lines = nil
		w.addAll(yield(text, w.width*limit*9/10)) // lines seldom end at the last column
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

// addAll adds the words of a text and the blanks between, as far as they are shown.
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

// add adds a word after so many blanks, which a new line has not. It returns false
// when the text is longer than will be shown.
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

// addLong breaks a word that is wider than a line wherever the line ends.
func (w *wrapper) addLong(word string) bool {
	for _, r := range word {
		c := string(r)
		need := displayWidth(c)
		if w.used+need > w.width {
			w.flush()
		}
		w.put(c, need)
		if len(w.lines) > w.limit {
			return false
		}
	}
	return true
}

func (w *wrapper) put(s string, columns int) {
	w.line.WriteString(s)
	w.used += columns
}

func (w *wrapper) flush() {
	if w.line.Len() > 0 {
		w.lines = append(w.lines, w.line.String())
		w.line.Reset()
		w.used = 0
	}
}

// cut drops the lines beyond the limit and marks the last as not the end.
func (w *wrapper) cut() []string {
	if len(w.lines) <= w.limit {
		return w.lines
	}
	last := &w.lines[w.limit-1]
	*last = fit(*last, w.width-len(cut.Mark)) + cut.Mark
	return w.lines[:w.limit]
}

// fit returns as much of the beginning of a text as fits into width columns.
func fit(text string, width int) string {
	used := 0
	for i, r := range text {
		if used += displayWidth(string(r)); used > width {
			return text[:i]
		}
	}
	return text
}
