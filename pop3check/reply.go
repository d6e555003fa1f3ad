package pop3check

import (
	"errors"
	"fmt"
	"strings"

	"mailprobe/wire"
)

// Reply is a status line of the server (RFC 1939 §3).
type Reply struct {
	// OK tells "+OK" from "-ERR".
	OK bool
	// Code is the response code that leads the text, in capitals and without
	// its brackets, such as "IN-USE" or "SYS/TEMP" (RFC 2449 §8); empty for none.
	Code string
	// Text is for people: what comes after status and response code.
	Text string
	// Line is the whole line as the server sent it.
	Line string
}

// The response codes there are (RFC 2449 §8.1, RFC 3206, RFC 6856 §5).
const (
	CodeInUse         = "IN-USE"
	CodeLoginDelay    = "LOGIN-DELAY"
	CodeAuth          = "AUTH"
	CodeTemporary     = "SYS/TEMP"
	CodePermanent     = "SYS/PERM"
	CodeNeedsUTF8Mode = "UTF8"
)

// ParseReply reads a status line without its line end. The error is a
// *ProtocolError.
func ParseReply(line string) (Reply, error) {
	status, text, _ := strings.Cut(line, " ")
	// RFC 1939 §3: servers must send the status in upper case.
	if status != "+OK" && status != "-ERR" {
		return Reply{Line: line}, &ProtocolError{"the answer", line, "a line that begins with +OK or -ERR (RFC 1939 §3)"}
	}
	code, text := cutCode(text)
	return Reply{OK: status == "+OK", Code: code, Text: text, Line: line}, nil
}

// cutCode takes the response code off a reply's text. What does not follow the
// grammar of RFC 2449 §8 is part of the text.
func cutCode(text string) (code, rest string) {
	inner, ok := strings.CutPrefix(text, "[")
	if !ok {
		return "", text
	}
	code, rest, ok = strings.Cut(inner, "]")
	if !ok || !isCode(code) {
		return "", text
	}
	return strings.ToUpper(code), strings.TrimPrefix(rest, " ")
}

// isCode tells whether text is levels of printable characters with slashes
// between them (RFC 2449 §3: resp-code).
func isCode(text string) bool {
	for level := range strings.SplitSeq(text, "/") {
		if level == "" || strings.ContainsFunc(level, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return false
		}
	}
	return true
}

// HasCode tells whether the reply has a response code or one below it:
// "SYS/TEMP/DISK" has the code SYS/TEMP. RFC 2449 §8: a client that does not know
// the last level takes the one above it.
func (r Reply) HasCode(code string) bool {
	return r.Code == code || strings.HasPrefix(r.Code, code+"/")
}

// Refusal is the error of a command that the server answered with -ERR.
type Refusal struct {
	// Verb is the command without what may be secret: "STAT", "AUTH PLAIN".
	Verb string
	// Reply is the answer.
	Reply Reply
	// Reason is more that the server told of it, as OAUTHBEARER does in a
	// challenge (RFC 7628 §3.2.2); mostly empty.
	Reason string
}

// Error quotes the server.
func (r *Refusal) Error() string {
	text := fmt.Sprintf("the server refused %s: %s", r.Verb, quote(r.Reply.Line))
	if r.Reason != "" {
		text += ", because of " + quote(r.Reason)
	}
	return text
}

// isRefusal tells a server's no from other errors.
func isRefusal(err error) bool {
	var refusal *Refusal
	return errors.As(err, &refusal)
}

// ProtocolError is an answer that is not what the standard says.
type ProtocolError struct {
	// Where says which answer, or which part of it.
	Where string
	// Said is what the server sent.
	Said string
	// Want is what should have come, with the section of the RFC.
	Want string
}

// Error quotes the server.
func (e *ProtocolError) Error() string {
	return fmt.Sprintf("%s is %s, not %s", e.Where, quote(e.Said), e.Want)
}

// maxQuoted is how many bytes of a server's line an error repeats.
const maxQuoted = 200

// quote makes a server's words fit for an error.
func quote(said string) string {
	if len(said) > maxQuoted {
		return fmt.Sprintf("%q...", said[:maxQuoted])
	}
	return fmt.Sprintf("%q", said)
}

// Is reports that it is wire.ErrProtocol.
func (e *ProtocolError) Is(target error) bool { return target == wire.ErrProtocol }
