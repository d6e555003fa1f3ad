package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A macro string is literal text with macros in it (RFC 7208 §7.1).
type macroString []macro

// macro is literal text, or a letter that stands for something of the session.
type macro struct {
	literal string
	letter  byte // lower case; 0 for a literal
	escape  bool // the letter was upper case: URL escapes
	keep    int  // how many parts from the right; 0 for all
	reverse bool
	split   string // the delimiters
}

var errMacro = errors.New("after a % comes %, _, - or {LETTER}")

// parseMacros reads a macro string; inExplanation allows the letters c, r and t, and spaces.
func parseMacros(text string, inExplanation bool) (macroString, error) {
	var all macroString
	for text != "" {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			i = len(text)
		}
		if err := checkLiteral(text[:i], inExplanation); err != nil {
			return nil, err
		}
		if i > 0 {
			all = append(all, macro{literal: text[:i]})
		}
		if text = text[i:]; text == "" {
			break
		}
		m, rest, err := parseMacro(text, inExplanation)
		if err != nil {
			return nil, err
		}
		all, text = append(all, m), rest
	}
	return all, nil
}

// checkLiteral permits visible ASCII, and spaces in an explanation.
func checkLiteral(text string, inExplanation bool) error {
	for i := range len(text) {
		if c := text[i]; c <= ' ' && !(c == ' ' && inExplanation) || c > '~' {
			return fmt.Errorf("it has the byte %#02x; only visible ASCII is allowed", c)
		}
	}
	return nil
}

// parseMacro reads the macro at the beginning of a text.
func parseMacro(text string, inExplanation bool) (m macro, rest string, err error) {
	if len(text) < 2 {
		return m, "", errMacro
	}
	switch text[1] {
	case '%':
		return macro{literal: "%"}, text[2:], nil
	case '_':
		return macro{literal: " "}, text[2:], nil
	case '-':
		return macro{literal: "%20"}, text[2:], nil
	case '{':
		if end := strings.IndexByte(text, '}'); end > 2 {
			m, err = parseExpand(text[2:end], inExplanation)
			return m, text[end+1:], err
		}
	}
	return m, "", errMacro
}

// parseExpand reads what stands between the braces: a letter, digits, "r", delimiters.
func parseExpand(text string, inExplanation bool) (macro, error) {
	letters := "slodiphv"
	if inExplanation {
		letters += "crt"
	}
	lower := text[0] | 0x20
	if text[0] < 'A' || strings.IndexByte(letters, lower) < 0 {
		return macro{}, fmt.Errorf("there is no macro %%{%s}", short(text))
	}
	m := macro{letter: lower, escape: text[0] < 'a', split: "."}
	text = text[1:]
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	for _, d := range text[:digits] {
		m.keep = min(m.keep*10+int(d-'0'), 128)
	}
	if digits > 0 && m.keep == 0 {
		return m, errors.New("a macro keeps at least one part")
	}
	text = text[digits:]
	if text != "" && text[0]|0x20 == 'r' {
		m.reverse, text = true, text[1:]
	}
	if strings.Trim(text, ".-+,/_=") != "" {
		return m, fmt.Errorf("%q are not delimiters; they are . - + , / _ and =", short(text))
	}
	if text != "" {
		m.split = text
	}
	return m, nil
}

// checkDomainSpec checks a domain-spec, which ends in a top label or in a macro.
func checkDomainSpec(text string) error {
	macros, err := parseMacros(text, false)
	if err != nil {
		return err
	}
	if len(macros) == 0 {
		return errors.New("it needs a domain")
	}
	last := macros[len(macros)-1]
	if last.letter != 0 || strings.HasSuffix(text, "%%") || strings.HasSuffix(text, "%_") || strings.HasSuffix(text, "%-") {
		return nil
	}
	dot := strings.LastIndexByte(strings.TrimSuffix(last.literal, "."), '.')
	if dot < 0 || !isTopLabel(strings.TrimSuffix(last.literal, ".")[dot+1:]) {
		return fmt.Errorf("%q is not a domain", short(text))
	}
	return nil
}

// isTopLabel reports whether a label is letters, digits and hyphens inside, not digits
// alone (RFC 7208 §7.1).
func isTopLabel(label string) bool {
	if label == "" || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "0123456789") == "" {
		return false
	}
	for i := range len(label) {
		if c := label[i]; c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

// expand puts values in the place of the macros; value returns that of a letter.
func (s macroString) expand(value func(letter byte) string) string {
	var text strings.Builder
	for _, m := range s {
		if m.letter == 0 {
			text.WriteString(m.literal)
			continue
		}
		v := m.transform(value(m.letter))
		if m.escape {
			v = escapeURL(v)
		}
		text.WriteString(v)
	}
	return text.String()
}

// uses reports whether one of these letters stands in the macros.
func (s macroString) uses(letters string) bool {
	return slices.ContainsFunc(s, func(m macro) bool { return m.letter != 0 && strings.IndexByte(letters, m.letter) >= 0 })
}

// transform splits a value, reverses the parts, keeps those on the right, and joins them
// by dots.
func (m macro) transform(value string) string {
	parts := splitAny(value, m.split)
	if m.reverse {
		slices.Reverse(parts)
	}
	if m.keep > 0 && m.keep < len(parts) {
		parts = parts[len(parts)-m.keep:]
	}
	return strings.Join(parts, ".")
}

// splitAny splits at every one of the delimiters.
func splitAny(text, delimiters string) (parts []string) {
	for {
		i := strings.IndexAny(text, delimiters)
		if i < 0 {
			return append(parts, text)
		}
		parts, text = append(parts, text[:i]), text[i+1:]
	}
}

// escapeURL escapes all but the unreserved characters of RFC 3986 §2.3.
func escapeURL(text string) string {
	var out strings.Builder
	for i := range len(text) {
		c := text[i]
		if 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

// shorten removes labels on the left until a name is short enough to ask for (RFC 7208
// §7.3).
func shorten(name string) string {
	name = strings.TrimSuffix(name, ".")
	for len(name) > 253 {
		_, rest, found := strings.Cut(name, ".")
		if !found {
			return ""
		}
		name = rest
	}
	return name
}
