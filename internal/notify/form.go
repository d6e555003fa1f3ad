package notify

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The limits of a message that was refused in full.
const (
	shortText  = 1500 // bytes of its text
	shortField = 200  // of each text of an event
)

// form returns the message in the form for one that was refused so often: in full,
// shortened, or bare of every word that a server may have had a hand in.
func (m *Message) form(refusals int) *Message {
	switch refusals {
	case 0:
		return m
	case 1:
		return m.shortened()
	}
	return m.bare()
}

// shortened leaves the transcripts out and cuts the rest.
func (m *Message) shortened() *Message {
	short := *m
	short.Subject = cut(m.Subject, maxSubject)
	short.Events = make([]Event, len(m.Events))
	var text strings.Builder
	for i, e := range m.Events {
		e.Transcript, e.Fine, e.Items = nil, nil, nil
		e.Summary, e.Earlier, e.Hint = cut(e.Summary, shortField), cut(e.Earlier, shortField), cut(e.Hint, shortField)
		failed := make([]FailedStep, len(e.Failed))
		for j, f := range e.Failed {
			failed[j] = FailedStep{f.Name, f.Status, cut(f.Detail, shortField)}
		}
		if e.Failed = failed; len(failed) == 0 {
			e.Failed = nil
		}
		short.Events[i] = e
		text.WriteString(e.Text() + "\n")
	}
	short.Text = cut(text.String(), shortText)
	return &short
}

// bare names the checks, how they are and why, in mailprobe's own words.
func (m *Message) bare() *Message {
	bare := *m
	bare.Events = make([]Event, len(m.Events))
	var lines []string
	for i, e := range m.Events {
		why := "see mailprobe history"
		if e.Cause != "" {
			why = e.Cause
		}
		e.Summary, e.Earlier, e.Hint, e.Failed, e.Fine, e.Items, e.Transcript = why, "", "", nil, nil, nil, nil
		bare.Events[i] = e
		lines = append(lines, fmt.Sprintf("%s %s: %s", e.headline(), e.Check, e.verdict()))
	}
	bare.Subject = cut(subject(bare.Events), maxSubject)
	bare.Text = cut(strings.Join(lines, "\n"), shortText) + "\n\nThe full text of this message was refused. `mailprobe history` shows it.\n"
	return &bare
}

// cut shortens a text to so many bytes, at the end of a character, with a mark.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return prefix(text, limit-len(cutMark)) + cutMark
}

// cutMark ends a text that was cut.
const cutMark = "..."

// prefix is the beginning of a text, whole characters in at most so many bytes.
func prefix(text string, limit int) string {
	limit = max(0, min(limit, len(text)))
	for limit > 0 && limit < len(text) && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// fit cuts a text so that its size, by a measure that grows with the text, is within a
// limit.
func fit(text string, limit int, size func(string) int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if size(text) <= limit {
		return text
	}
	low, high := 0, len(text) // bytes that fit, and that do not
	for high-low > 1 {
		if middle := (low + high) / 2; size(prefix(text, middle)+cutMark) <= limit {
			low = middle
		} else {
			high = middle
		}
	}
	return prefix(text, low) + cutMark
}
