package delivery

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// draft describes the message to make.
type draft struct {
	// Size is the least size of the body, in bytes; 0 for a few lines.
	Size int64
	// EightBit puts letters beyond ASCII in it, LongLines lines as long as RFC
	// 5322 §2.1.1 allows.
	EightBit, LongLines bool
	// Answered puts the proof of the run into the body, which a reply may quote, and does
	// not ask answering services to be silent (RFC 3834 §2).
	Answered bool
}

// longLine is the longest line that is legal, without its CRLF (RFC 5322 §2.1.1).
const longLine = 998

// compose makes the message of a run, its lines ending in CRLF.
func (d draft) compose(r run, key []byte, from, to string) []byte {
	encoding := "7bit"
	if d.EightBit {
		encoding = "8bit"
	}
	var b bytes.Buffer
	for _, line := range []string{
		"Date: " + r.Sent.Local().Format(time.RFC1123Z),
		"From: <" + from + ">",
		"To: <" + to + ">",
		"Subject: mailprobe delivery " + r.Token,
		"Message-ID: " + r.messageID(from),
		runHeader + ": " + r.field(key),
		"Auto-Submitted: " + d.submitted(),
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=utf-8",
		"Content-Transfer-Encoding: " + encoding,
		"",
	} {
		b.WriteString(line + "\r\n")
	}
	d.writeBody(&b)
	if d.Answered {
		b.WriteString(r.quotable(key) + "\r\n")
	}
	return b.Bytes()
}

// submitted is the value of Auto-Submitted (RFC 3834 §5).
func (d draft) submitted() string {
	if d.Answered {
		return "no"
	}
	return "auto-generated"
}

// writeBody writes lines that a careless relay changes: with dots at their
// beginning, blanks within, and what else was asked for.
func (d draft) writeBody(b *bytes.Buffer) {
	start := b.Len()
	b.WriteString("This message tests the way of the mail. Nobody needs to read or answer it:\r\nmailprobe fetches it from the mailbox and deletes it.\r\n\r\n" +
		".\r\n..\r\n.one dot at the start of a line\r\n..two dots\r\nFrom the start of a line\r\n\ttab  and two blanks\r\n")
	if d.EightBit {
		b.WriteString("Gr\u00fc\u00dfe, \u4f60\u597d, \u03ba\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1\r\n")
	}
	if d.LongLines {
		b.WriteString(strings.Repeat("0123456789", longLine/10+1)[:longLine] + "\r\n")
	}
	for n := 1; int64(b.Len()-start) < d.Size; n++ {
		d.writeFiller(b, n)
	}
}

// writeFiller writes the nth line of those that make up the size.
func (d draft) writeFiller(b *bytes.Buffer, n int) {
	width := 74
	if d.LongLines && n%2 == 0 {
		width = longLine
	}
	line := fmt.Sprintf("%d abcdefghijklmnopqrstuvwxyz", n)
	if n%4 == 0 {
		line = "." + line
	}
	line += strings.Repeat(" 0123456789", width/11)
	b.WriteString(line[:min(len(line), width)] + "\r\n")
}
