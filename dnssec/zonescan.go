package dnssec

import (
	"fmt"
	"strings"
)

// entry is a record or a directive of a zone file (RFC 1035 §5.1), with what the parser
// of records does not keep.
type entry struct {
	line       int // of its first word
	begin, end int // where its lines are in the file
	directive  string
	comment    string // the first one, without the semicolon
	glued      bool   // nothing stands between the semicolon and what is before it
	longest    int    // bytes in its longest word or string
}

// scanner splits a zone file into entries. It knows quotes, parentheses, comments and
// escapes, and nothing of records.
type scanner struct {
	text  string
	plain []byte // the text with blanks for comments and for line ends in parentheses
	at    int
	line  int
	entry entry
	depth int // of parentheses
	word  int // bytes of the present word or string
}

// scanZone returns the entries of a file, and its text with blanks in the place of
// comments and of line ends in parentheses. An error is about a quote or a parenthesis that
// is left open.
func scanZone(text string) (all []entry, plain []byte, err error) {
	s := &scanner{text: text, plain: []byte(text), line: 1}
	for s.at < len(text) {
		s.entry = entry{begin: s.at}
		if err := s.scan(); err != nil {
			return nil, nil, err
		}
		s.entry.end = s.at
		if s.entry.line > 0 {
			s.entry.directive = directiveOf(text[s.entry.begin:s.entry.end])
			all = append(all, s.entry)
		}
	}
	return all, s.plain, nil
}

// directiveOf returns the first word of an entry if that is a directive, in upper case.
func directiveOf(text string) string {
	if !strings.HasPrefix(text, "$") {
		return ""
	}
	end := strings.IndexAny(text, " \t\r\n;(")
	if end < 0 {
		end = len(text)
	}
	return strings.ToUpper(text[:end])
}

// scan reads to the end of an entry.
func (s *scanner) scan() error {
	opened := 0
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch c {
		case '\n':
			s.line++
			s.endWord()
			if s.depth == 0 {
				return nil
			}
			s.plain[s.at-1] = ' '
		case '\r':
			s.endWord()
			s.plain[s.at-1] = ' '
		case ' ', '\t':
			s.endWord()
		case ';':
			s.skipComment()
		case '(':
			s.endWord()
			s.begins()
			s.depth++
			opened = s.line
		case ')':
			s.endWord()
			s.depth = max(0, s.depth-1)
		case '"':
			if err := s.quoted(); err != nil {
				return err
			}
		default:
			s.begins()
			s.letter(c)
		}
	}
	s.endWord()
	if s.depth > 0 {
		return &zoneError{line: opened, text: "a parenthesis is opened and not closed"}
	}
	return nil
}

// begins marks where the first word of an entry is.
func (s *scanner) begins() {
	if s.entry.line == 0 {
		s.entry.line = s.line
	}
}

// letter counts a byte of a word, which an escape may take several letters for.
func (s *scanner) letter(c byte) {
	s.word++
	if c != '\\' || s.at >= len(s.text) || s.text[s.at] == '\n' {
		return
	}
	digits := 0
	for digits < 3 && s.at+digits < len(s.text) && isDigit(s.text[s.at+digits]) {
		digits++
	}
	if digits != 3 {
		digits = 1
	}
	s.at += digits
}

func (s *scanner) endWord() {
	s.entry.longest = max(s.entry.longest, s.word)
	s.word = 0
}

// quoted reads a string to its closing quote, which stands in the same line.
func (s *scanner) quoted() error {
	s.endWord()
	s.begins()
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch c {
		case '"':
			s.endWord()
			return nil
		case '\n':
			return &zoneError{line: s.line, text: "a quote is opened and not closed"}
		}
		s.letter(c)
	}
	return &zoneError{line: s.line, text: "a quote is opened and not closed"}
}

// skipComment reads to the end of the line, and keeps the first comment of an entry.
func (s *scanner) skipComment() {
	end := strings.IndexByte(s.text[s.at:], '\n')
	if end < 0 {
		end = len(s.text) - s.at
	}
	if s.entry.line > 0 && s.entry.comment == "" {
		s.entry.comment = strings.TrimRight(s.text[s.at:s.at+end], "\r")
		s.entry.glued = !strings.ContainsRune(" \t\r\n()", rune(s.text[s.at-2]))
	}
	s.endWord()
	for i := s.at - 1; i < s.at+end; i++ {
		s.plain[i] = ' '
	}
	s.at += end
}

// zoneError is what is wrong with a zone file, and where.
type zoneError struct {
	name string
	line int
	text string
	kind error // ErrZoneLimit or nil
}

// Unwrap returns the kind of the error.
func (e *zoneError) Unwrap() error { return e.kind }

// Error returns it as FILE:LINE: TEXT, or without the line if it is about the whole file.
func (e *zoneError) Error() string {
	if e.line == 0 {
		return fmt.Sprintf("%s: %s", e.name, e.text)
	}
	return fmt.Sprintf("%s:%d: %s", e.name, e.line, e.text)
}
