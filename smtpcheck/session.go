package smtpcheck

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"mailprobe/transport"
	"mailprobe/wire"
)

// ErrOutOfStep is a reply that nobody asked for: one that was there before the
// command it would be taken to answer, or that cannot be the answer to it. Which
// command each reply belongs to is not known any more. It is an ErrProtocol.
var ErrOutOfStep = fmt.Errorf("%w: %w", ErrProtocol, wire.ErrOutOfStep)

// ErrUnsent is what Quit returns where the server waits for the text of a message
// that is not to be sent: only hanging up sends nothing.
var ErrUnsent = errors.New("the server waits for a message that is not to be sent, and even an empty one would be delivered")

// Session is an SMTP or LMTP session on a connection, one method a verb. A
// negative reply is returned together with a *Refusal that quotes it; any other
// error means that the connection is of no use any more.
type Session struct {
	// LMTP makes it an LMTP session.
	LMTP bool
	// Extensions are those of the last EHLO.
	Extensions Extensions

	conn       *wire.Conn
	ahead      []string // commands that were pipelined and not answered yet
	recipients []string // those accepted, which LMTP answers one by one
	inData     bool     // the server waits for the text of a message
	owed       bool     // a reply did not come in its time
}

// The verbs that are told apart; a greeting answers none.
const (
	theConnection = "the connection"
	verbQuit      = "QUIT"
)

// NewSession begins a session on a connection on which nothing has been said yet.
func NewSession(conn *wire.Conn) *Session { return &Session{conn: conn} }

// Greeting reads what the server says first. It may take its time over several
// lines (RFC 5321 §4.3.1); nothing is sent before its end.
func (s *Session) Greeting() (Reply, error) {
	return s.read(theConnection, Reply.Positive)
}

// Ehlo names this host and learns what the server offers: EHLO, or LHLO.
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

// Helo names this host to a server that does not know EHLO (RFC 5321 §3.2).
func (s *Session) Helo(name string) (Reply, error) {
	return s.command(Reply.Positive, "HELO %s", name)
}

// StartTLS asks for TLS (RFC 3207). After a positive reply the handshake must
// follow, and then EHLO: what was offered before it no longer counts (§4.2).
func (s *Session) StartTLS() (Reply, error) {
	r, err := s.command(Reply.Positive, "STARTTLS")
	if err == nil {
		s.Extensions = nil
	}
	return r, err
}

// Mail names the sender; empty is the null sender. parameters are those of
// extensions, such as "SIZE=1000".
func (s *Session) Mail(from string, parameters ...string) (Reply, error) {
	s.recipients = nil
	return s.command(Reply.Positive, "%s", mailCommand(from, parameters))
}

// Rcpt names a recipient. Any 2xx is a yes, 251 and 252 as well (RFC 5321 §4.3.2).
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

// Data asks to hand over the message. After it comes Message.
func (s *Session) Data() (Reply, error) {
	r, err := s.command(Reply.Intermediate, "DATA")
	// Out of step, the server may wait for the message as well.
	s.inData = err == nil || errors.Is(err, ErrOutOfStep)
	return r, err
}

// Message hands over a message whose lines end in CRLF, ends it with the lone dot
// and reads the verdict: one reply, or with LMTP one for each recipient that was
// accepted. The error is that of the first negative one.
func (s *Session) Message(text io.Reader) ([]Reply, error) {
	s.inData = false
	if err := s.conn.WriteBody(func(w io.Writer) error { return writeDotted(w, text) }); err != nil {
		return nil, err
	}
	expected := 1
	if s.LMTP {
		// RFC 2033 §4.2: one reply for each previously successful RCPT.
		expected = len(s.recipients)
	}
	var replies []Reply
	var first error
	for range expected {
		r, err := s.read("the message", Reply.Positive)
		replies = append(replies, r)
		if err != nil && !transport.IsRefusal(err) {
			return replies, err
		}
		if first == nil {
			first = err
		}
	}
	return replies, first
}

// Rset forgets sender and recipients.
func (s *Session) Rset() (Reply, error) {
	s.recipients = nil
	return s.command(Reply.Positive, "RSET")
}

// Vrfy asks whether an address exists; 252 neither says yes nor no (RFC 5321 §3.5.3).
func (s *Session) Vrfy(address string) (Reply, error) {
	return s.command(Reply.Positive, "VRFY %s", address)
}

// Xclient tells a Postfix that permits it whom to take this client for. The
// session begins anew with the server's greeting, so EHLO must follow.
func (s *Session) Xclient(attributes ...string) (Reply, error) {
	s.Extensions = nil
	return s.command(Reply.Positive, "XCLIENT %s", strings.Join(attributes, " "))
}

// Quit ends the session, after the replies to pipelined commands. Where another
// reply follows one that is not 221, the replies were out of step: ErrOutOfStep.
// Where the server waits for a message it says nothing and returns ErrUnsent. Where an
// earlier reply is still owed it sends QUIT, waits for nothing and returns
// transport.ErrOwed.
func (s *Session) Quit() (Reply, error) {
	if s.owed {
		return Reply{}, cmp.Or(s.conn.Cmd(verbQuit), transport.ErrOwed)
	}
	if err := s.drain(); err != nil {
		return Reply{}, err
	}
	if s.inData {
		return Reply{}, ErrUnsent
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

// Pipeline sends commands together (RFC 2920). The methods for them, called next
// in the same order, then only read the replies. DATA may be the last of them where
// Data and Message will be called.
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

// drain reads the replies to pipelined commands that nobody waits for any more. A
// server that says go on to DATA though it accepted no recipient is given a lone dot
// (RFC 2920 §3.1); where it accepted one that would be an empty message.
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
		s.inData = verb == "DATA" && r.Intermediate()
		if s.inData && len(s.recipients) == 0 {
			if err := s.loneDot(); err != nil {
				return err
			}
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

// inTurn makes sure that the server waits for a command: it speaks only when asked,
// but for a 421, by which it may end the session at any time (RFC 5321 §3.8). That is
// the answer to the command, which need not be sent any more.
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

// read reads the reply to a command and makes an error of one that is not good.
func (s *Session) read(verb string, good func(Reply) bool) (Reply, error) {
	r, err := s.receive()
	if err == nil && impossible(verb, r.Code) {
		return r, fmt.Errorf("%w: %q cannot be the answer to %s", ErrOutOfStep, r, verb)
	}
	return r, refused(verb, r, err, good)
}

// impossible reports whether a code is that of other commands only (RFC 5321 §4.3.2,
// RFC 3207 §4, RFC 4954 §4). What comes after QUIT is for Quit to judge.
func impossible(verb string, code int) bool {
	switch {
	case verb == verbQuit:
		return false
	case code == 220:
		return verb != theConnection && verb != "STARTTLS" && verb != "XCLIENT"
	case code == 221, code == 235, code == 334:
		return true
	case code == 354:
		return verb != "DATA"
	}
	return code/100 == 2 && (verb == "DATA" || verb == "STARTTLS")
}

// receive reads one reply. One that did not come in its time may still come, and would be
// taken for the answer to the next command.
func (s *Session) receive() (Reply, error) {
	r, err := readReply(s.conn)
	s.owed = errors.Is(err, wire.ErrTimeout)
	return r, err
}

// refused returns the error of a reply that is not a good one.
func refused(verb string, r Reply, err error, good func(Reply) bool) error {
	if err == nil && !good(r) {
		return refusalOf(verb, r)
	}
	return err
}

// replyIn is the reply that an error is of, the zero Reply where it is of none.
func replyIn(err error) Reply {
	var e *Refusal
	if errors.As(err, &e) {
		return e.Reply
	}
	return Reply{}
}
