package pop3check

import (
	"errors"
	"strings"

	"mailprobe/probe"
	"mailprobe/transport"
	"mailprobe/wire"
)

// language is what a line of the user's own may be.
func (c *Check) language() transport.Language {
	return transport.Language{
		Steps:   stepNames(),
		Closed:  []string{"resolve", transport.EnforcedStep, "connect", "tls", transport.CommandStep, "quit"},
		Longest: maxCommand - len("\r\n"),
		Taken: map[string]probe.OptionName{
			"STLS": "tls", "AUTH": "user", "USER": "user", "PASS": "user", "APOP": "user", "RETR": "retrieve", "QUIT": "",
		},
		Spoiling: []string{"DELE"},
	}
}

// multiline lists the commands with answers of several lines, up to a lone dot, and how many
// arguments they have then; -1 for any number. Whether an answer goes on does not show in
// itself (RFC 1939 §3): other commands are taken to have one line.
var multiline = map[string]int{
	"LIST": 0, "UIDL": 0, "TOP": -1, // RFC 1939 §5, §7
	"CAPA": -1, // RFC 2449 §5
	"LANG": 0,  // RFC 6856 §3.2
}

// Command sends a line of the caller's own and reads its answer: of LIST and UIDL without an
// argument, TOP, CAPA and LANG all lines, of others one. An answer with "+" is returned with
// transport.ErrMidCommand: the server takes what comes next for more of the command.
func (s *Session) Command(line string) (Reply, error) {
	words := strings.Fields(line)
	verb := strings.ToUpper(words[0])
	if err := s.sendLine(verb, "%s", line); err != nil {
		return Reply{}, err
	}
	answer, err := s.Conn.ReadLine()
	if err != nil {
		return Reply{}, err
	}
	if _, s.midCommand = cutChallenge(answer); s.midCommand {
		return Reply{Line: answer}, transport.ErrMidCommand
	}
	s.owed = false
	reply, err := readVerdict(verb, answer)
	if args, ok := multiline[verb]; err == nil && ok && (args < 0 || args == len(words)-1) {
		err = s.lines(verb, s.listingLimit(), func(string) error { return nil })
	}
	return reply, err
}

// surplus gives the error of a reply that nobody asked for its cause, if it may be the rest of
// an answer to a line of the user's own.
func (c *Check) surplus(err error) error {
	if len(c.Commands) == 0 || !errors.Is(err, wire.ErrOutOfStep) {
		return err
	}
	return probe.Because(probe.CauseUsage.Advise("an answer of several lines can be read to CAPA, LANG, LIST, TOP and UIDL only: leave out another command with --command that has such"), err)
}

// command is the step of a line of the user's own.
func (w *walk) command(s *probe.Step, line string) error {
	mark := w.Result.Transcript.Len()
	_, err := w.session.Command(line)
	said := w.Result.Transcript.ServerSaid(mark)
	if n := len(said); n > 1 && said[n-1] == "." {
		said = said[:n-1]
	}
	return w.Replied(s, said, w.surplus(err))
}
