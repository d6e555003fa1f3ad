package transport

import (
	"errors"
	"fmt"

	"mailprobe/internal/cut"
	"mailprobe/wire"
)

// Reply is a server's answer to one command.
type Reply interface {
	// Quote returns the answer in quotation marks, as errors and details show it.
	Quote() string
}

// Refusal is the error of a command that the server refused. R is the reply of the
// protocol.
type Refusal[R Reply] struct {
	// Verb is the command without its arguments, which may be secret: "STAT",
	// "AUTH PLAIN".
	Verb string
	// Reply is the answer.
	Reply R
	// Reason is what the server said about it in a challenge, as OAUTHBEARER does
	// (RFC 7628 §3.2.2); mostly empty.
	Reason string
	// Notices are what an IMAP server said to the user before it refused the command.
	Notices []R
}

// Error quotes the server.
func (r *Refusal[R]) Error() string {
	return fmt.Sprintf("the server refused %s: %s", r.Verb, r.Reply.Quote()) + r.Because()
}

// Because returns the end of the error text: the reason, if there is one.
func (r *Refusal[R]) Because() string {
	if r.Reason == "" {
		return ""
	}
	return ", because of " + Quote(r.Reason)
}

func (r *Refusal[R]) setReason(reason string) { r.Reason = reason }

// anyRefusal is a Refusal of any protocol.
type anyRefusal interface{ setReason(string) }

// IsRefusal reports whether an error is a Refusal, of whichever protocol.
func IsRefusal(err error) bool {
	var r anyRefusal
	return errors.As(err, &r)
}

// ErrOwed is the error of a verb where the answer to an earlier command has not been
// read to its end, so the next answer could not be distinguished from it.
var ErrOwed = errors.New("an earlier answer is still owed")

// ProtocolError is an answer that does not follow the standard. It is a
// wire.ErrProtocol.
type ProtocolError struct {
	// Where says which answer, or which part of it.
	Where string
	// Said is what the server sent.
	Said string
	// Want is what should have come, with the section of the RFC.
	Want string
}

// Malformed returns a ProtocolError.
func Malformed(where, said, want string) *ProtocolError { return &ProtocolError{where, said, want} }

// Error quotes the server.
func (e *ProtocolError) Error() string {
	return fmt.Sprintf("%s is %s, not %s", e.Where, Quote(e.Said), e.Want)
}

// Is reports whether target is wire.ErrProtocol.
func (e *ProtocolError) Is(target error) bool { return target == wire.ErrProtocol }

// IsMalformed reports whether an error is a ProtocolError.
func IsMalformed(err error) bool {
	var e *ProtocolError
	return errors.As(err, &e)
}

// maxQuoted is how many bytes of a server's line an error quotes.
const maxQuoted = 200

// Quote returns the beginning of a server's line in quotation marks.
func Quote(line string) string {
	return cut.Quoted(line, maxQuoted)
}
