package mailtest

import (
	"bytes"
	"strconv"
	"strings"
)

// each calls f for the messages that are not marked as deleted, by number.
func (s *popSession) each(f func(number int, m *Message)) {
	for i := range s.messages {
		if !s.deleted[i] {
			f(i+1, &s.messages[i])
		}
	}
}

// pick returns the message of a number; where there is none it says so.
func (s *popSession) pick(number string) (index int, ok bool) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(s.messages) || s.deleted[n-1] {
		s.say("-ERR There's no message %s.", strconv.Quote(number))
		return 0, false
	}
	return n - 1, true
}

func (s *popSession) count() (messages, octets int) {
	s.each(func(_ int, m *Message) {
		messages++
		octets += len(m.Text)
	})
	return messages, octets
}

func (s *popSession) stat(string) {
	messages, octets := s.count()
	s.say("+OK %d %d", messages, octets)
}

func (s *popSession) list(argument string) {
	s.listing(argument, func(m *Message) string { return strconv.Itoa(len(m.Text)) })
}

func (s *popSession) uidl(argument string) {
	s.listing(argument, func(m *Message) string { return m.ID })
}

// listing answers LIST and UIDL: about one message or about all.
func (s *popSession) listing(argument string, value func(*Message) string) {
	if argument != "" {
		if i, ok := s.pick(argument); ok {
			s.say("+OK %d %s", i+1, value(&s.messages[i]))
		}
		return
	}
	messages, octets := s.count()
	s.say("+OK %d messages (%d octets)", messages, octets)
	s.each(func(number int, m *Message) { s.say("%d %s", number, value(m)) })
	s.say(".")
}

func (s *popSession) retr(argument string) {
	if i, ok := s.pick(argument); ok {
		s.say("+OK %d octets", len(s.messages[i].Text))
		s.send(s.messages[i].Text)
	}
}

// top sends the header, the blank line and so many lines of the body.
func (s *popSession) top(argument string) {
	number, count, _ := strings.Cut(argument, " ")
	lines, err := strconv.Atoi(strings.TrimSpace(count))
	if err != nil || lines < 0 {
		s.say("-ERR TOP needs a message and a number of lines")
		return
	}
	if i, ok := s.pick(number); ok {
		s.say("+OK")
		s.send(head(s.messages[i].Text, lines))
	}
}

// head cuts a message after so many lines of its body.
func head(text []byte, lines int) []byte {
	header, body, found := bytes.Cut(text, []byte("\r\n\r\n"))
	if !found {
		return text
	}
	length := len(header) + len("\r\n\r\n")
	for line := range bytes.Lines(body) {
		if lines--; lines < 0 {
			break
		}
		length += len(line)
	}
	return text[:length]
}

// send sends a message, a dot put before lines that begin with one (RFC 1939 §3).
func (s *popSession) send(text []byte) {
	for line := range bytes.Lines(text) {
		if line[0] == '.' {
			_ = s.out.WriteByte('.')
		}
		_, _ = s.out.Write(line)
	}
	s.say(".")
}

func (s *popSession) dele(argument string) {
	if i, ok := s.pick(argument); ok {
		s.deleted[i] = true
		s.say("+OK Marked to be deleted.")
	}
}

func (s *popSession) rset(string) {
	clear(s.deleted)
	s.say("+OK")
}

// quit removes what was marked (RFC 1939 §6).
func (s *popSession) quit(string) {
	s.ended = true
	if len(s.deleted) > 0 && s.host.Faults().KeepDeleted {
		s.say("-ERR [SYS/TEMP] Some deleted messages not removed")
		return
	}
	if s.box != nil {
		gone := map[uint32]bool{}
		for i := range s.deleted {
			gone[s.messages[i].UID] = true
		}
		s.box.remove(gone)
	}
	s.release()
	s.say("+OK Bye")
}
