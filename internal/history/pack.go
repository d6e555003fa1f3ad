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

// The limits of a result that is kept whole: a server that talks without end shall
// not fill the disk.
const (
	plainText = 4 << 10   // bytes of JSON that are not worth packing
	maxLines  = 200       // lines of a transcript that are kept at each of its ends
	maxLine   = 1000      // bytes of such a line
	maxText   = 4 << 10   // bytes of a detail or of a fact's text
	maxPacked = 512 << 10 // bytes of JSON; beyond it the transcript is left out
	maxPlain  = 16 << 20  // bytes that are unpacked at most
)

// packer makes results into bytes. It is used for many, because the tables of a
// compressor are a megabyte.
type packer struct {
	json []byte // of the last result
	out  bytes.Buffer
	flat *flate.Writer
}

// The first byte of a packed result says how it is packed.
const (
	asPlain    = 'p'
	asDeflated = 'z'
)

// plain makes a result into its JSON, with the transcript where there is room. The
// next call overwrites it.
func (p *packer) plain(r *probe.Result) (text []byte, err error) {
	for _, transcript := range []bool{true, false} {
		text, err = shorten(r, transcript).AppendJSON(append(p.json[:0], asPlain))
		if p.json = text; err != nil || len(text) <= maxPacked {
			break
		}
	}
	return text, err
}

// text is plain, packed where it is long.
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

// pack returns what plain makes of a result in a fifth of the room, and takes ten
// times as long. What is packed already stays as it is.
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
	_, _ = p.flat.Write(plain[1:]) // neither can fail: the writer is memory
	_ = p.flat.Close()
	return bytes.Clone(p.out.Bytes()), nil
}

// shorten returns a result within the limits: itself where it is, as most are.
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

// fits reports whether no text of a result is beyond the limits.
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

// errPacked tells that there is nothing where a result should be.
var errPacked = errors.New("a kept result is empty")

// unpack is the inverse of plain and pack.
func unpack(packed []byte) (*probe.Result, error) {
	if len(packed) == 0 {
		return nil, errPacked
	}
	text := packed[1:]
	if packed[0] == asDeflated {
		var err error
		if text, err = io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(text)), maxPlain)); err != nil {
			return nil, fmt.Errorf("a kept result: %w", err)
		}
	}
	r := &probe.Result{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("a kept result: %w", err)
	}
	return r, nil
}

// fingerprint is one number of what a result says apart from its numbers. Of one that
// is well that is its address and the facts that are texts, of another one which steps
// failed and why: what a server says to that is often another text each time.
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

// causeName is the name of the cause of a step, empty where it has none.
func causeName(s *probe.Step) string {
	if s.Cause == nil {
		return ""
	}
	return s.Cause.Name
}

// fnv64 is the hash FNV-1a of 64 bits. That of the standard library wants every text
// copied.
type fnv64 uint64

func (h *fnv64) add(texts ...string) {
	for _, text := range texts {
		for i := range len(text) {
			*h = (*h ^ fnv64(text[i])) * 1099511628211
		}
	}
}
