package shellword

import (
	"fmt"
	"strings"
)

// Split returns the words of a text as a POSIX shell reads them (IEEE Std 1003.1, Shell
// Command Language, section 2.2): quotation marks and backslashes keep what stands in or
// behind them. Nothing is expanded, so that $, *, ~, # and operators are plain characters.
// The error says which quotation mark is open.
func Split(text string) ([]string, error) {
	s := splitter{rest: text}
	for s.rest != "" {
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	s.end()
	return s.words, nil
}

// A splitter has read the beginning of a text.
type splitter struct {
	rest  string
	words []string
	word  strings.Builder
	begun bool // there is a word, perhaps an empty one
}

// next reads a character, or all between quotation marks.
func (s *splitter) next() error {
	c := s.rest[0]
	s.rest = s.rest[1:]
	switch c {
	case ' ', '\t', '\n':
		s.end()
	case '\'':
		text, rest, ok := strings.Cut(s.rest, "'")
		s.add(text)
		s.rest = rest
		return open(c, ok)
	case '"':
		return s.double()
	case '\\':
		s.escaped("")
	default:
		s.add(string([]byte{c}))
	}
	return nil
}

// double reads to the closing double quotation mark.
func (s *splitter) double() error {
	s.add("")
	for s.rest != "" {
		c := s.rest[0]
		s.rest = s.rest[1:]
		switch c {
		case '"':
			return nil
		case '\\':
			s.escaped("$`\"\\\n")
		default:
			s.word.WriteByte(c)
		}
	}
	return open('"', false)
}

// escaped reads what follows a backslash, which keeps its meaning before other characters
// than some; none stands for all. A line end behind it is none.
func (s *splitter) escaped(some string) {
	switch {
	case s.rest == "" || some != "" && !strings.Contains(some, s.rest[:1]):
		s.add(`\`)
		return
	case s.rest[0] != '\n':
		s.add(s.rest[:1])
	}
	s.rest = s.rest[1:]
}

func (s *splitter) add(text string) {
	s.begun = true
	s.word.WriteString(text)
}

func (s *splitter) end() {
	if s.begun {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.begun = false
}

// open is the error of a quotation mark that is not closed.
func open(mark byte, closed bool) error {
	if closed {
		return nil
	}
	return fmt.Errorf("the quotation mark %c is never closed", mark)
}
