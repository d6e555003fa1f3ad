package wire

import (
	"bytes"
	"fmt"
	"strings"
)

// ReadLiteral reads exactly n bytes, which the line before announced in braces (RFC 3501
// §4.3), and passes them to keep in pieces. The rest of that line follows. The transcript
// keeps the beginning of a long literal, and its announcement is adjusted to that length,
// so that it plays back as a shorter one.
func (c *Conn) ReadLiteral(n int64, keep func(piece []byte) error) error {
	l := literal{conn: c, announced: c.Transcript.Len() - 1, size: n}
	defer l.recordHidden()
	for n > 0 {
		piece, err := l.peek(n)
		l.record(piece)
		if err != nil {
			return c.explain(err, c.excerptOf(piece))
		}
		if err := keep(piece); err != nil {
			return err
		}
		n -= int64(len(piece))
		_, _ = c.reader.Discard(len(piece))
	}
	return nil
}

// literal is the state of reading one literal.
type literal struct {
	conn          *Conn
	announced     int // the event that has the line before it
	size          int64
	lines         int
	shown, hidden int // bytes that are recorded and that are not
}

// peek returns the next line of the n bytes that are left, or a buffer full.
func (l *literal) peek(n int64) ([]byte, error) {
	piece, err := l.conn.reader.Peek(int(min(n, MaxLine)))
	if i := bytes.IndexByte(piece, '\n'); i >= 0 {
		return piece[:i+1], nil
	}
	return piece, err
}

// record records the beginning of a literal.
func (l *literal) record(piece []byte) {
	if l.conn.withholds(len(piece)) {
		return
	}
	if l.conn.Discreet || l.lines >= shownLines || l.shown >= shownBytes {
		l.hidden += len(piece)
		return
	}
	if len(piece) > 0 {
		l.conn.Transcript.Record(Server, Quote(string(piece)))
		l.shown += len(piece)
		l.lines++
	}
}

// recordHidden records how much of the literal is not in the transcript.
func (l *literal) recordHidden() {
	if l.hidden == 0 {
		return
	}
	l.conn.Transcript.Record(Comment, fmt.Sprintf("%d bytes more", l.hidden))
	l.conn.Transcript.amend(l.announced, fmt.Sprintf("{%d}", l.size), fmt.Sprintf("{%d}", l.shown))
}

// amend replaces the last occurrence of a text in an event.
func (t *Transcript) amend(event int, old, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if event < 0 || event >= len(t.events) {
		return
	}
	e := &t.events[event]
	if i := strings.LastIndex(e.Text, old); i >= 0 {
		e.Text = e.Text[:i] + text + e.Text[i+len(old):]
	}
}
