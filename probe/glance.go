package probe

import (
	"encoding/json"
	"slices"
	"time"
)

// Glance is what is known of a result at a glance at its JSON.
type Glance struct {
	// Check is the name of the kind.
	Check  string
	Status Status
}

// GlanceAt reads the kind and the status of a result in the form that AppendJSON writes, and
// holds the rest against that form. ok is false for everything else, even where UnmarshalJSON
// can read it, and for a text that is not printable ASCII throughout. It takes a tenth of the
// time of UnmarshalJSON.
func GlanceAt(text []byte) (g Glance, ok bool) {
	s := glancing{text: text, Glance: &g}
	ok = s.object(resultForm) && s.at == len(text)
	return g, ok
}

// form is what members an object may have, and what they are.
type form []member

type member struct {
	name     string
	required bool
	// is reads the value.
	is func(*glancing) bool
}

// The forms are those of json.go, but for members that only a file of checks brings about.
var (
	resultForm = form{
		{"name", false, (*glancing).isText}, {"check", true, (*glancing).isCheck}, {"target", true, (*glancing).isText},
		{"address", false, (*glancing).isText}, {"start", true, (*glancing).isTime}, {"elapsed", true, (*glancing).isNumber},
		{"status", true, (*glancing).isVerdict}, {"summary", false, (*glancing).isText}, {"cause", false, (*glancing).isText},
		{"blame", false, (*glancing).isText}, {"causes", false, (*glancing).areTexts}, {"refused", false, (*glancing).isTrue},
		{"request", false, func(s *glancing) bool { return s.object(requestForm) }},
		{"steps", false, func(s *glancing) bool { return s.array(func() bool { return s.object(stepForm) }) }}, {"transcript", false, (*glancing).areTexts},
	}
	requestForm = form{{"target", true, (*glancing).isText}, {"options", true, (*glancing).isText}, {"results", false, (*glancing).isNumber}}
	stepForm    = form{
		{"name", true, (*glancing).isText}, {"status", true, (*glancing).isStatus}, {"elapsed", true, (*glancing).isNumber},
		{"detail", false, (*glancing).isText}, {"hint", false, (*glancing).isText}, {"cause", false, (*glancing).isText},
		{"blame", false, (*glancing).isText}, {"causes", false, (*glancing).areTexts}, {"item", false, (*glancing).isText},
		{"address", false, (*glancing).isText}, {"group", false, (*glancing).isText}, {"fix", false, (*glancing).areTexts},
		{"facts", false, func(s *glancing) bool { return s.array(func() bool { return s.object(factForm) }) }},
	}
	factForm = form{
		{"name", true, (*glancing).isText}, {"text", true, (*glancing).isText}, {"value", false, (*glancing).isNumber},
		{"unit", false, (*glancing).isText}, {"role", false, (*glancing).isText}, {"status", true, (*glancing).isStatus},
	}
)

// glancing is the state of a glance.
type glancing struct {
	*Glance
	text []byte
	at   int
}

// eat passes a character over, if it is the next.
func (s *glancing) eat(c byte) bool {
	if s.at >= len(s.text) || s.text[s.at] != c {
		return false
	}
	s.at++
	return true
}

// object passes an object over that has a form: its required members, and no other twice.
func (s *glancing) object(f form) bool {
	if !s.eat('{') {
		return false
	}
	var seen uint32
	for {
		name, ok := s.string()
		i := slices.IndexFunc(f, func(m member) bool { return m.name == string(name) })
		if !ok || i < 0 || seen&(1<<i) != 0 || !s.eat(':') || !f[i].is(s) {
			return false
		}
		seen |= 1 << i
		if s.eat('}') {
			return f.complete(seen)
		}
		if !s.eat(',') {
			return false
		}
	}
}

// complete reports whether all required members were seen.
func (f form) complete(seen uint32) bool {
	for i, m := range f {
		if m.required && seen&(1<<i) == 0 {
			return false
		}
	}
	return true
}

// array passes an array over that is not empty.
func (s *glancing) array(element func() bool) bool {
	if !s.eat('[') {
		return false
	}
	for element() {
		if s.eat(']') {
			return true
		}
		if !s.eat(',') {
			return false
		}
	}
	return false
}

// string passes a string over and returns what stands in its quotes.
func (s *glancing) string() (text []byte, ok bool) {
	if !s.eat('"') {
		return nil, false
	}
	for begin := s.at; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[begin : s.at-1], true
		case c < ' ' || c > '~':
			return nil, false
		case c == '\\':
			if s.at++; s.at == len(s.text) || s.text[s.at] != '"' && s.text[s.at] != '\\' {
				return nil, false
			}
		}
	}
	return nil, false
}

func (s *glancing) isText() bool {
	_, ok := s.string()
	return ok
}

func (s *glancing) areTexts() bool { return s.array(s.isText) }

func (s *glancing) isCheck() bool {
	text, ok := s.string()
	s.Check = string(text)
	return ok
}

func (s *glancing) isStatus() bool {
	text, ok := s.string()
	return ok && slices.Contains(statusNames, string(text))
}

func (s *glancing) isVerdict() bool {
	text, ok := s.string()
	return ok && s.Status.UnmarshalText(text) == nil
}

func (s *glancing) isTime() bool {
	text, ok := s.string()
	_, err := time.Parse(time.RFC3339, string(text))
	return ok && err == nil
}

func (s *glancing) isNumber() bool {
	begin := s.at
	for s.at < len(s.text) && s.text[s.at] != ',' && s.text[s.at] != '}' {
		s.at++
	}
	number := s.text[begin:s.at]
	return len(number) > 0 && (number[0] == '-' || number[0] >= '0' && number[0] <= '9') && json.Valid(number)
}

func (s *glancing) isTrue() bool {
	if len(s.text)-s.at < 4 || string(s.text[s.at:s.at+4]) != "true" {
		return false
	}
	s.at += 4
	return true
}
