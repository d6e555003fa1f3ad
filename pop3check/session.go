package pop3check

import (
	"cmp"
	"errors"
	"fmt"

	"mailprobe/transport"
	"mailprobe/wire"
)

// ErrLoggedIn is returned by STLS after a log-in (RFC 2595 §4).
var ErrLoggedIn = errors.New("STLS is for before the login only (RFC 2595 §4)")

// Session is the client's side of a POP3 session, with one method for each verb. A method
// sends its command, reads the whole answer, and returns a *Refusal for -ERR, a
// *ProtocolError for what is not POP3, or an error of the connection. A Session is not
// safe for concurrent use.
type Session struct {
	// Conn is the connection. For implicit TLS call its StartTLS before Greeting; for
	// STLS after the verb's success.
	Conn *wire.Conn

	timestamp  string       // APOP's message id from the greeting
	offered    Capabilities // of the last CAPA, none after STLS
	owed       bool         // an answer, or the rest of one, has not been read
	midCommand bool         // the server may wait for more of the last command
	loggedIn   bool
	counted    bool // STAT has counted the messages
	messages   int
	untidy     string // a line with other blanks than it may have
}

// Untidy returns and clears the first line of a listing, or of the answer to STAT, that
// had surplus blanks; empty for none.
func (s *Session) Untidy() string {
	line := s.untidy
	s.untidy = ""
	return line
}

// NewSession returns a session on a new connection.
func NewSession(conn *wire.Conn) *Session {
	return &Session{Conn: conn, owed: true}
}

// theSession stands where errors name a verb: the greeting answers none.
const theSession = "the session"

// Greeting is what the server says first (RFC 1939 §4).
type Greeting struct {
	Reply
	// Timestamp is the message id that APOP needs, with its angle brackets.
	// Empty where there is none or it is not well-formed: then APOP must not be
	// used (RFC 1939 §7).
	Timestamp string
}

// Greeting reads the greeting. It comes before every verb.
func (s *Session) Greeting() (Greeting, error) {
	reply, err := s.reply(theSession)
	if err != nil {
		return Greeting{Reply: reply}, err
	}
	s.timestamp = findTimestamp(reply.Text)
	return Greeting{reply, s.timestamp}, nil
}

// STLS asks for TLS (RFC 2595 §4). After its success make the handshake with
// Conn.StartTLS, which refuses bytes that came ahead of it, then ask Capa again:
// what was offered before is forgotten.
func (s *Session) STLS() (Reply, error) {
	if s.loggedIn {
		return Reply{}, ErrLoggedIn
	}
	reply, err := s.command("STLS")
	if err == nil {
		s.offered = nil
	}
	return reply, err
}

// Noop does nothing but ask for an answer (RFC 1939 §5).
func (s *Session) Noop() (Reply, error) { return s.command("NOOP") }

// Dele marks a message as deleted; QUIT removes it (RFC 1939 §5).
func (s *Session) Dele(message int) (Reply, error) { return s.command("DELE", message) }

// Rset takes the marks of Dele back (RFC 1939 §5).
func (s *Session) Rset() (Reply, error) { return s.command("RSET") }

// Quit ends the session and reads the server's confirmation: after Dele, that
// the messages are gone (RFC 1939 §6). Where an earlier answer is still owed it
// sends QUIT, waits for nothing and returns transport.ErrOwed; in the middle of
// another command it sends nothing and returns transport.ErrMidCommand.
func (s *Session) Quit() (Reply, error) {
	if s.midCommand {
		return Reply{}, transport.ErrMidCommand
	}
	if s.owed {
		return Reply{}, cmp.Or(s.Conn.Cmd("QUIT"), transport.ErrOwed)
	}
	return s.command("QUIT")
}

// command sends a verb with its arguments and reads the status line.
func (s *Session) command(verb string, args ...any) (Reply, error) {
	if err := s.send(verb, args...); err != nil {
		return Reply{}, err
	}
	return s.reply(verb)
}

// send sends a verb with its arguments, each after a space.
func (s *Session) send(verb string, args ...any) error {
	format := verb
	for range args {
		format += " %v"
	}
	return s.sendLine(verb, format, args...)
}

// sendLine sends a line for which errors have a verb.
func (s *Session) sendLine(verb, format string, args ...any) error {
	if err := s.inTurn(verb); err != nil {
		return err
	}
	err := s.Conn.Cmd(format, args...)
	s.owed = !errors.Is(err, wire.ErrInput)
	return err
}

// inTurn makes sure that the server waits for a command. POP3 has the server
// speak only when asked (RFC 1939 §3); whatever else it sent would be taken for
// the next answer.
func (s *Session) inTurn(verb string) error {
	if s.owed {
		return fmt.Errorf("%s: %w", verb, transport.ErrOwed)
	}
	if !s.Conn.Waiting() {
		return nil
	}
	s.owed = true
	line, err := s.Conn.ReadLine()
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: %w", wire.ErrOutOfStep, transport.Malformed("what the server sent before "+verb, line, "silence until it is asked (RFC 1939 §3)"))
}

// reply reads a status line.
func (s *Session) reply(verb string) (Reply, error) {
	line, err := s.Conn.ReadLine()
	if err != nil {
		return Reply{}, err
	}
	s.owed = false
	return readVerdict(verb, line)
}

// readVerdict makes an error of a line that does not say +OK.
func readVerdict(verb, line string) (Reply, error) {
	reply, err := ParseReply(line)
	var fault *ProtocolError
	switch {
	case errors.As(err, &fault):
		fault.Where = "the answer to " + verb
		if verb == theSession {
			fault.Where = "the greeting"
		}
		return reply, fault
	case !reply.OK:
		return reply, &Refusal{Verb: verb, Reply: reply}
	}
	return reply, nil
}

// body reads the lines after a positive answer (RFC 1939 §3).
func (s *Session) body(max int64, keep func(piece []byte, end bool) error) error {
	s.owed = true
	err := s.Conn.ReadBody(max, keep)
	s.owed = err != nil
	return err
}
