package smtpcheck

import (
	"fmt"
	"strconv"
	"strings"

	"mailprobe/transport"
	"mailprobe/wire"
)

// The bounds of a reply that does not end.
const (
	maxReplyLines = 128
	maxReplyBytes = maxReplyLines * wire.LegalLine
)

// ErrProtocol means that an answer is not an SMTP reply.
var ErrProtocol = wire.ErrProtocol

// Reply is a server's answer to one command (RFC 5321 §4.2).
type Reply struct {
	// Code has three digits; the first is the verdict (§4.3.2).
	Code int
	// Enhanced is the enhanced status code such as "5.1.1" (RFC 3463), empty
	// where the server sent none.
	Enhanced string
	// Lines are the texts of all lines, without codes and line ends.
	Lines []string
}

// Positive reports whether the command succeeded: 2xx.
func (r Reply) Positive() bool { return r.Code/100 == 2 }

// Intermediate reports whether the server waits for more: 3xx.
func (r Reply) Intermediate() bool { return r.Code/100 == 3 }

// Transient reports whether the command may succeed later: 4xx.
func (r Reply) Transient() bool { return r.Code/100 == 4 }

// maxReplyText is how many bytes of a reply are quoted, to the end of their line.
const maxReplyText = 8 << 10

// Text returns all lines as one; only the first ones of a very long reply.
func (r Reply) Text() string {
	lines, size := r.Lines, 0
	for i, line := range r.Lines {
		if size += len(line); size > maxReplyText {
			lines = r.Lines[:i+1]
			break
		}
	}
	return strings.TrimSpace(strings.Join(lines, " "))
}

// String returns the code and the text.
func (r Reply) String() string { return strings.TrimSpace(strconv.Itoa(r.Code) + " " + r.Text()) }

// Quote returns code and text in quotation marks.
func (r Reply) Quote() string { return strconv.Quote(r.String()) }

// Refusal is the error of a command that the server answered with a negative reply.
type Refusal struct{ transport.Refusal[Reply] }

func refusalOf(verb string, r Reply) error {
	return &Refusal{transport.Refusal[Reply]{Verb: verb, Reply: r}}
}

// Error quotes the server.
func (r *Refusal) Error() string {
	return fmt.Sprintf("the server answered %s with %s", r.Verb, r.Reply.Quote()) + r.Because()
}

// readReply reads one reply, strictly: all its lines must have the same code.
func readReply(conn *wire.Conn) (Reply, error) {
	var r Reply
	for size := 0; ; {
		line, err := conn.ReadLine()
		if err != nil {
			return r, withSeen(err, r)
		}
		code, text, last, err := parseLine(line)
		switch {
		case err != nil:
			return r, err
		case r.Code != 0 && code != r.Code:
			// RFC 5321 §4.2.1: the reply code is the same on every line.
			return r, fmt.Errorf("%w: the lines of one reply have codes %d and %d: %q", ErrProtocol, r.Code, code, line)
		case len(r.Lines) == maxReplyLines:
			return r, fmt.Errorf("%w: a reply of more than %d lines, the first of them %q", ErrProtocol, maxReplyLines, r.Lines[0])
		}
		if size += len(line); size > maxReplyBytes {
			return r, fmt.Errorf("%w: a reply of more than %d bytes, which begins with %.200q", ErrProtocol, maxReplyBytes, append(r.Lines, text)[0])
		}
		r.Code, r.Lines = code, append(r.Lines, text)
		if last {
			r.Enhanced = enhancedCode(r)
			return r, nil
		}
	}
}

// withSeen adds the beginning of a reply to the error that cut it short.
func withSeen(err error, r Reply) error {
	if len(r.Lines) == 0 {
		return err
	}
	return fmt.Errorf("%w, after %q", err, fmt.Sprintf("%d-%s", r.Code, r.Lines[0]))
}

// parseLine reads "CODE[SP text]" or "CODE-text" (RFC 5321 §4.2).
func parseLine(line string) (code int, text string, last bool, err error) {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '9' || line[2] < '0' || line[2] > '9' {
		return 0, "", false, malformed(line)
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	switch {
	case len(line) == 3:
		return code, "", true, nil
	case line[3] == ' ' || line[3] == '-':
		return code, line[4:], line[3] == ' ', nil
	}
	return 0, "", false, malformed(line)
}

func malformed(line string) error {
	return fmt.Errorf("%w: not an SMTP reply: %.80q", ErrProtocol, line)
}

// enhancedCode finds the enhanced status code of a reply, whose class must be
// that of the reply itself (RFC 2034 §4).
func enhancedCode(r Reply) string {
	word, _, _ := strings.Cut(r.Lines[len(r.Lines)-1], " ")
	parts := strings.Split(word, ".")
	if len(parts) != 3 || parts[0] != strconv.Itoa(r.Code/100) {
		return ""
	}
	for _, p := range parts {
		if len(p) < 1 || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return ""
		}
	}
	return word
}
