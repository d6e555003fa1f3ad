package history

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"strings"

	"mailprobe/probe"
	"mailprobe/wire"
)

// The limits of a result that is kept whole: a server that talks without end shall
// not fill the disk.
const (
	maxLines  = 200       // lines of a transcript that are kept at each of its ends
	maxText   = 4 << 10   // bytes of a detail or of a fact's text
	maxPacked = 128 << 10 // bytes, packed; beyond it the transcript is left out
	maxPlain  = 16 << 20  // bytes that are unpacked at most
)

// pack makes a result into its JSON, with the transcript or without, deflated.
func pack(r *probe.Result, transcript bool) ([]byte, error) {
	short := shorten(r, transcript)
	packed, err := deflate(short)
	if err == nil && len(packed) > maxPacked && transcript {
		return pack(r, false)
	}
	return packed, err
}

func deflate(r *probe.Result) ([]byte, error) {
	text, err := r.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	_, _ = w.Write(text) // neither can fail: the writer is memory
	_ = w.Close()
	return b.Bytes(), nil
}

// shorten copies a result within the limits.
func shorten(r *probe.Result, transcript bool) *probe.Result {
	short := *r
	short.Summary = cut(r.Summary)
	short.Steps = make([]probe.Step, len(r.Steps))
	for i, s := range r.Steps {
		s.Detail, s.Hint = cut(s.Detail), cut(s.Hint)
		s.Facts = append([]probe.Fact(nil), s.Facts...)
		for j := range s.Facts {
			s.Facts[j].Text = cut(s.Facts[j].Text)
		}
		short.Steps[i] = s
	}
	short.Transcript = nil
	if transcript && r.Transcript != nil {
		short.Transcript = ends(r.Transcript)
	}
	return &short
}

func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "..."
}

// ends keeps the two ends of a long transcript.
func ends(t *wire.Transcript) *wire.Transcript {
	lines := t.Lines()
	for i := range lines {
		lines[i] = cut(lines[i])
	}
	if left := len(lines) - 2*maxLines; left > 0 {
		gap := fmt.Sprintf("%s %d lines are left out", wire.Comment, left)
		lines = append(append(lines[:maxLines:maxLines], gap), lines[maxLines+left:]...)
	}
	short, err := wire.ParseTranscript(strings.Join(lines, "\n"))
	if err != nil {
		return nil // it was no script, so it cannot be shown as one
	}
	return short
}

// unpack is the inverse of pack.
func unpack(packed []byte) (*probe.Result, error) {
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxPlain))
	if err != nil {
		return nil, fmt.Errorf("a kept result: %w", err)
	}
	r := &probe.Result{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("a kept result: %w", err)
	}
	return r, nil
}

// fingerprint is one number of what a result says apart from its numbers: status
// and address, and the facts that are texts.
func fingerprint(r *probe.Result) int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d\x00%s", r.Status, r.Address)
	for _, s := range r.Steps {
		for _, f := range s.Facts {
			if f.Value == nil {
				fmt.Fprintf(h, "\x00%s\x00%s", f.Name, f.Text)
			}
		}
	}
	return int64(h.Sum64())
}
