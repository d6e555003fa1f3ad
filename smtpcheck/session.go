package smtpcheck

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"mailprobe/transport"
	"mailprobe/wire"
)

// ErrOutOfStep means that a reply came that nobody asked for: before the command that it
// would be taken to answer, or with a code that cannot answer it. It is then unknown
// which command each reply belongs to. It is an ErrProtocol.
var ErrOutOfStep = fmt.Errorf("%w: %w", ErrProtocol, wire.ErrOutOfStep)

// ErrUnsent is returned by Quit if the server waits for the text of a message that is not
// to be sent: only closing the connection sends nothing.
var ErrUnsent = errors.New("the server waits for a message that is not to be sent, and even an empty one would be delivered")

// Session is an SMTP or LMTP session, with one method for each verb. A negative reply is
// returned together with a *Refusal; after any other error the connection cannot be used
// any more.
type Session struct {
	// LMTP makes it an LMTP session.
	LMTP bool
	// PRDR is set if MAIL asks for a verdict for each recipient: after Message, Verdict
	// reads those.
	PRDR bool
	// Extensions are those of the last EHLO.
	Extensions Extensions

	conn       *wire.Conn
	ahead      []string // commands that were pipelined and not answered yet
	recipients []string // those accepted, which LMTP answers one by one
	pending    int      // replies to the message that are still to come
	inData     bool     // the server waits for the text of a message
	midCommand bool     // the server may wait for more of the last command
	half       bool     // a message was sent, but not its end
	owed       bool     // a reply did not come in its time
}

// The verbs that errors and codes depend on. The greeting answers none.
const (
	theConnection = "the connection"
	verbQuit      = "QUIT"
	verbData      = "DATA"
)

// NewSession returns a session on a new connection.
func NewSession(conn *wire.Conn) *Session { return &Session{conn: conn} }

// Greeting reads the server's greeting, which may take its time over several lines (RFC
// 5321 §4.3.1). Nothing is sent before its end.
func (s *Session) Greeting() (Reply, error) {
	return s.read(theConnection, Reply.Positive)
}

// Ehlo sends EHLO, or LHLO for LMTP, and reads the server's extensions.
func (s *Session) Ehlo(name string) (Reply, error) {
	verb := "EHLO"
	if s.LMTP {
		verb = "LHLO"
	}
	s.Extensions = nil
	r, err := s.command(Reply.Positive, "%s %s", verb, name)
	if err == nil {
		s.Extensions = parseExtensions(r.Lines[1:])
	}
	return r, err
}

// Helo sends HELO, for a server that does not know EHLO (RFC 5321 §3.2).
func (s *Session) Helo(name string) (Reply, error) {
	return s.command(Reply.Positive, "HELO %s", name)
}

// StartTLS sends STARTTLS (RFC 3207). After a positive reply the handshake must follow,
// and then EHLO: extensions offered before do not count any more (§4.2).
func (s *Session) StartTLS() (Reply, error) {
	r, err := s.command(Reply.Positive, "STARTTLS")
	if err == nil {
		s.Extensions = nil
	}
	return r, err
}

// Mail sends MAIL for a sender; empty is the null sender. parameters are those of
// extensions, such as "SIZE=1000".
func (s *Session) Mail(from string, parameters ...string) (Reply, error) {
	s.recipients = nil
	return s.command(Reply.Positive, "%s", mailCommand(from, parameters))
}

// Rcpt sends RCPT for a recipient. Any 2xx is success, including 251 and 252 (RFC 5321
// §4.3.2).
func (s *Session) Rcpt(to string, parameters ...string) (Reply, error) {
	r, err := s.command(Reply.Positive, "%s", rcptCommand(to, parameters))
	if err == nil {
		s.recipients = append(s.recipients, to)
	}
	return r, err
}

func mailCommand(from string, parameters []string) string {
	return strings.Join(append([]string{"MAIL FROM:<" + from + ">"}, parameters...), " ")
}

func rcptCommand(to string, parameters []string) string {
	return strings.Join(append([]string{"RCPT TO:<" + to + ">"}, parameters...), " ")
}

// Data sends DATA. Message must follow.
func (s *Session) Data() (Reply, error) {
	r, err := s.command(Reply.Intermediate, verbData)
	// Out of step, or too late for this side, the server may wait for the message as well.
	s.inData = err == nil || errors.Is(err, ErrOutOfStep) || s.owed
	return r, err
}

// Rset sends RSET, which drops sender and recipients.
func (s *Session) Rset() (Reply, error) {
	s.recipients = nil
	return s.command(Reply.Positive, "RSET")
}

// Vrfy sends VRFY for an address; a reply of 252 leaves open whether it exists (RFC 5321
// §3.5.3).
func (s *Session) Vrfy(address string) (Reply, error) {
	return s.command(Reply.Positive, "VRFY %s", address)
}

// Xclient sends XCLIENT, by which a Postfix that permits it takes this client for
// another. The session starts again with the server's greeting, so EHLO must follow.
func (s *Session) Xclient(attributes ...string) (Reply, error) {
	s.Extensions = nil
	return s.command(Reply.Positive, "XCLIENT %s", strings.Join(attributes, " "))
}

// Xforward sends XFORWARD, by which a Postfix that permits it is told where mail came from.
func (s *Session) Xforward(attributes ...string) (Reply, error) {
	return s.command(Reply.Positive, "XFORWARD %s", strings.Join(attributes, " "))
}

// Quit sends QUIT, after it has read the replies to pipelined commands. If another reply
// follows one that is not 221, the replies were out of step: ErrOutOfStep. If the server
// waits for a message, or may do so, Quit sends nothing and returns ErrUnsent, or ErrHalfSent
// where it has a part of one; in the middle of another command it returns
// transport.ErrMidCommand. If an earlier reply is still owed, it sends QUIT, does not wait
// and returns transport.ErrOwed.
func (s *Session) Quit() (Reply, error) {
	switch {
	case s.midCommand:
		return Reply{}, transport.ErrMidCommand
	case s.owed && (s.inData || slices.Contains(s.ahead, verbData)):
		return Reply{}, fmt.Errorf("DATA may be accepted yet: then %w", ErrUnsent)
	case s.owed:
		return Reply{}, cmp.Or(s.conn.Cmd(verbQuit), transport.ErrOwed)
	}
	if err := s.drain(); err != nil {
		return Reply{}, err
	}
	switch {
	case s.inData:
		return Reply{}, ErrUnsent
	case s.half:
		return Reply{}, ErrHalfSent
	}
	r, err := s.command(Reply.Positive, verbQuit)
	if err != nil && !transport.IsRefusal(err) || r.Code == 221 || r.Code == 421 {
		return r, err
	}
	// RFC 5321 §4.1.1.10: the answer is 221, and the server hangs up after it. One
	// that goes on had not answered QUIT yet.
	if next, later := s.receive(); later == nil {
		return r, fmt.Errorf("%w: after QUIT came %q and then %q", ErrOutOfStep, r, next)
	}
	return r, err
}

// Pipeline sends commands together (RFC 2920). Their methods, called next in the same
// order, then only read the replies. DATA may be the last command if Data and Message
// will be called.
func (s *Session) Pipeline(commands ...string) error {
	if err := s.inTurn("the pipeline"); err != nil {
		return err
	}
	for _, c := range commands {
		if err := s.conn.Queue("%s", c); err != nil {
			return err
		}
	}
	s.ahead = append(s.ahead, commands...)
	return s.conn.Flush()
}

// drain reads the replies that nobody waits for any more, to pipelined commands and to a
// message. A server
// that accepts DATA without an accepted recipient gets a lone dot (RFC 2920 §3.1); with
// one, that would send an empty message.
func (s *Session) drain() error {
	for len(s.ahead) > 0 {
		command := s.ahead[0]
		s.ahead = s.ahead[1:]
		r, err := s.receive()
		if err != nil {
			return err
		}
		verb, _, _ := strings.Cut(command, " ")
		if verb == "RCPT" && r.Positive() {
			s.recipients = append(s.recipients, command)
		}
		s.inData = verb == verbData && r.Intermediate()
		if s.inData && len(s.recipients) == 0 {
			if err := s.loneDot(); err != nil {
				return err
			}
		}
	}
	for ; s.pending > 0; s.pending-- {
		if _, err := s.receive(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) loneDot() error {
	s.inData = false
	err := s.conn.WriteBody(func(w io.Writer) error {
		_, err := io.WriteString(w, ".\r\n")
		return err
	})
	if err == nil {
		_, err = s.receive()
	}
	return err
}

// command sends a command, unless it was pipelined, and reads its reply.
func (s *Session) command(good func(Reply) bool, format string, args ...any) (Reply, error) {
	text := fmt.Sprintf(format, args...)
	verb, _, _ := strings.Cut(text, " ")
	if len(s.ahead) > 0 {
		if s.ahead[0] != text {
			return Reply{}, fmt.Errorf("%q was called for where %q is next in the pipeline", text, s.ahead[0])
		}
		s.ahead = s.ahead[1:]
	} else if err := s.inTurn(verb); err != nil {
		return replyIn(err), err
	} else if err := s.conn.Cmd(format, args...); err != nil {
		return Reply{}, err
	}
	return s.read(verb, good)
}

// inTurn checks that the server waits for a command. It speaks only when asked, except
// for a 421, by which it may end the session at any time (RFC 5321 §3.8) and which then
// answers the command.
func (s *Session) inTurn(verb string) error {
	if !s.conn.Waiting() {
		return nil
	}
	r, err := s.receive()
	switch {
	case err != nil:
		return err
	case r.Code == 421:
		return refusalOf(verb, r)
	}
	return fmt.Errorf("%w: before %s was sent came %q", ErrOutOfStep, verb, r)
}

// read reads the reply to a command and returns an error if it is not good.
func (s *Session) read(verb string, good func(Reply) bool) (Reply, error) {
	r, err := s.receive()
	if err == nil && impossible(verb, r.Code) {
		return r, fmt.Errorf("%w: %q cannot be the answer to %s", ErrOutOfStep, r, verb)
	}
	return r, refused(verb, r, err, good)
}

// impossible reports whether a code can only answer other commands (RFC 5321 §4.3.2, RFC
// 3207 §4, RFC 4954 §4). Quit judges what follows QUIT.
func impossible(verb string, code int) bool {
	switch {
	case verb == verbQuit:
		return false
	case code == 220:
		return verb != theConnection && verb != "STARTTLS" && verb != "XCLIENT"
	case code == 334:
		return verb != "AUTH"
	case code == 221, code == 235:
		return true
	case code == 354:
		return verb != verbData
	}
	return code/100 == 2 && (verb == verbData || verb == "STARTTLS")
}

// receive reads one reply. A reply that timed out may still come, and would be taken for
// that to the next command.
func (s *Session) receive() (Reply, error) {
	r, err := readReply(s.conn)
	s.owed = errors.Is(err, wire.ErrTimeout)
	return r, err
}

// refused returns the error of a reply that is not good.
func refused(verb string, r Reply, err error, good func(Reply) bool) error {
	if err == nil && !good(r) {
		return refusalOf(verb, r)
	}
	return err
}

// replyIn returns the reply of a Refusal, the zero Reply for other errors.
func replyIn(err error) Reply {
	var e *Refusal
	if errors.As(err, &e) {
		return e.Reply
	}
	return Reply{}
}
