package imapcheck

import (
	"strings"

	"mailprobe/probe"
	"mailprobe/transport"
)

// language is what a line of the user's own may be.
func (c *Check) language() transport.Language {
	return transport.Language{
		Steps:   stepNames(),
		Closed:  []string{"resolve", transport.EnforcedStep, "connect", "tls", transport.CommandStep, "logout"},
		Longest: 8000, // RFC 7162 §4, less the tag
		Taken: map[string]probe.OptionName{
			"STARTTLS": "tls", "LOGIN": "user", "AUTHENTICATE": "user", "UNAUTHENTICATE": "user", "SELECT": "mailbox",
			"LOGOUT": "", "IDLE": "", "COMPRESS": "",
		},
		Spoiling: []string{
			"STORE", "EXPUNGE", "CLOSE", "COPY", "MOVE", "APPEND", "REPLACE", "UID STORE", "UID EXPUNGE", "UID COPY", "UID MOVE", "UID REPLACE",
			"CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "SETACL", "DELETEACL", "SETQUOTA", "SETMETADATA", "SETANNOTATION",
			"RESETKEY",
		},
	}
}

// prepareCommands checks the lines of --command. A line that ends in the announcement of a
// literal would need another one after it, and the tag is this side's.
func (c *Check) prepareCommands() error {
	if err := c.Commands.Prepare(c.language()); err != nil {
		return err
	}
	option := probe.OptionName(transport.CommandStep)
	for _, each := range c.Commands {
		words := strings.Fields(each.Line)
		if _, _, announces := cutAnnouncement(each.Line); announces {
			return probe.OptionErrorf("%s %q ends in a literal, which would follow in another line: put the text in quotes", option, each.Line)
		}
		if len(words) > 1 && looksLikeTag(words[0]) {
			return probe.OptionErrorf("%s %q begins with a tag: give the command alone, such as %q", option, each.Line, strings.Join(words[1:], " "))
		}
	}
	return nil
}

// looksLikeTag reports whether a word is a tag as people write it: "1", ".", "a1", "A002".
func looksLikeTag(word string) bool {
	letters := strings.TrimRight(word, "0123456789.")
	return letters != word && len(letters) <= 2
}

// Command sends a line of the caller's own with a tag, and reads its answer up to the tagged
// response. If the server asks for more of it, the error is transport.ErrMidCommand.
func (s *Session) Command(line string) (Reply, error) {
	verb, rest, more := strings.Cut(line, " ")
	c := s.command(verb)
	c.asked = true
	var args []any
	if more {
		args = []any{rest}
	}
	r, err := c.send(args...)
	if err != nil {
		return Reply{}, err
	}
	if r.tag == "+" {
		s.midCommand = true
		return Reply{Line: r.line()}, transport.ErrMidCommand
	}
	return c.end(r)
}

// ownLine is the step of a line of the user's own.
func (w *walk) ownLine(s *probe.Step, line string) error {
	mark := w.Result.Transcript.Len()
	_, err := w.session.Command(line)
	return w.Replied(s, w.Result.Transcript.ServerSaid(mark), err)
}
