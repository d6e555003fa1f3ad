package smtpcheck

import (
	"fmt"
	"io"
	"strings"

	"mailprobe/wire"
)

// Session is an SMTP or LMTP session on a connection, one method a verb. A
// negative reply is returned together with a *ReplyError that quotes it; any other
// error means that the connection is of no use any more.
type Session struct {
	// LMTP makes it an LMTP session.
	LMTP bool
	// Extensions are those of the last EHLO.
	Extensions Extensions

	conn       *wire.Conn
	ahead      []string // commands that were pipelined and not answered yet
	recipients []string // those accepted, which LMTP answers one by one
}

// NewSession begins a session on a connection on which nothing has been said yet.
func NewSession(conn *wire.Conn) *Session { return &Session{conn: conn} }

// Greeting reads what the server says first. It may take its time over several
// lines (RFC 5321 §4.3.1); nothing is sent before its end.
func (s *Session) Greeting() (Reply, error) {
	r, err := readReply(s.conn)
	return r, refused("the connection", r, err, Reply.Positive)
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
	return s.command(Reply.Intermediate, "DATA")
}

// Message hands over a message whose lines end in CRLF, ends it with the lone dot
// and reads the verdict: one reply, or with LMTP one for each recipient that was
// accepted. The error is that of the first negative one.
func (s *Session) Message(text io.Reader) ([]Reply, error) {
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
		r, err := readReply(s.conn)
		err = refused("the message", r, err, Reply.Positive)
		replies = append(replies, r)
		if err != nil && !isReply(err) {
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

// Quit ends the session, after the replies to pipelined commands.
func (s *Session) Quit() (Reply, error) {
	if err := s.drain(); err != nil {
		return Reply{}, err
	}
	return s.command(Reply.Positive, "QUIT")
}

// Pipeline sends commands together (RFC 2920). The methods for them, called next
// in the same order, then only read the replies.
func (s *Session) Pipeline(commands ...string) error {
	for _, c := range commands {
		if err := s.conn.Queue("%s", c); err != nil {
			return err
		}
	}
	s.ahead = append(s.ahead, commands...)
	return s.conn.Flush()
}

// drain reads the replies to pipelined commands that nobody waits for any more.
// A server that says go on to DATA is given a lone dot (RFC 2920 §3.1).
func (s *Session) drain() error {
	for len(s.ahead) > 0 {
		command := s.ahead[0]
		s.ahead = s.ahead[1:]
		r, err := readReply(s.conn)
		if err != nil {
			return err
		}
		if command == "DATA" && r.Intermediate() {
			if err := s.loneDot(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Session) loneDot() error {
	err := s.conn.WriteBody(func(w io.Writer) error {
		_, err := io.WriteString(w, ".\r\n")
		return err
	})
	if err == nil {
		_, err = readReply(s.conn)
	}
	return err
}

// command sends a command, unless it was pipelined, and reads its reply.
func (s *Session) command(good func(Reply) bool, format string, args ...any) (Reply, error) {
	text := fmt.Sprintf(format, args...)
	if len(s.ahead) > 0 {
		if s.ahead[0] != text {
			return Reply{}, fmt.Errorf("%q was called for where %q is next in the pipeline", text, s.ahead[0])
		}
		s.ahead = s.ahead[1:]
	} else if err := s.conn.Cmd(format, args...); err != nil {
		return Reply{}, err
	}
	r, err := readReply(s.conn)
	verb, _, _ := strings.Cut(text, " ")
	return r, refused(verb, r, err, good)
}

// refused returns the error of a reply that is not a good one.
func refused(verb string, r Reply, err error, good func(Reply) bool) error {
	if err == nil && !good(r) {
		return &ReplyError{verb, r}
	}
	return err
}
