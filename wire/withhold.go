package wire

import "fmt"

// withheld counts what is not in the transcript.
type withheld struct{ commands, lines, bytes int }

// Withhold keeps what do sends and receives out of the transcript and of errors, be it
// other people's mail or too much to record: a comment says how much it was. Lines of up
// to room bytes in all may come besides those of MaxSession.
func (c *Conn) Withhold(room int, do func() error) error {
	c.withheld = &withheld{}
	c.extra += room
	err := do()
	w := c.withheld
	c.withheld = nil
	c.Transcript.Record(Comment, fmt.Sprintf("%d commands, and %d lines of answers with %d bytes, not recorded", w.commands, w.lines, w.bytes))
	return err
}

// record records a line, or counts it.
func (c *Conn) record(kind EventKind, line string) {
	switch {
	case c.withheld == nil:
		c.Transcript.Record(kind, Quote(line))
	case kind == Client:
		c.withheld.commands++
	default:
		c.withholds(len(line))
	}
}

// withholds counts a line, or a piece of one, that may not be recorded, and reports
// whether that is so.
func (c *Conn) withholds(bytes int) bool {
	if c.withheld == nil {
		return false
	}
	c.withheld.lines++
	c.withheld.bytes += bytes
	return true
}

// isDiscreet reports whether what a server sends may be somebody else's.
func (c *Conn) isDiscreet() bool { return c.Discreet || c.withheld != nil }
