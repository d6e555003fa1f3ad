package history

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"mailprobe/internal/cut"
	"mailprobe/probe"
)

// The limits of a result stored in full, so that a server that never stops talking does
// not fill the disk.
const (
	plainText = 4 << 10   // bytes of JSON not worth compressing
	maxLines  = 200       // lines kept at either end of a transcript
	maxLine   = 1000      // bytes of such a line
	maxText   = 4 << 10   // bytes of a detail or of a fact's text
	maxPacked = 512 << 10 // bytes of JSON; a larger result is stored without its transcript
	maxPlain  = 16 << 20  // bytes after decompression, at most
)

// packer encodes results. It is reused for many, as the tables of a compressor take a
// megabyte.
type packer struct {
	json []byte // of the last result
	out  bytes.Buffer
	flat *flate.Writer
}

// The first byte of a stored result is its encoding.
const (
	asPlain    = 'p'
	asDeflated = 'z'
)

// plain encodes a result as JSON, with the transcript if that fits. The next call
// overwrites it.
func (p *packer) plain(r *probe.Result) (text []byte, err error) {
	for _, transcript := range []bool{true, false} {
		text, err = shorten(r, transcript).AppendJSON(append(p.json[:0], asPlain))
		if p.json = text; err != nil || len(text) <= maxPacked {
			break
		}
	}
	return text, err
}

// text is plain, compressed if it is long.
func (p *packer) text(r *probe.Result) ([]byte, error) {
	text, err := p.plain(r)
	if err != nil {
		return nil, err
	}
	if len(text) <= plainText {
		return bytes.Clone(text), nil
	}
	return p.pack(text)
}

// pack compresses what plain returns to a fifth, in ten times the time of plain. It
// returns compressed input unchanged.
func (p *packer) pack(plain []byte) ([]byte, error) {
	if plain[0] != asPlain {
		return plain, nil
	}
	p.out.Reset()
	p.out.WriteByte(asDeflated)
	if p.flat == nil {
		var err error
		if p.flat, err = flate.NewWriter(&p.out, flate.BestSpeed); err != nil {
			return nil, err
		}
	}
	p.flat.Reset(&p.out)
	_, _ = p.flat.Write(plain[1:]) // neither can fail: it writes to memory
	_ = p.flat.Close()
	return bytes.Clone(p.out.Bytes()), nil
}

// shorten returns a result cut to the limits: the result itself if it is within them.
func shorten(r *probe.Result, transcript bool) *probe.Result {
	kept := r.Transcript.Excerpt(maxLines, maxLine)
	if !transcript {
		kept = nil
	}
	if kept == r.Transcript && fits(r) {
		return r
	}
	short := *r
	short.Summary = cut.Bytes(r.Summary, maxText)
	short.Steps = make([]probe.Step, len(r.Steps))
	for i, s := range r.Steps {
		s.Detail, s.Hint = cut.Bytes(s.Detail, maxText), cut.Bytes(s.Hint, maxText)
		s.Facts = slices.Clone(s.Facts)
		for j := range s.Facts {
			s.Facts[j].Text = cut.Bytes(s.Facts[j].Text, maxText)
		}
		short.Steps[i] = s
	}
	short.Transcript = kept
	return &short
}

// fits reports whether all texts of a result are within the limits.
func fits(r *probe.Result) bool {
	if len(r.Summary) > maxText {
		return false
	}
	for _, s := range r.Steps {
		if len(s.Detail) > maxText || len(s.Hint) > maxText || slices.ContainsFunc(s.Facts, func(f probe.Fact) bool { return len(f.Text) > maxText }) {
			return false
		}
	}
	return true
}

// errPacked means that a stored result is empty.
var errPacked = errors.New("a stored result is empty")

// unpack is the inverse of plain and pack.
func unpack(packed []byte) (*probe.Result, error) {
	if len(packed) == 0 {
		return nil, errPacked
	}
	text := packed[1:]
	if packed[0] == asDeflated {
		var err error
		if text, err = io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(text)), maxPlain)); err != nil {
			return nil, fmt.Errorf("a stored result: %w", err)
		}
	}
	r := &probe.Result{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("a stored result: %w", err)
	}
	return r, nil
}

// fingerprint returns a hash of a result without its numbers: of the address and the
// facts that are texts if it is OK, otherwise of the steps that failed and their causes,
// as the server's words often differ each time.
func fingerprint(r *probe.Result) int64 {
	h := fnv64(14695981039346656037)
	h.add(strconv.Itoa(int(r.Status)))
	if r.Status != probe.OK && r.Status != probe.Skipped {
		for _, s := range r.Wrong() {
			h.add("\x00", s.Name, "\x00", causeName(s))
		}
		return int64(h)
	}
	h.add("\x00", r.Address)
	for i := range r.Steps {
		for j := range r.Steps[i].Facts {
			if f := &r.Steps[i].Facts[j]; f.Value == nil {
				h.add("\x00", f.Name, "\x00", f.Text)
			}
		}
	}
	return int64(h)
}

// causeName returns the name of the cause of a step, empty if it has none.
func causeName(s *probe.Step) string {
	if s.Cause == nil {
		return ""
	}
	return s.Cause.Name
}

// fnv64 is the 64-bit FNV-1a hash. That of the standard library needs a copy of every
// text.
type fnv64 uint64

func (h *fnv64) add(texts ...string) {
	for _, text := range texts {
		for i := range len(text) {
			*h = (*h ^ fnv64(text[i])) * 1099511628211
		}
	}
}
