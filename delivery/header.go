package delivery

import (
	"bytes"

	"mailprobe/search"
)

// maxHeader bounds the header of a message, in bytes.
const maxHeader = 256 << 10

// parseHeader reads the fields of a header, up to the first empty line.
func parseHeader(text []byte) search.Header {
	return search.ParseHeader(text[:min(len(text), maxHeader)])
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
