package imapcheck

import (
	"strconv"
	"strings"
)

// value is a piece of a server's data: an atom, a string, or a list in
// parentheses (RFC 3501 §4).
type value struct {
	kind kind
	text string // of an atom or a string
	list []value
	// size is that of a literal that went to a writer instead of text, in bytes.
	size int64
}

type kind int

const (
	atomKind kind = iota
	stringKind
	listKind
	streamedKind
)

// isNil reports whether the value is NIL (RFC 3501 §4.5).
func (v value) isNil() bool { return v.kind == atomKind && strings.EqualFold(v.text, "NIL") }

// isText reports whether the value is a name: an atom or a string (astring).
func (v value) isText() bool { return v.kind == stringKind || v.kind == atomKind && v.text != "" }

// number returns the value of an atom that is a number of 32 bits.
func (v value) number() (uint32, bool) {
	n, ok := v.number64()
	return uint32(n), ok && n == int64(uint32(n))
}

// number64 returns the value of an atom that is a number of 63 bits (RFC 9051 §4.2).
func (v value) number64() (int64, bool) {
	n, err := strconv.ParseUint(v.text, 10, 63)
	return int64(n), err == nil && v.kind == atomKind
}

// literal is a string that came with its length.
type literal struct {
	text     string
	streamed bool
	size     int64
}

// scanner reads the values of one response. Where a literal stands, text contains its
// announcement and a line end, "{5}\r\n".
type scanner struct {
	text     string
	literals []literal
}

// maxDepth bounds the nesting of lists.
const maxDepth = 16

// values reads all that is left, separated by spaces.
func (s *scanner) values() ([]value, bool) {
	all, ok := s.sequence("", maxDepth)
	return all, ok && s.text == ""
}

// fewValues is the initial capacity for values: of three items of a message.
const fewValues = 6

// sequence reads values up to the end, or up to closing, which it does not read.
func (s *scanner) sequence(closing string, depth int) (all []value, ok bool) {
	if s.ends(closing) {
		return nil, true
	}
	if closing != "" {
		all = make([]value, 0, fewValues)
	}
	for {
		v, ok := s.value(depth)
		if !ok {
			return all, false
		}
		all = append(all, v)
		if s.ends(closing) {
			return all, true
		}
		if s.text, ok = strings.CutPrefix(s.text, " "); !ok {
			return all, false
		}
		// A space too many, also before a parenthesis, is let pass.
		s.text = strings.TrimLeft(s.text, " ")
		if s.ends(closing) {
			return all, true
		}
	}
}

// ends reports whether the end or the closing parenthesis is next.
func (s *scanner) ends(closing string) bool {
	if closing == "" {
		return s.text == ""
	}
	return strings.HasPrefix(s.text, closing)
}

func (s *scanner) value(depth int) (value, bool) {
	switch {
	case s.text == "" || depth == 0:
		return value{}, false
	case s.text[0] == '"':
		return s.quoted()
	case s.text[0] == '{', strings.HasPrefix(s.text, "~{"): // RFC 3516 §4.2: binary
		return s.literal()
	case s.text[0] == '(':
		s.text = s.text[1:]
		list, ok := s.sequence(")", depth-1)
		if ok {
			s.text, ok = strings.CutPrefix(s.text, ")")
		}
		return value{kind: listKind, list: list}, ok
	}
	return s.atom()
}

// quoted reads a quoted string, in which a backslash precedes quotes and backslashes (RFC
// 3501 §9).
func (s *scanner) quoted() (value, bool) {
	var text strings.Builder
	for i := 1; i < len(s.text); i++ {
		switch c := s.text[i]; c {
		case '"':
			s.text = s.text[i+1:]
			return value{kind: stringKind, text: text.String()}, true
		case '\\':
			i++
			if i == len(s.text) || s.text[i] != '"' && s.text[i] != '\\' {
				return value{}, false
			}
			text.WriteByte(s.text[i])
		case 0, '\r', '\n':
			return value{}, false
		default:
			text.WriteByte(c)
		}
	}
	return value{}, false
}

// literal returns the literal that is announced here.
func (s *scanner) literal() (value, bool) {
	_, rest, ok := strings.Cut(s.text, "}\r\n")
	if !ok || len(s.literals) == 0 {
		return value{}, false
	}
	l := s.literals[0]
	s.text, s.literals = rest, s.literals[1:]
	if l.streamed {
		return value{kind: streamedKind, size: l.size}, true
	}
	return value{kind: stringKind, text: l.text}, true
}

// atom reads an atom, a number, a flag, or the name of a FETCH item, which may
// have a section in brackets with spaces in it (RFC 3501 §6.4.5).
func (s *scanner) atom() (value, bool) {
	end := 0
	for end < len(s.text) && isAtomChar(s.text[end]) {
		end++
	}
	if end < len(s.text) && s.text[end] == '[' {
		closing := strings.IndexByte(s.text[end:], ']')
		if closing < 0 {
			return value{}, false
		}
		for end += closing + 1; end < len(s.text) && isAtomChar(s.text[end]); {
			end++
		}
	}
	v := value{text: s.text[:end]}
	s.text = s.text[end:]
	return v, end > 0
}

// isAtomChar reports whether c can be part of an atom in a server's data, which includes
// the backslash and asterisk of flags (RFC 3501 §9).
func isAtomChar(c byte) bool {
	return c > ' ' && c < 0x7f && !strings.ContainsRune(`(){"[`, rune(c))
}

// isAtom reports whether text is an atom that a client may send: without wildcards,
// quotes, brackets and the backslash of a flag (RFC 3501 §9: ATOM-CHAR).
func isAtom(text string) bool {
	for i := range len(text) {
		if !isAtomChar(text[i]) || strings.ContainsRune(`%*\]`, rune(text[i])) {
			return false
		}
	}
	return text != ""
}
