// Package plainjson writes JSON in which the angle brackets of mail addresses stay
// readable: encoding/json escapes them for HTML.
package plainjson

import (
	"bytes"
	"encoding/json"
	"io"
)

// Marshal returns a value in one line.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Write writes a value over several lines, indented by two blanks.
func Write(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
