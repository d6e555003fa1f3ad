package pop3check

import (
	"strings"

	"mailprobe/transport"
)

// Refusal is the error of a command that the server answered with -ERR.
type Refusal = transport.Refusal[Reply]

// ProtocolError is an answer that does not follow POP3.
type ProtocolError = transport.ProtocolError

// Reply is a status line of the server (RFC 1939 §3).
type Reply struct {
	// OK distinguishes "+OK" from "-ERR".
	OK bool
	// Code is the response code before the text, in capitals and without its brackets,
	// such as "IN-USE" or "SYS/TEMP" (RFC 2449 §8); empty for none.
	Code string
	// Text is the text for people, after status and response code.
	Text string
	// Line is the whole line as the server sent it.
	Line string
}

// Quote returns the line in quotation marks.
func (r Reply) Quote() string { return transport.Quote(r.Line) }

// The known response codes (RFC 2449 §8.1, RFC 3206, RFC 6856 §5).
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
		return Reply{Line: line}, transport.Malformed("the answer", line, "a line that begins with +OK or -ERR (RFC 1939 §3)")
	}
	code, text := cutCode(text)
	return Reply{OK: status == "+OK", Code: code, Text: text, Line: line}, nil
}

// cutCode cuts the response code off a reply's text. What does not follow the grammar of
// RFC 2449 §8 is part of the text.
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

// isCode reports whether text consists of levels of printable characters, separated by
// slashes (RFC 2449 §3: resp-code).
func isCode(text string) bool {
	for level := range strings.SplitSeq(text, "/") {
		if level == "" || strings.ContainsFunc(level, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return false
		}
	}
	return true
}

// HasCode reports whether the reply has a response code or one below it: "SYS/TEMP/DISK"
// has the code SYS/TEMP, as a client that does not know the last level uses the one above
// (RFC 2449 §8).
func (r Reply) HasCode(code string) bool {
	return r.Code == code || strings.HasPrefix(r.Code, code+"/")
}
