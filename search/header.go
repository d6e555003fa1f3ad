package search

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"strings"
	"time"

	"mailprobe/transport"
)

// MaxHeader bounds how much of a message is searched for its header, in bytes.
const MaxHeader = 64 << 10

// Start keeps the beginning of what is written to it.
type Start struct {
	// Text is what was kept, of at most Max bytes.
	Text []byte
	Max  int
	// Cut reports that there was more.
	Cut bool
}

// Write keeps what fits. It never fails.
func (s *Start) Write(p []byte) (int, error) {
	room := min(len(p), s.Max-len(s.Text))
	s.Text, s.Cut = append(s.Text, p[:room]...), s.Cut || room < len(p)
	return len(p), nil
}

// Reset forgets what was kept.
func (s *Start) Reset() { s.Text, s.Cut = s.Text[:0], false }

// Header holds the fields of a message in order, unfolded (RFC 5322 §2.2.3).
type Header []Field

// Field is one field of a header, its value as it was sent.
type Field struct{ Name, Value string }

// fewFields is the initial capacity for fields: of those that most searches look at.
const fewFields = 4

// ParseHeader reads the fields up to the first empty line. Lines that are no field are
// ignored.
func ParseHeader(text []byte) (h Header) {
	h = make(Header, 0, fewFields)
	var name string
	var value []byte
	end := func() {
		if name != "" {
			h = append(h, Field{name, string(bytes.TrimSpace(value))})
		}
		name, value = "", value[:0]
	}
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			value = append(append(value, ' '), bytes.TrimSpace(line)...)
			continue
		}
		end()
		if before, after, ok := bytes.Cut(line, []byte(":")); ok {
			name, value = string(bytes.TrimRight(before, " \t")), append(value, bytes.TrimSpace(after)...)
		}
	}
	end()
	return h
}

// All returns the values of the fields with a name, in any letter case, topmost first.
func (h Header) All(name string) []string {
	var values []string
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// Get returns the topmost value of a field, empty for none.
func (h Header) Get(name string) string {
	if all := h.All(name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// Received returns when the message reached the server: the time in the first Received
// field, which the last relay puts on top (RFC 5321 §4.4), or else the sender's Date. A
// date in the future is not believed.
func (h Header) Received(now time.Time) (at time.Time, ok bool) {
	hop := h.Get("Received")
	for _, text := range []string{hop[strings.LastIndexByte(hop, ';')+1:], h.Get("Date")} {
		at, err := mail.ParseDate(strings.TrimSpace(text))
		if err == nil && IsBelievable(at, now) {
			return at, true
		}
	}
	return time.Time{}, false
}

// IsBelievable reports whether a message may have come at a time.
func IsBelievable(at, now time.Time) bool {
	return !at.IsZero() && at.Before(now.Add(transport.MaxSkew))
}

// Decode returns the text of a field: its encoded words decoded (RFC 2047). Words in an
// encoding other than UTF-8, ISO 8859-1 and their like stay as they are.
func Decode(value string) string {
	decoder := mime.WordDecoder{CharsetReader: latin}
	text, err := decoder.DecodeHeader(value)
	if err != nil {
		text = value
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// latin reads text of encodings that differ from ISO 8859-1 in a few signs only.
func latin(charset string, in io.Reader) (io.Reader, error) {
	if !isLatin(charset) {
		return nil, fmt.Errorf("the encoding %q is not known", charset)
	}
	text, err := io.ReadAll(in)
	return strings.NewReader(fromLatin(text)), err
}

func isLatin(charset string) bool {
	switch strings.ToLower(charset) {
	case "iso-8859-1", "iso-8859-15", "windows-1252", "latin1":
		return true
	}
	return false
}

// fromLatin returns text of ISO 8859-1 in UTF-8.
func fromLatin(text []byte) string {
	var b strings.Builder
	for _, c := range text {
		b.WriteRune(rune(c))
	}
	return b.String()
}
