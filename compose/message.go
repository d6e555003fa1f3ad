package compose

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
)

// ErrChanged means that a file which a message is made of is not what it was when the
// message was measured, so that its size, and its signatures, do not fit any more.
var ErrChanged = errors.New("a file that the message is made of has changed since it was measured")

// errNUL is the error of a message that SMTP cannot carry.
var errNUL = errors.New("a NUL byte is not allowed in a message (RFC 5321 §4.5.2)")

// LongestLine is the longest line that is legal, in bytes and without its CRLF (RFC 5322
// §2.1.1).
const LongestLine = 998

// Message is a message that was measured.
type Message struct {
	// Size is its size in bytes, with lines that end in CRLF (RFC 1870 §3).
	Size int64
	// EightBit is set where it has 8-bit characters (RFC 6152).
	EightBit bool
	// Longest is the length of its longest line in bytes, without the CRLF.
	Longest int

	top   string // the signatures
	write func(io.Writer) error
	sum   uint64 // of what write writes
}

// Text returns a message of a whole text.
func Text(text []byte) (*Message, error) { return (&Draft{}).Edit(text) }

// Edit returns a message of a whole text, with the fields of a draft that is prepared in the
// place of those of their names, and its signatures.
func (d *Draft) Edit(text []byte) (*Message, error) {
	return measure(func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}, d.fields, d.signers)
}

// WriteTo writes the message, the same bytes each time. If that is not possible any more,
// ErrChanged or the error of reading is returned at the latest after the last byte: what
// was written then must not be taken for the message.
func (m *Message) WriteTo(w io.Writer) (int64, error) {
	out := &checked{w: w, most: m.Size}
	out.sum.SetSeed(seed)
	_, err := io.WriteString(out, m.top)
	if err == nil {
		err = m.write(out)
	}
	if err == nil && (out.n != m.Size || out.sum.Sum64() != m.sum) {
		err = ErrChanged
	}
	return out.n, err
}

// checked passes a message on and sums it up. More than was measured is ErrChanged.
type checked struct {
	w       io.Writer
	n, most int64
	sum     maphash.Hash
}

func (c *checked) Write(p []byte) (int, error) {
	if int64(len(p)) > c.most-c.n {
		return 0, ErrChanged
	}
	_, _ = c.sum.Write(p)
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// seed is that of all sums.
var seed = maphash.MakeSeed()

// measure has a message written for the first time, and returns it with its fields
// replaced and its signatures on top. Its lines come to end in CRLF.
func measure(write func(io.Writer) error, fields []field, signers []signer) (*Message, error) {
	m := &Message{write: func(w io.Writer) error { return inCRLF(w, fields, write) }}
	if err := m.sign(signers); err != nil {
		return nil, err
	}
	meter := &meter{Message: m}
	meter.sum.SetSeed(seed)
	if _, err := io.WriteString(meter, m.top); err != nil {
		return nil, err
	}
	if err := m.write(meter); err != nil {
		return nil, err
	}
	if meter.nul {
		return nil, errNUL
	}
	m.sum = meter.sum.Sum64()
	return m, nil
}

// inCRLF has a message written with CRLF at the end of every line, and with its fields
// replaced.
func inCRLF(w io.Writer, fields []field, write func(io.Writer) error) error {
	buffered := bufio.NewWriterSize(w, 32<<10)
	head := &header{w: buffered, edit: func(head []byte) ([]byte, error) { return replaceFields(head, fields) }}
	c := &canonical{w: buffered}
	if len(fields) > 0 {
		c.w = head
	}
	err := write(c)
	if err == nil {
		err = c.end()
	}
	if err == nil && len(fields) > 0 {
		err = head.end()
	}
	if err == nil {
		err = buffered.Flush()
	}
	return err
}

// meter measures what is written to it.
type meter struct {
	*Message
	sum  maphash.Hash
	line int // the length of the line so far
	nul  bool
}

func (m *meter) Write(p []byte) (int, error) {
	m.Size += int64(len(p))
	_, _ = m.sum.Write(p)
	m.nul = m.nul || bytes.IndexByte(p, 0) >= 0
	m.EightBit = m.EightBit || has8bit(p)
	for line := range bytes.Lines(p) {
		m.line += len(line)
		if line[len(line)-1] == '\n' {
			m.Longest, m.line = max(m.Longest, m.line-len("\r\n")), 0
		}
	}
	return len(p), nil
}

func has8bit(p []byte) bool {
	var all byte
	for _, b := range p {
		all |= b
	}
	return all >= 0x80
}

// canonical ends every line in CRLF (RFC 5321 §2.3.8): a bare LF or CR becomes one.
type canonical struct {
	w    io.Writer
	cr   bool // the last byte was a CR
	open bool // the last line has no end yet
}

var crlf = []byte("\r\n")

func (c *canonical) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		if err := c.writeLine(line); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// writeLine writes a line, or the part of one that there is.
func (c *canonical) writeLine(line []byte) error {
	text, ended := bytes.CutSuffix(line, crlf[1:])
	if ended && len(text) == 0 && c.cr { // the LF after a CR
		c.cr = false
		return nil
	}
	text, cr := bytes.CutSuffix(text, crlf[:1])
	if bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(text, crlf[:1], crlf)
	}
	c.cr, c.open = cr && !ended, !ended && !cr
	if ended && cr && len(text) == len(line)-len(crlf) {
		return c.pass(line)
	}
	if err := c.pass(text); err != nil || c.open {
		return err
	}
	return c.pass(crlf)
}

func (c *canonical) pass(p []byte) error {
	_, err := c.w.Write(p)
	return err
}

// end ends the last line.
func (c *canonical) end() error {
	if !c.open {
		return nil
	}
	return c.pass(crlf)
}

// maxHeader bounds the header of a message, in bytes.
const maxHeader = 1 << 20

// header passes a message on, the header as edit returns it.
type header struct {
	w    io.Writer
	edit func(head []byte) ([]byte, error)
	head []byte
	done bool
}

func (h *header) Write(p []byte) (int, error) {
	if h.done {
		return h.w.Write(p)
	}
	from := max(0, len(h.head)-len("\r\n\r"))
	h.head = append(h.head, p...)
	end := endOfHeader(h.head, from)
	if end < 0 {
		if len(h.head) > maxHeader {
			return 0, fmt.Errorf("the header has more than %d bytes", maxHeader)
		}
		return len(p), nil
	}
	rest := h.head[end:]
	if err := h.pass(h.head[:end:end]); err != nil {
		return 0, err
	}
	_, err := h.w.Write(rest)
	return len(p), err
}

// endOfHeader returns where the body begins in a text with CRLFs, -1 for not yet. The
// text was searched up to from before.
func endOfHeader(text []byte, from int) int {
	if bytes.HasPrefix(text, crlf) {
		return len(crlf)
	}
	if i := bytes.Index(text[from:], []byte("\r\n\r\n")); i >= 0 {
		return from + i + len("\r\n\r\n")
	}
	return -1
}

// pass passes the header on.
func (h *header) pass(head []byte) error {
	h.done, h.head = true, nil
	head, err := h.edit(head)
	if err == nil {
		_, err = h.w.Write(head)
	}
	return err
}

// end passes on a message that is a header alone.
func (h *header) end() error {
	if h.done {
		return nil
	}
	return h.pass(h.head)
}
