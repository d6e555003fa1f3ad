package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
)

// How much of a multi-line body a transcript keeps.
const (
	shownLines = 64
	shownBytes = 16 << 10
)

// ReadBody reads a multi-line body up to the line that is a lone dot (RFC 1939 §3, RFC
// 5321 §4.5.2). It calls keep with each line, without its line end and with a doubled dot
// at its start undone. A line longer than MaxLine comes in several pieces, of which the
// last has end set. A body of more than max bytes is ErrLimit.
func (c *Conn) ReadBody(max int64, keep func(piece []byte, end bool) error) error {
	b := body{conn: c, max: max}
	for {
		piece, err := b.next()
		if err != nil || piece == nil {
			return err
		}
		if err := keep(piece, b.start); err != nil {
			return err
		}
	}
}

// body is the state of reading one multi-line body.
type body struct {
	conn     *Conn
	max      int64
	total    int64
	lines    int
	shown    int  // bytes recorded
	hidden   int  // bytes not recorded
	open     bool // what was recorded last does not end its line
	midline  bool // the last piece did not end its line
	start    bool // the next piece starts a line
	cutInEnd bool // the last piece ended between CR and LF
}

// next returns the next piece of a line, nil after the last line.
func (b *body) next() ([]byte, error) {
	piece, err := b.conn.reader.ReadSlice('\n')
	b.start = err == nil
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		b.record(piece, false)
		return nil, b.conn.explain(err, b.conn.excerptOf(piece))
	}
	if b.total += int64(len(piece)); b.total > b.max {
		return nil, fmt.Errorf("%w: a body of more than %d bytes", ErrLimit, b.max)
	}
	last := !b.midline && isEnd(piece)
	b.record(piece, last)
	if last {
		b.trim(piece)
		return nil, nil
	}
	if !b.midline {
		piece = bytes.TrimPrefix(piece, []byte("."))
	}
	if b.midline = !b.start; !b.midline {
		b.lines++
	}
	return b.trim(piece), nil
}

// isEnd reports whether a line is the lone dot.
func isEnd(line []byte) bool { return string(line) == ".\r\n" || string(line) == ".\n" }

// record records the first lines of a body and its end, so that the transcript plays back
// as a shorter body.
func (b *body) record(piece []byte, last bool) {
	if b.conn.withholds(len(piece)) {
		return
	}
	if !last && (b.conn.Discreet || b.lines >= shownLines || b.shown >= shownBytes) {
		b.hidden += len(piece)
		return
	}
	if b.hidden > 0 {
		b.conn.Transcript.Record(Comment, fmt.Sprintf("%d bytes more", b.hidden))
		if b.open {
			b.conn.Transcript.Record(Server, Quote("\r\n"))
		}
	}
	if len(piece) > 0 {
		b.conn.Transcript.Record(Server, Quote(string(piece)))
		b.shown += len(piece)
		b.open = !bytes.HasSuffix(piece, []byte("\n"))
	}
}

// trim cuts the line end, which may be split across two pieces, and notes one that is not
// CRLF.
func (b *body) trim(piece []byte) []byte {
	if b.cutInEnd {
		piece = append([]byte("\r"), piece...)
		b.cutInEnd = false
	}
	if b.midline {
		text, cut := bytes.CutSuffix(piece, []byte("\r"))
		b.cutInEnd = cut
		return text
	}
	text, ok := bytes.CutSuffix(piece, []byte("\r\n"))
	if !ok {
		b.conn.note("a line that ends in a bare LF")
		return bytes.TrimSuffix(piece, []byte("\n"))
	}
	return text
}
