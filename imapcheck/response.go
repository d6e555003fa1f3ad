package imapcheck

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"mailprobe/transport"
	"mailprobe/wire"
)

// The limits of an answer. RFC 3501 sets none.
const (
	maxLine      = 64 << 10 // bytes of a line, literals apart
	maxLiterals  = 64 << 10 // bytes of all literals of a response, messages apart
	maxPieces    = 256      // literals of a response
	maxResponses = 4096     // untagged responses to a command
)

// response is one response of the server with all its literals.
type response struct {
	tag    string // the command's, "*", or "+"
	status *Reply // of a status response
	prompt string // of "+": what the server says then
	data   *data  // of everything else
}

// data is an untagged response other than a status: "* 3 EXISTS", "* SEARCH 2 7".
type data struct {
	number   uint32 // the number before the name
	numbered bool
	name     string // in capitals, empty where there is none
	line     string // its first line, for errors
	scanner
}

// outlet is the destination of a long literal, the body of a message.
type outlet struct {
	writer io.Writer
	max    int64
	used   bool
}

// readResponse reads one response, with a first line of at most max bytes. A literal with
// the body of a message is written to out, unless that is nil.
func readResponse(conn *wire.Conn, max int, out *outlet) (response, error) {
	line, err := conn.ReadLongLine(max)
	if err != nil {
		return response{}, err
	}
	tag, rest, ok := strings.Cut(line, " ")
	switch {
	case tag == "+":
		return response{tag: tag, prompt: rest}, nil
	case !ok || tag != "*" && !isTag(tag):
		return response{}, transport.Malformed("what the server sent", line, `a line that begins with "*", "+" or a tag (RFC 3501 §2.2.2)`)
	}
	if reply, ok := parseStatus(line, rest); ok {
		return response{tag: tag, status: &reply}, nil
	}
	if tag != "*" {
		return response{}, transport.Malformed("the end of an answer", line, "OK, NO or BAD after the tag (RFC 3501 §7.1)")
	}
	d, err := readData(conn, line, rest, out)
	return response{tag: tag, data: d}, err
}

// isTag reports whether text could be a tag (RFC 3501 §9).
func isTag(text string) bool { return isAtom(text) && !strings.Contains(text, "+") }

// readData reads on while the line ends in a literal, and splits off number and name.
func readData(conn *wire.Conn, line, rest string, out *outlet) (*data, error) {
	d := &data{line: line, scanner: scanner{text: rest}}
	for total := int64(0); ; {
		n, ok, err := announced(line)
		if err != nil {
			return nil, err
		}
		if !ok {
			d.cutName()
			return d, nil
		}
		l, err := readLiteral(conn, n, maxLiterals-total, out.takes(d.text))
		if err != nil {
			return nil, err
		}
		if !l.streamed {
			total += n
		}
		if d.literals = append(d.literals, l); len(d.literals) > maxPieces {
			return nil, fmt.Errorf("%w: a response with more than %d literals", wire.ErrLimit, maxPieces)
		}
		if line, err = conn.ReadLongLine(maxLine); err != nil {
			return nil, err
		}
		if d.text += "\r\n" + line; len(d.text) > maxLine {
			return nil, fmt.Errorf("%w: a response of more than %d bytes", wire.ErrLimit, maxLine)
		}
	}
}

// cutName cuts number and name off the text. The name stays empty if there is none.
func (d *data) cutName() {
	word, rest, _ := strings.Cut(d.text, " ")
	if n, err := strconv.ParseUint(word, 10, 32); err == nil {
		d.number, d.numbered = uint32(n), true
		word, rest, _ = strings.Cut(rest, " ")
	}
	if isAtom(word) {
		d.name, d.text = strings.ToUpper(word), rest
	}
}

// announced reports whether a line ends in a literal, and of how many bytes.
func announced(line string) (n int64, ok bool, err error) {
	size, foreign, ok := cutAnnouncement(line)
	if !ok {
		return 0, false, nil
	}
	bytes, err := strconv.ParseUint(size, 10, 63)
	if err != nil || foreign {
		return 0, false, transport.Malformed("the announcement of a literal", line, `"{N}" with a number of bytes, at the line's end (RFC 3501 §4.3)`)
	}
	return int64(bytes), true, nil
}

// cutAnnouncement returns the digits of the "{N}" that ends a line before a literal (RFC
// 3501 §9). The plus of "{N+}" is for clients only (RFC 7888 §7).
func cutAnnouncement(line string) (digits string, plus, ok bool) {
	line, closed := strings.CutSuffix(line, "}")
	brace := strings.LastIndexByte(line, '{')
	digits, plus = strings.CutSuffix(line[brace+1:], "+")
	return digits, plus, closed && brace >= 0 && isDigits(digits)
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// takes returns the outlet if the literal after this text is for it, otherwise nil.
func (o *outlet) takes(text string) *outlet {
	if o == nil || o.used || !announcesBody(text) {
		return nil
	}
	return o
}

// announcesBody reports whether a text that announces a literal is about the body of a
// message or a part of it: "BODY[SECTION]<ORIGIN> {N}" (RFC 3501 §7.4.2). A binary
// literal has a tilde before it (RFC 3516 §4.2).
func announcesBody(text string) bool {
	item, spaced := strings.CutSuffix(strings.TrimSuffix(text[:strings.LastIndexByte(text, '{')], "~"), " ")
	if origin := strings.LastIndexByte(item, '<'); origin >= 0 && strings.HasSuffix(item, ">") && isDigits(item[origin+1:len(item)-1]) {
		item = item[:origin]
	}
	section, closed := strings.CutSuffix(item, "]")
	section = section[strings.LastIndexByte(section, ']')+1:]
	return spaced && closed && strings.Contains(strings.ToUpper(section), "BODY[")
}

// readLiteral reads a literal into memory or into the outlet.
func readLiteral(conn *wire.Conn, n, room int64, out *outlet) (literal, error) {
	limit := room
	if out != nil {
		limit = out.max
	}
	if n > limit {
		return literal{}, fmt.Errorf("%w: a literal of %d bytes where %d may be", wire.ErrLimit, n, limit)
	}
	if out != nil {
		out.used = true
		return literal{streamed: true, size: n}, conn.ReadLiteral(n, func(piece []byte) error {
			_, err := out.writer.Write(piece)
			return err
		})
	}
	var text strings.Builder
	err := conn.ReadLiteral(n, func(piece []byte) error {
		_, err := text.Write(piece)
		return err
	})
	return literal{text: text.String(), size: n}, err
}
