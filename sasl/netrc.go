package sasl

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mailprobe/wire"
)

// netrcEntry is one log-in of a netrc file.
type netrcEntry struct {
	host     string // empty for the entry "default"
	login    string // empty where the entry is for any name
	password wire.Secret
}

// netrcLogin returns the log-in for a host: the user's, or the first if user is empty.
// The entry "default" serves hosts and users without one. It returns nil if there is
// none.
func netrcLogin(entries []netrcEntry, host, user string) *netrcEntry {
	for _, name := range []string{host, ""} {
		i := slices.IndexFunc(entries, func(e netrcEntry) bool {
			return strings.EqualFold(e.host, name) && e.password != "" && (user == "" || e.login == "" || e.login == user)
		})
		if i >= 0 {
			return &entries[i]
		}
	}
	return nil
}

// parseNetrc reads a netrc file as ftp(1) documents it: words between white space;
// "machine NAME" or "default" begins an entry, to which "login", "password" and "account"
// belong; a macro ("macdef") lasts to the next empty line. Like curl, it accepts words in
// quotation marks with the escapes \"
//
// \n \r \t, and comments that begin with # where a keyword is expected. Errors name the
// line but quote nothing, as a word may be a password.
func parseNetrc(text string) ([]netrcEntry, error) {
	var entries []netrcEntry
	s := &netrcScanner{text: text, line: 1}
	for {
		keyword, ok := s.keyword()
		if !ok {
			return entries, s.err
		}
		line := s.line
		switch keyword {
		case "default":
			entries = append(entries, netrcEntry{})
			continue
		case "macdef":
			s.skipMacro()
			continue
		}
		if err := s.assign(&entries, keyword); err != nil {
			return nil, cmp.Or(s.err, fmt.Errorf("line %d: %w", line, err))
		}
	}
}

// assign reads the value of a keyword into the last entry.
func (s *netrcScanner) assign(entries *[]netrcEntry, keyword string) error {
	known := []string{"machine", "login", "user", "password", "account", "port", "protocol"}
	switch {
	case !slices.Contains(known, keyword):
		return errors.New("a word here is none of machine, default, login, password, account and macdef; a password with blanks or quotation marks wants quotation marks around it")
	case keyword != "machine" && len(*entries) == 0:
		return fmt.Errorf("%s comes before any machine", keyword)
	}
	value, ok := s.value()
	if !ok {
		return fmt.Errorf("there is nothing after %s", keyword)
	}
	if keyword == "machine" {
		*entries = append(*entries, netrcEntry{host: value})
		return nil
	}
	switch last := &(*entries)[len(*entries)-1]; keyword {
	case "login", "user":
		last.login = value
	case "password":
		last.password = wire.Secret(value)
	}
	return nil
}

// netrcScanner splits a netrc file into words.
type netrcScanner struct {
	text string // what is left
	line int    // where that begins
	err  error
}

// keyword returns the next word outside of comments.
func (s *netrcScanner) keyword() (string, bool) {
	for {
		s.skip(strings.IndexFunc(s.text, func(r rune) bool { return !isBlank(r) }))
		if !strings.HasPrefix(s.text, "#") {
			return s.value()
		}
		s.skip(strings.IndexByte(s.text, '\n'))
	}
}

// value returns the next word; ok is false at the end.
func (s *netrcScanner) value() (word string, ok bool) {
	s.skip(strings.IndexFunc(s.text, func(r rune) bool { return !isBlank(r) }))
	if strings.HasPrefix(s.text, `"`) {
		return s.quoted()
	}
	before := s.text
	s.skip(strings.IndexFunc(s.text, isBlank))
	word = before[:len(before)-len(s.text)]
	return word, word != ""
}

// quoted returns a word in quotation marks.
func (s *netrcScanner) quoted() (string, bool) {
	var word strings.Builder
	begin, escaped := s.line, false
	for i := 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case escaped:
			word.WriteByte(unescaped(c))
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			s.skip(i + 1)
			return word.String(), true
		default:
			word.WriteByte(c)
		}
	}
	s.skip(-1)
	s.err = fmt.Errorf("line %d: a quotation mark is not closed", begin)
	return "", false
}

// unescaped returns the character that stands behind a backslash.
func unescaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// skipMacro skips to the empty line that ends a macro.
func (s *netrcScanner) skipMacro() {
	for first := true; s.text != ""; first = false {
		line, _, _ := strings.Cut(s.text, "\n")
		s.skip(min(len(line)+1, len(s.text)))
		if strings.TrimSuffix(line, "\r") == "" && !first {
			return
		}
	}
}

// skip skips n bytes, or everything if n is negative.
func (s *netrcScanner) skip(n int) {
	if n < 0 {
		n = len(s.text)
	}
	s.line += strings.Count(s.text[:n], "\n")
	s.text = s.text[n:]
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }
