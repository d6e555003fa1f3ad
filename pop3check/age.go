package pop3check

import (
	"bytes"
	"net/mail"
	"strings"
	"time"

	"mailprobe/probe"
	"mailprobe/transport"
)

// learnAge learns the age of the newest message from its header.
func (w *walk) learnAge(s *probe.Step, m Message, head *header) {
	if !w.isNewest(m) {
		return
	}
	at, ok := head.received(time.Now())
	if !ok {
		if w.judgesAge() {
			s.RaiseFor(transport.CauseUndated, "its header has no date to be believed, neither in Received nor in Date")
		}
		return
	}
	transport.LearnAge(s, at)
}

// maxHeader bounds how much of a message is searched for its header, in bytes.
const maxHeader = 64 << 10

// header keeps the beginning of a message that is written to it.
type header struct{ text []byte }

// Write keeps what fits.
func (h *header) Write(p []byte) (int, error) {
	room := maxHeader - len(h.text)
	h.text = append(h.text, p[:min(len(p), room)]...)
	return len(p), nil
}

// received returns when the message reached the server: the time in the first Received
// field, which the last relay puts on top (RFC 5321 §4.4), or else the sender's Date.
func (h *header) received(now time.Time) (time.Time, bool) {
	for _, field := range []string{"Received", "Date"} {
		value, ok := h.first(field)
		if !ok {
			continue
		}
		if semicolon := strings.LastIndexByte(value, ';'); field == "Received" {
			value = value[semicolon+1:]
		}
		at, err := mail.ParseDate(strings.TrimSpace(value))
		if err == nil && at.Before(now.Add(transport.MaxSkew)) {
			return at, true
		}
	}
	return time.Time{}, false
}

// isAfter reports whether the message reached the server later than another one; false if
// unknown.
func (h *header) isAfter(other *header, now time.Time) bool {
	mine, ok := h.received(now)
	theirs, known := other.received(now)
	return ok && known && mine.After(theirs)
}

// first returns the first field with a name, unfolded (RFC 5322 §2.2.3).
func (h *header) first(name string) (string, bool) {
	var value strings.Builder
	found := false
	for line := range bytes.Lines(h.text) {
		text := string(bytes.TrimRight(line, "\r\n"))
		folded := strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\t")
		field, rest, ok := strings.Cut(text, ":")
		switch {
		case text == "", found && !folded:
			return value.String(), found
		case found:
			value.WriteString(text)
		case ok && strings.EqualFold(strings.TrimRight(field, " \t"), name):
			found = true
			value.WriteString(rest)
		}
	}
	return value.String(), found
}
