package delivery

import (
	"bytes"
	"strings"
)

// maxHeader bounds the header of a message, in bytes.
const maxHeader = 256 << 10

// header holds the fields of a message in order, unfolded (RFC 5322 §2.2.3).
type header []field

type field struct{ name, value string }

// parseHeader reads the fields up to the first empty line. Other lines are ignored.
func parseHeader(text []byte) header {
	var h header
	for line := range bytes.Lines(text[:min(len(text), maxHeader)]) {
		line := strings.TrimRight(string(line), "\r\n")
		if line == "" {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if n := len(h); n > 0 {
				h[n-1].value += " " + strings.TrimLeft(line, " \t")
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if ok {
			h = append(h, field{strings.TrimRight(name, " \t"), strings.TrimSpace(value)})
		}
	}
	return h
}

// all returns the values of a field, topmost first.
func (h header) all(name string) []string {
	var values []string
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			values = append(values, f.value)
		}
	}
	return values
}

// get returns the topmost value of a field, empty for none.
func (h header) get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// splitMessage splits a message into its header, with the empty line after it, and its
// body.
func splitMessage(text []byte) (head, body []byte) {
	if bytes.HasPrefix(text, []byte("\r\n")) {
		return text[:2], text[2:]
	}
	end := bytes.Index(text, []byte("\r\n\r\n"))
	if end < 0 {
		return text, nil
	}
	return text[:end+4], text[end+4:]
}
