package wire

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ReadLine reads one line and returns it without its line end.
func (c *Conn) ReadLine() (string, error) {
	line, err := c.readLine(MaxLine)
	if err != nil {
		return "", err
	}
	if len(line) > LegalLine {
		c.note(fmt.Sprintf("a line of %d bytes, %d are allowed", len(line), LegalLine))
	}
	return c.trimEnd(line), nil
}

// ReadLongLine is ReadLine for a protocol without a limit of its own, such as IMAP. A
// line of more than max bytes, with its line end, is ErrLimit.
func (c *Conn) ReadLongLine(max int) (string, error) {
	line, err := c.readLine(max)
	if err != nil {
		return "", err
	}
	return c.trimEnd(line), nil
}

// readLine reads and records a line with its end.
func (c *Conn) readLine(max int) (string, error) {
	line, err := c.collectLine(max)
	if line != "" {
		c.received += len(line)
		c.record(Server, line)
	}
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", fmt.Errorf("%w: a line of more than %d bytes, begun with %s", ErrLimit, max, c.excerpt(c.lineOf(line)))
	case err != nil:
		return "", c.explain(err, c.lineOf(line))
	case c.received > MaxSession+c.extra:
		return "", fmt.Errorf("%w: more than %d bytes in one session", ErrLimit, MaxSession+c.extra)
	}
	return line, nil
}

// lineOf returns what an error may quote of a line.
func (c *Conn) lineOf(line string) string {
	if c.withheld != nil {
		return ""
	}
	return line
}

// collectLine reads up to a line feed, or returns bufio.ErrBufferFull if there is none in
// the first max bytes.
func (c *Conn) collectLine(max int) (string, error) {
	var line []byte
	for {
		piece, err := c.reader.ReadSlice('\n')
		if line == nil && err == nil && len(piece) <= max {
			return string(piece), nil
		}
		line = append(line, piece...)
		switch {
		case len(line) > max:
			return string(line), bufio.ErrBufferFull
		case !errors.Is(err, bufio.ErrBufferFull) || len(line) == max:
			return string(line), err
		}
	}
}

// trimEnd cuts the line end and notes one that is not CRLF.
func (c *Conn) trimEnd(line string) string {
	text, ok := strings.CutSuffix(line, "\r\n")
	if !ok {
		text = strings.TrimSuffix(line, "\n")
		c.note("a line that ends in a bare LF")
	}
	return text
}

// maxOdd bounds how many kinds of deviation are kept.
const maxOdd = 8

// NoteOdd records a deviation from the protocol that a session can tolerate.
func (c *Conn) NoteOdd(what string) { c.note(what) }

func (c *Conn) note(what string) {
	if len(c.odd) < maxOdd && !slices.Contains(c.odd, what) {
		c.odd = append(c.odd, what)
	}
}

// Odd returns and clears the deviations from the protocol seen since the last call, each
// once.
func (c *Conn) Odd() []string {
	odd := c.odd
	c.odd = nil
	return odd
}

// Buffered returns the number of bytes received and not yet read.
func (c *Conn) Buffered() int { return c.reader.Buffered() }
