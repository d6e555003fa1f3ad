package notify

import (
	"fmt"
	"slices"
	"strings"

	"mailprobe/internal/cut"
)

// The limits of a message that was refused in full.
const (
	shortText  = 1500 // bytes of its text
	shortField = 200  // of each text of an event
)

// form returns the message as it is sent after so many refusals: in full, shortened, or
// without any text from a server.
func (m *Message) form(refusals int) *Message {
	switch refusals {
	case 0:
		return m
	case 1:
		return m.shortened()
	}
	return m.bare()
}

// shortened omits the transcripts and cuts the other texts.
func (m *Message) shortened() *Message {
	short := *m
	short.Subject = cut.Bytes(m.Subject, maxSubject)
	short.Events = make([]Event, len(m.Events))
	for i, e := range m.Events {
		e.Transcript, e.Fine, e.Items, e.Fix = nil, nil, nil, nil
		e.Summary, e.Earlier, e.Hint = cut.Bytes(e.Summary, shortField), cut.Bytes(e.Earlier, shortField), cut.Bytes(e.Hint, shortField)
		e.Changes = slices.Clone(e.Changes)
		for j, c := range e.Changes {
			e.Changes[j] = Change{c.Name, cut.Bytes(c.Was, shortField), cut.Bytes(c.Now, shortField)}
		}
		failed := make([]FailedStep, len(e.Failed))
		for j, f := range e.Failed {
			failed[j] = FailedStep{f.Name, f.Status, cut.Bytes(f.Detail, shortField)}
		}
		if e.Failed = failed; len(failed) == 0 {
			e.Failed = nil
		}
		short.Events[i] = e
	}
	short.Text = cut.Bytes(Announce(short.Events), shortText)
	return &short
}

// bare has the names of the checks, their statuses and causes, and no text from a server.
func (m *Message) bare() *Message {
	bare := *m
	bare.Events = make([]Event, len(m.Events))
	var lines []string
	for i, e := range m.Events {
		why := "see mailprobe history"
		switch {
		case e.Cause != "":
			why = e.Cause
		case e.Kind == Published:
			why = e.Summary // names of facts
		}
		e.Summary, e.Earlier, e.Hint, e.Failed, e.Fine, e.Items, e.Transcript, e.Changes, e.Fix = why, "", "", nil, nil, nil, nil, nil, nil
		bare.Events[i] = e
		lines = append(lines, fmt.Sprintf("%s %s: %s", e.headline(), e.Check, e.verdict()))
	}
	bare.Subject = cut.Bytes(subject(bare.Events), maxSubject)
	bare.Text = cut.Bytes(strings.Join(lines, "\n"), shortText) + "\n\nThe full text of this message was refused. `mailprobe history` shows it.\n"
	return &bare
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
		if middle := (low + high) / 2; size(cut.Prefix(text, middle)+cut.Mark) <= limit {
			low = middle
		} else {
			high = middle
		}
	}
	return cut.Prefix(text, low) + cut.Mark
}
