package wire

import (
	"fmt"
	"strings"
	"unicode"

	"mailprobe/internal/cut"
)

// Size returns how many bytes of text a transcript holds.
func (t *Transcript) Size() int {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.size
}

// Excerpt returns a transcript with at most the first and the last ends events, and no
// text longer than width bytes; t itself if it fits already. A text that is cut becomes a
// comment, and so does one that a script could not contain, because a secret was masked
// in the middle of an escape.
func (t *Transcript) Excerpt(ends, width int) *Transcript {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.events) <= 2*ends && !t.anyUnfit(width) {
		return t
	}
	short := &Transcript{start: t.start, lost: t.lost}
	left := max(len(t.events)-2*ends, 0)
	for i, e := range t.events {
		switch {
		case left > 0 && i == ends:
			short.append(Event{e.At, Comment, fmt.Sprintf("%d lines are left out", left)})
		case left > 0 && i > ends && i < ends+left:
		case e.unfit(width):
			short.append(e.remark(width))
		default:
			short.append(e)
		}
	}
	return short
}

func (t *Transcript) anyUnfit(width int) bool {
	for _, e := range t.events {
		if e.unfit(width) {
			return true
		}
	}
	return false
}

// unfit reports whether an event cannot be kept as it is.
func (e Event) unfit(width int) bool {
	return len(e.Text) > width || (e.Kind == Server || e.Kind == Client) && !plays(e.Text)
}

// plays reports whether a script can contain the line.
func plays(text string) bool {
	if isPlain(text) {
		return true
	}
	_, err := Unquote(text)
	return err == nil && !strings.ContainsFunc(text, unicode.IsControl)
}

// remark returns the event as a comment.
func (e Event) remark(width int) Event {
	text := string(e.Kind) + " " + e.Text
	if strings.ContainsFunc(text, unicode.IsControl) {
		text = escape(text)
	}
	return Event{e.At, Comment, cut.Bytes(text, width)}
}
