package imapcheck

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"

	"mailprobe/wire"
)

// argument is a string given by the user. It is sent as an atom, in quotes or as a
// literal, whichever can represent it (RFC 3501 §9: astring).
type argument struct {
	text   string
	secret bool
}

// text returns an argument, secret one that must not be shown.
func text(s string) argument        { return argument{text: s} }
func secret(s wire.Secret) argument { return argument{s.Reveal(), true} }

// line is the part of a command up to a line end: all of it, or up to a literal.
type line struct {
	pieces []any
	goesOn bool // the literal after it is sent without asking
}

// compose returns the lines of the command. Arguments are values of type argument, and
// strings that are sent as they are.
func (c *command) compose(args []any) ([]line, error) {
	lines := []line{{pieces: []any{c.tag, " ", c.verb}}}
	for _, arg := range args {
		at := &lines[len(lines)-1]
		at.pieces = append(at.pieces, " ")
		a, ok := arg.(argument)
		switch {
		case !ok:
			at.pieces = append(at.pieces, arg)
		case strings.ContainsAny(a.text, "\r\n\x00"):
			return nil, fmt.Errorf("%s: %w", c.verb, wire.ErrInput)
		case isAtom(a.text) && !a.secret:
			at.pieces = append(at.pieces, a.text)
		case isASCII(a.text):
			at.pieces = append(at.pieces, `"`, a.shown(escapeQuoted.Replace(a.text)), `"`)
		default:
			announced, goesOn := announce(c.offered, len(a.text))
			at.pieces, at.goesOn = append(at.pieces, announced), goesOn
			lines = append(lines, line{pieces: []any{a.shown(a.text)}})
		}
	}
	return lines, nil
}

// shown returns the text as it may be recorded.
func (a argument) shown(text string) any {
	if a.secret {
		return wire.Secret(text)
	}
	return text
}

// RFC 3501 §9: quoted-specials.
var escapeQuoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// smallLiteral is the longest literal, in bytes, that LITERAL- permits to send without
// waiting (RFC 7888 §5).
const smallLiteral = 4096

// announce returns the announcement of a literal of n bytes, and whether it may be sent
// without waiting for the server (RFC 7888 §3).
func announce(c Capabilities, n int) (announcement string, goesOn bool) {
	if c.Has("LITERAL+") || n <= smallLiteral && (c.Has("LITERAL-") || c.Has(capRev2)) {
		return fmt.Sprintf("{%d+}", n), true
	}
	return fmt.Sprintf("{%d}", n), false
}

// mailbox returns the argument for a mailbox name: in modified UTF-7 (RFC 3501 §5.1.3),
// or in UTF-8 for a server that only supports IMAP4rev2 (RFC 9051 §5.1).
func (s *Session) mailbox(name string) argument {
	if s.isUTF8() {
		return text(name)
	}
	return text(encodeName(name))
}

// isUTF8 reports whether names of mailboxes are in UTF-8.
func (s *Session) isUTF8() bool { return s.offered.Has(capRev2) && !s.offered.Has(capRev1) }

// modified returns base64 with commas in place of slashes.
func modified(run []byte) string {
	return strings.ReplaceAll(base64.RawStdEncoding.EncodeToString(run), "/", ",")
}

// encodeName returns a mailbox name in modified UTF-7: "&" and "-" around runs of UTF-16
// in base64, and "&-" for the ampersand.
func encodeName(name string) string {
	var out strings.Builder
	var run []byte
	flush := func() {
		if len(run) > 0 {
			out.WriteString("&" + modified(run) + "-")
			run = nil
		}
	}
	for _, r := range name {
		if r < ' ' || r > '~' {
			for _, unit := range utf16.AppendRune(nil, r) {
				run = append(run, byte(unit>>8), byte(unit))
			}
			continue
		}
		flush()
		if out.WriteRune(r); r == '&' {
			out.WriteByte('-')
		}
	}
	flush()
	return out.String()
}

// decodeName returns the name that encodeName encodes. What is not in modified UTF-7 stays
// as it is.
func decodeName(encoded string) string {
	var out strings.Builder
	for encoded != "" {
		before, rest, shifted := strings.Cut(encoded, "&")
		out.WriteString(before)
		run, after, ended := strings.Cut(rest, "-")
		switch {
		case !shifted:
			return out.String()
		case run == "" && ended:
			out.WriteByte('&')
		default:
			name, ok := decodeRun(run)
			if !ok || !ended {
				out.WriteString("&" + rest)
				return out.String()
			}
			out.WriteString(name)
		}
		encoded = after
	}
	return out.String()
}

// decodeRun decodes what stands between "&" and "-".
func decodeRun(run string) (string, bool) {
	text, err := base64.RawStdEncoding.DecodeString(strings.ReplaceAll(run, ",", "/"))
	if err != nil || len(text)%2 != 0 {
		return "", false
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(text[2*i:])
	}
	return string(utf16.Decode(units)), true
}
