package transport

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// likely returns the alternatives of a regular expression for which a text, folded, has
// the words that each needs to match in any letter case. To compile an expression takes
// far longer, and in most rows of a table no such word is there.
func likely(expression, text string) (some []string) {
	s := scanner{expression, text, false}
	for more := true; more; more = s.take("|") {
		from := s.rest
		if s.sequence() {
			some = append(some, from[:len(from)-len(s.rest)])
		}
	}
	if s.lost || s.rest != "" {
		return []string{expression}
	}
	return some
}

// fold makes one letter of all that (?i) takes for one.
func fold(text string) string {
	return strings.Map(func(letter rune) rune {
		if letter < utf8.RuneSelf {
			return unicode.ToLower(letter)
		}
		least := letter
		for other := unicode.SimpleFold(letter); other != letter; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return unicode.ToLower(least)
	}, text)
}

// scanner reads a regular expression.
type scanner struct {
	rest string
	text string
	lost bool // it has met what it does not know
}

// alternatives reads to the end of a group.
func (s *scanner) alternatives() bool {
	may := s.sequence()
	for s.take("|") {
		one := s.sequence()
		may = may || one
	}
	return may
}

// sequence reads one alternative, all of which must be there.
func (s *scanner) sequence() bool {
	may := true
	for !s.lost && s.rest != "" && s.rest[0] != '|' && s.rest[0] != ')' {
		there := s.atom()
		if optional := s.quantifier(); !optional {
			may = may && there
		}
	}
	return may
}

// special are the letters that do not stand for themselves.
const special = `\.+*?()|[{^$`

// atom reads letters in a row or a group, and reports whether they may be there; that
// of classes, anchors and the like is not asked.
func (s *scanner) atom() bool {
	first := s.rest[0]
	if strings.IndexByte(special, first) < 0 {
		return strings.Contains(s.text, fold(s.run()))
	}
	s.rest = s.rest[1:]
	switch first {
	case '.', '^', '$':
	case '[':
		s.class()
	case '(':
		return s.group()
	case '\\':
		return s.escaped()
	default:
		s.lost = true
	}
	return true
}

// run reads letters in a row, but for the last where it may be there more often or not
// at all.
func (s *scanner) run() string {
	n := strings.IndexAny(s.rest, special)
	if n < 0 {
		n = len(s.rest)
	} else if strings.IndexByte("?*+{", s.rest[n]) >= 0 {
		if _, last := utf8.DecodeLastRuneInString(s.rest[:n]); last < n {
			n -= last
		}
	}
	run := s.rest[:n]
	s.rest = s.rest[n:]
	return run
}

// group reads what is left of a group.
func (s *scanner) group() bool {
	if !s.take("?:") && strings.HasPrefix(s.rest, "?") {
		s.lost = true
	}
	may := s.alternatives()
	if !s.take(")") {
		s.lost = true
	}
	return may
}

// class skips the rest of a class of letters; one in it, such as [:alpha:], is not known.
func (s *scanner) class() {
	s.take("^")
	s.take("]")
	for s.rest != "" && !s.take("]") {
		size := 1
		switch s.rest[0] {
		case '[':
			s.lost = true
		case '\\':
			size = min(2, len(s.rest))
		}
		s.rest = s.rest[size:]
	}
}

// escaped reads what follows a backslash: a class, an edge of a word, or a letter.
func (s *scanner) escaped() bool {
	if s.rest == "" {
		s.lost = true
		return true
	}
	letter := s.rest[:1]
	s.rest = s.rest[1:]
	switch {
	case strings.Contains("dDsSwWbB", letter):
		return true
	case strings.Contains(special+`/-]}'"`, letter):
		return strings.Contains(s.text, letter)
	}
	s.lost = true
	return true
}

// quantifier reads how often an atom must be there, and reports whether it need not.
func (s *scanner) quantifier() (optional bool) {
	switch {
	case s.take("?"), s.take("*"):
		optional = true
	case s.take("+"):
	case s.take("{"):
		optional = s.take("0")
		end := strings.IndexByte(s.rest, '}')
		if end < 0 || strings.Trim(s.rest[:end], "0123456789,") != "" {
			s.lost = true
			return true
		}
		s.rest = s.rest[end+1:]
	default:
		return false
	}
	s.take("?") // as few as possible
	return optional
}

// take skips a text that comes next, and reports whether it does.
func (s *scanner) take(text string) bool {
	rest, ok := strings.CutPrefix(s.rest, text)
	s.rest = rest
	return ok
}
