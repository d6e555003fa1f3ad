package imapcheck

import (
	"cmp"
	"fmt"
	"mailprobe/transport"
	"slices"
	"strconv"
	"strings"
)

// The words of a status response (RFC 3501 §7.1).
const (
	StatusOK      = "OK"
	StatusNo      = "NO"
	StatusBad     = "BAD"
	StatusPreauth = "PREAUTH"
	StatusBye     = "BYE"
)

// Refusal is the error of a command that the server answered with NO or BAD.
type Refusal = transport.Refusal[Reply]

// ProtocolError is an answer that does not follow IMAP.
type ProtocolError = transport.ProtocolError

// Reply is a status response: the tagged one that ends the answer to a command,
// or an untagged one (RFC 3501 §7.1).
type Reply struct {
	// Status is one of the words above, in capitals.
	Status string
	// Code is the response code in capitals, such as "ALERT" or "UIDNEXT"; empty
	// for none. Args is what follows it within the brackets.
	Code, Args string
	// Text is the text for people, after status and response code.
	Text string
	// Line is the whole line as the server sent it, the tag included.
	Line string
}

// The response codes that the session and its check look for (RFC 3501 §7.1,
// RFC 5530 §3, RFC 4315 §3).
const (
	CodeAlert                = "ALERT"
	CodeCapability           = "CAPABILITY"
	CodePermanentFlags       = "PERMANENTFLAGS"
	CodeReadOnly             = "READ-ONLY"
	CodeReadWrite            = "READ-WRITE"
	CodeUIDNext              = "UIDNEXT"
	CodeUIDValidity          = "UIDVALIDITY"
	CodeUnavailable          = "UNAVAILABLE"
	CodeAuthenticationFailed = "AUTHENTICATIONFAILED"
	CodeAuthorizationFailed  = "AUTHORIZATIONFAILED"
	CodeExpired              = "EXPIRED"
	CodePrivacyRequired      = "PRIVACYREQUIRED"
	CodeContactAdmin         = "CONTACTADMIN"
	CodeNoPerm               = "NOPERM"
	CodeInUse                = "INUSE"
	CodeCorruption           = "CORRUPTION"
	CodeExpungeIssued        = "EXPUNGEISSUED"
	CodeServerBug            = "SERVERBUG"
	CodeClientBug            = "CLIENTBUG"
	CodeCannot               = "CANNOT"
	CodeLimit                = "LIMIT"
	CodeOverQuota            = "OVERQUOTA"
	CodeNonexistent          = "NONEXISTENT"
	CodeThrottled            = "THROTTLED" // Gmail, RFC 9051 does not have it
	CodeWebAlert             = "WEBALERT"  // Gmail, with the address of a page
)

// parseStatus reads "STATUS [CODE ARGS] TEXT" if that is what rest is: a line
// after its tag. The word may be in any letter case (RFC 3501 §9).
func parseStatus(line, rest string) (Reply, bool) {
	word, text, _ := strings.Cut(rest, " ")
	word = strings.ToUpper(word)
	if !slices.Contains([]string{StatusOK, StatusNo, StatusBad, StatusPreauth, StatusBye}, word) {
		return Reply{}, false
	}
	r := Reply{Status: word, Line: line}
	r.Code, r.Args, r.Text = cutCode(text)
	return r, true
}

// cutCode cuts the response code off a reply's text. What does not follow the grammar of
// RFC 3501 §9 (resp-text-code) is part of the text.
func cutCode(text string) (code, args, rest string) {
	inner, ok := strings.CutPrefix(text, "[")
	if !ok {
		return "", "", text
	}
	inside, rest, ok := strings.Cut(inner, "]")
	code, args, _ = strings.Cut(inside, " ")
	if !ok || !isAtom(code) {
		return "", "", text
	}
	return strings.ToUpper(code), args, strings.TrimPrefix(rest, " ")
}

// Quote returns the line in quotation marks, without a list of capabilities in it.
func (r Reply) Quote() string {
	if r.Code != CodeCapability {
		return transport.Quote(r.Line)
	}
	return transport.Quote(strings.Replace(r.Line, r.Args, "...", 1))
}

// number reads the arguments of a response code that is a number, such as UIDNEXT.
func (r Reply) number() (uint32, bool) {
	n, err := strconv.ParseUint(r.Args, 10, 32)
	return uint32(n), err == nil && n > 0
}

// Bye is the error of a session that the server ended (RFC 3501 §7.1.5): instead of a
// greeting, or at any later time.
type Bye struct {
	// Reply has the server's words.
	Reply Reply
	// Verb is the command that was not answered, empty for the greeting.
	Verb string
	// Err is the error of the connection after it, if any.
	Err error
}

// Error quotes the server.
func (b *Bye) Error() string {
	return fmt.Sprintf("the server ended the session at %s: %s", cmp.Or(b.Verb, "its greeting"), transport.Quote(b.Reply.Line))
}

// Unwrap returns the error of the connection.
func (b *Bye) Unwrap() error { return b.Err }
