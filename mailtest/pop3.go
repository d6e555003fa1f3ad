package mailtest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// maxLine is the longest line of POP3 that is read, in bytes: RFC 2449 §4 allows
// 255, SASL needs more (RFC 5034 §4).
const maxLine = 4096

// maxFailedLogins is how many log-ins may fail in one session.
const maxFailedLogins = 3

// servePOP3 runs the POP3 server.
func (h *Host) servePOP3(p *port, listener net.Listener) {
	h.running.Go(func() {
		for {
			socket, err := listener.Accept()
			if err != nil {
				return
			}
			h.running.Go(func() {
				defer func() { _ = socket.Close() }()
				newPOP3Session(h, p.service, socket).serve()
			})
		}
	})
}

// popSession is one client's session (RFC 1939).
type popSession struct {
	host      *Host
	service   Service
	socket    net.Conn
	in        *bufio.Reader
	out       *bufio.Writer
	timestamp string // for APOP
	user      string // that USER named
	failed    int    // log-ins
	ended     bool

	box      *mailbox // after the log-in
	messages []Message
	deleted  map[int]bool // by index
}

func newPOP3Session(h *Host, service Service, socket net.Conn) *popSession {
	s := &popSession{host: h, service: service, timestamp: fmt.Sprintf("<%s.%d@%s>", h.queue.newID(), time.Now().Unix(), h.config.Name)}
	s.use(socket)
	return s
}

// use goes on on another connection, or above TLS.
func (s *popSession) use(socket net.Conn) {
	s.socket, s.in, s.out = socket, bufio.NewReaderSize(socket, maxLine), bufio.NewWriter(socket)
}

// serve carries out commands until the session ends. Without QUIT nothing is
// deleted (RFC 1939 §6).
func (s *popSession) serve() {
	defer s.release()
	greeting := "+OK " + s.host.config.Name + " POP3 ready"
	if s.knows("APOP") {
		greeting += " " + s.timestamp
	}
	s.say("%s", greeting)
	for !s.ended && s.out.Flush() == nil {
		line, ok := s.read()
		if !ok {
			return
		}
		verb, argument, _ := strings.Cut(line, " ")
		verb = strings.ToUpper(verb)
		if s.host.dropsAt(s.service, verb) {
			return
		}
		s.obey(verb, strings.TrimSpace(argument))
	}
	_ = s.out.Flush()
}

// read reads a line.
func (s *popSession) read() (string, bool) {
	_ = s.socket.SetDeadline(time.Now().Add(idleLimit))
	line, err := s.in.ReadSlice('\n')
	if err != nil {
		return "", false
	}
	return strings.TrimRight(string(line), "\r\n"), true
}

func (s *popSession) say(format string, args ...any) {
	fmt.Fprintf(s.out, format+"\r\n", args...)
}

// command is a verb of POP3.
type command struct {
	needsLogin bool // only after the log-in, else only before
	anyTime    bool
	run        func(s *popSession, argument string)
}

// commandOf returns what a verb does.
func commandOf(verb string) (command, bool) {
	switch verb {
	case "CAPA":
		return command{anyTime: true, run: (*popSession).capa}, true
	case "QUIT":
		return command{anyTime: true, run: (*popSession).quit}, true
	case "STLS":
		return command{run: (*popSession).stls}, true
	case "USER":
		return command{run: (*popSession).name}, true
	case "PASS":
		return command{run: (*popSession).pass}, true
	case "APOP":
		return command{run: (*popSession).apop}, true
	case "AUTH":
		return command{run: (*popSession).auth}, true
	case "STAT":
		return command{needsLogin: true, run: (*popSession).stat}, true
	case "LIST":
		return command{needsLogin: true, run: (*popSession).list}, true
	case "UIDL":
		return command{needsLogin: true, run: (*popSession).uidl}, true
	case "TOP":
		return command{needsLogin: true, run: (*popSession).top}, true
	case "RETR":
		return command{needsLogin: true, run: (*popSession).retr}, true
	case "DELE":
		return command{needsLogin: true, run: (*popSession).dele}, true
	case "RSET":
		return command{needsLogin: true, run: (*popSession).rset}, true
	case "NOOP":
		return command{needsLogin: true, run: func(s *popSession, _ string) { s.say("+OK") }}, true
	}
	return command{}, false
}

// knows reports whether the server has a verb.
func (s *popSession) knows(verb string) bool {
	return !slices.Contains(s.host.config.Without, verb)
}

// obey carries out a command.
func (s *popSession) obey(verb, argument string) {
	c, ok := commandOf(verb)
	switch {
	case !ok || !s.knows(verb):
		s.say("-ERR Unknown command")
	case !c.anyTime && c.needsLogin != (s.box != nil):
		s.say("-ERR Command not permitted in this state")
	default:
		c.run(s, argument)
	}
}

// secure reports whether the connection is by TLS.
func (s *popSession) secure() bool {
	_, ok := s.socket.(*tls.Conn)
	return ok
}

// capa lists what the server can do (RFC 2449).
func (s *popSession) capa(string) {
	s.say("+OK Capability list follows")
	for _, line := range []string{"TOP", "UIDL", "RESP-CODES", "PIPELINING", "AUTH-RESP-CODE"} {
		if s.knows(line) {
			s.say("%s", line)
		}
	}
	if !s.secure() && s.knows("STLS") {
		s.say("STLS")
	}
	if s.secure() || s.host.config.InsecureAuth {
		s.say("USER")
		if s.knows("AUTH") {
			s.say("SASL %s", strings.Join(mechanisms(), " "))
		}
	}
	if d := s.host.Faults().LoginDelay; d > 0 {
		s.say("LOGIN-DELAY %d", int(d.Seconds()))
	}
	s.say(".")
}

// stls turns on TLS (RFC 2595 §4). Bytes that came ahead of the handshake end the
// session.
func (s *popSession) stls(string) {
	if s.secure() {
		s.say("-ERR TLS is on already")
		return
	}
	s.say("+OK Begin TLS negotiation now")
	if s.out.Flush() != nil || s.in.Buffered() > 0 {
		s.ended = true
		return
	}
	t := tls.Server(s.socket, s.host.tlsConfig(s.service))
	if t.Handshake() != nil {
		s.ended = true
		return
	}
	s.user = ""
	s.use(t)
}
