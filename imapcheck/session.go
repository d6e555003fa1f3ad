package imapcheck

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"mailprobe/transport"
	"mailprobe/wire"
)

// ErrAuthenticated is returned by STARTTLS, Login and Authenticate if the session is
// authenticated already, by PREAUTH or a log-in (RFC 3501 §6.2).
var ErrAuthenticated = errors.New("the session is authenticated already (RFC 3501 §6.2)")

// Session is the client's side of an IMAP session, with one method for each verb. A
// method sends its command, reads the whole answer, and returns a *Refusal for NO and
// BAD, a *ProtocolError for what is not IMAP, a *Bye if the server ended the session, or
// an error of the connection. A Session is not safe for concurrent use.
type Session struct {
	// Conn is the connection. For implicit TLS call its StartTLS before Greeting; for
	// STARTTLS after the verb's success.
	Conn *wire.Conn

	tags          int          // commands so far
	owed          bool         // an answer, or the rest of one, has not been read
	midCommand    bool         // the server may wait for more of the command that is owed an answer
	bye           *Reply       // the server has ended the session
	offered       Capabilities // as last listed, nil if unknown
	authenticated bool
	notices       []Reply
}

// NewSession returns a session on a new connection.
func NewSession(conn *wire.Conn) *Session {
	return &Session{Conn: conn, owed: true}
}

// Greeting reads the server's greeting: OK, or PREAUTH if the session is authenticated
// already (RFC 3501 §7.1.4). A greeting of BYE is a *Bye. It must come before every verb.
func (s *Session) Greeting() (Reply, error) {
	r, err := readResponse(s.Conn, maxLine, nil)
	var fault *ProtocolError
	if errors.As(err, &fault) {
		fault.Where = theGreeting
	}
	if err != nil {
		return Reply{}, err
	}
	switch {
	case r.status == nil || r.tag != "*" || r.status.Status == StatusNo || r.status.Status == StatusBad:
		return Reply{Line: r.line()}, transport.Malformed(theGreeting, r.line(), `"* OK", "* PREAUTH" or "* BYE" and a text (RFC 3501 §7.1)`)
	case r.status.Status == StatusBye:
		s.bye = r.status
		return *r.status, &Bye{Reply: *r.status}
	}
	s.owed = false
	s.authenticated = r.status.Status == StatusPreauth
	return *r.status, s.note(*r.status)
}

const theGreeting = "the greeting"

// line returns the response as the server sent it, up to its first literal.
func (r response) line() string {
	switch {
	case r.status != nil:
		return r.status.Line
	case r.data != nil:
		return r.data.line
	}
	return r.tag + " " + r.prompt
}

// STARTTLS sends STARTTLS (RFC 3501 §6.2.1). After its success make the handshake with
// Conn.StartTLS, which refuses bytes that came ahead of it, then call Capability again:
// what was offered before is forgotten.
func (s *Session) STARTTLS() (Reply, error) {
	if s.authenticated {
		return Reply{}, ErrAuthenticated
	}
	reply, err := s.command("STARTTLS").run()
	if err == nil {
		s.offered = nil
	}
	return reply, err
}

// Noop sends NOOP (RFC 3501 §6.1.2). Some servers announce new messages only then.
func (s *Session) Noop() (Reply, error) { return s.command("NOOP").run() }

// Logout ends the session and reads the server's BYE and confirmation (RFC 3501 §6.1.3).
// If an earlier answer is still owed it sends LOGOUT, does not wait and returns
// transport.ErrOwed; if the server may wait for more of a command it sends nothing and
// returns transport.ErrMidCommand.
func (s *Session) Logout() (Reply, error) {
	if s.owed && s.midCommand {
		return Reply{}, transport.ErrMidCommand
	}
	c := s.command(verbLogout)
	if s.owed {
		return Reply{}, cmp.Or(s.Conn.Cmd("%s %s", c.tag, c.verb), transport.ErrOwed)
	}
	reply, err := c.run()
	if err == nil && s.bye == nil {
		err = transport.Malformed("the answer to LOGOUT", reply.Line, "one after an untagged BYE (RFC 3501 §6.1.3)")
	}
	return reply, err
}

const verbLogout = "LOGOUT"

// Notices returns and clears what the server said to the user since the last call:
// replies with the code ALERT, which must be shown, and untagged NO and BAD, which warn
// (RFC 3501 §7.1).
func (s *Session) Notices() []Reply {
	notices := s.notices
	s.notices = nil
	return notices
}

// maxNotices bounds how many notices are kept.
const maxNotices = 16

// note reads what a status response contains besides the answer.
func (s *Session) note(r Reply) error {
	if r.isNotice() && len(s.notices) < maxNotices {
		s.notices = append(s.notices, r)
	}
	switch r.Code {
	case CodeCapability:
		return s.learn(r.Args, r.Line)
	case CodeWebAlert:
		if token := pageToken(r.Args); len(token) >= shortestToken {
			s.Conn.Transcript.Hide(token)
		}
	}
	return nil
}

// shortestToken is the length, in bytes, below which a part of an address cannot sign
// anybody in, so that masking it would only hide other words.
const shortestToken = 8

// pageToken returns the part of a page's address that may sign its reader in: everything
// after the question mark, or after the last slash.
func pageToken(address string) wire.Secret {
	if _, query, ok := strings.Cut(address, "?"); ok {
		return wire.Secret(query)
	}
	return wire.Secret(address[strings.LastIndexByte(address, '/')+1:])
}

// isNotice reports whether the reply is for the user. A tagged refusal or a BYE is not:
// it is an error.
func (r Reply) isNotice() bool {
	untagged := strings.HasPrefix(r.Line, "*")
	switch r.Status {
	case StatusNo, StatusBad:
		return untagged
	case StatusBye:
		return false
	}
	return r.Code == CodeAlert
}

// begin checks that the server waits for a command.
func (s *Session) begin(verb string) error {
	switch {
	case s.bye != nil:
		return &Bye{Reply: *s.bye, Verb: verb}
	case s.owed:
		return fmt.Errorf("%s: %w", verb, transport.ErrOwed)
	}
	return nil
}
