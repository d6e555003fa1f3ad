package smtpcheck

import (
	"strings"

	"mailprobe/probe"
	"mailprobe/transport"
)

// language is what a line of the user's own may be. What names a message's sender and
// recipients may not be changed where one is sent.
func (c *Check) language() transport.Language {
	l := transport.Language{
		Steps:   stepNames(),
		Closed:  []string{"mx", "resolve", "tlsa", transport.EnforcedStep, "connect", "tls", "data", "prdr", "command", "quit"},
		Longest: 510, // RFC 5321 §4.5.3.1.4
		Taken: map[string]probe.OptionName{
			"STARTTLS": "tls", "DATA": "send", "BDAT": "send", "AUTH": "user", "QUIT": "stop-after", "XCLIENT": "xclient",
			"EHLO": "helo", "HELO": "helo", "LHLO": "helo", "TURN": "", "ATRN": "",
		},
	}
	if c.Send {
		l.Taken["MAIL"], l.Taken["RCPT"], l.Taken["RSET"] = "from", "to", "to"
	}
	if c.PRDR {
		l.Closed = append(l.Closed, "message")
	}
	return l
}

// prepareCommands checks the lines of --command.
func (c *Check) prepareCommands() error {
	if c.Pipeline && len(c.Commands) > 0 {
		return probe.OptionErrorf("%s would come among the commands of %s: leave out one of them", probe.OptionName(transport.CommandStep), probe.OptionName("pipeline"))
	}
	return c.Commands.Prepare(c.language())
}

// Command sends a line of the caller's own and reads its reply. A reply of 3xx is returned
// with transport.ErrMidCommand: the server takes what comes next for more of it.
func (s *Session) Command(line string) (Reply, error) {
	verb, _, _ := strings.Cut(line, " ")
	if err := s.inTurn(verb); err != nil {
		return replyIn(err), err
	}
	if err := s.conn.Cmd("%s", line); err != nil {
		return Reply{}, err
	}
	r, err := s.receive()
	if err == nil && r.Intermediate() {
		s.midCommand = true
		return r, transport.ErrMidCommand
	}
	return r, refused(verb, r, err, Reply.Positive)
}

// command is the step of a line of the user's own.
func (w *walk) command(s *probe.Step, line string) error {
	mark := w.Result.Transcript.Len()
	r, err := w.session.Command(line)
	w.learn(s, r)
	said := w.Result.Transcript.ServerSaid(mark)
	if transport.IsRefusal(err) {
		said = nil // the error quotes all lines
	}
	return w.Replied(s, said, err)
}
