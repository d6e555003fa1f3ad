package delivery

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"strings"

	"mailprobe/probe"
)

// verify compares what arrived with what was sent, and reports the way.
func (w *walk) verify(s *probe.Step) error {
	head, body := splitMessage(w.received.Bytes())
	h := parseHeader(head)
	w.reportHops(s, h)
	w.reportAuthentication(s, h)
	if w.reportSpam(s, h) || w.inJunk() {
		reportFilter(s, h)
	}
	return w.compare(s, h, body)
}

// compare compares the bodies, byte for byte once their line ends are CRLF. A
// server may have encoded the body anew (RFC 6152 §3): then it is decoded first.
func (w *walk) compare(s *probe.Step, h header, body []byte) error {
	_, sent := splitMessage(w.text)
	got := canonical(body)
	if bytes.Equal(got, sent) {
		s.Learn(probe.Text("body", "unchanged"))
		return nil
	}
	encoding := strings.ToLower(h.get("Content-Transfer-Encoding"))
	if decoded, ok := decode(encoding, body); ok {
		if got = canonical(decoded); bytes.Equal(got, sent) {
			s.Learn(probe.Text("body", "re-encoded"))
			s.Say("a server on the way has encoded the body as " + encoding + ", which changed nothing of what it says")
			return nil
		}
	}
	if rest, ok := bytes.CutPrefix(got, sent); ok {
		s.Learn(probe.Text("body", "extended"))
		s.RaiseFor(CauseExtended, fmt.Sprintf("%s after the end of the body that was sent: %s", probe.Count(len(rest), "byte"), quoteStart(rest)))
		return nil
	}
	s.Learn(probe.Text("body", "altered"))
	return probe.Because(CauseAltered, errors.New("the body is not as it was sent: "+firstDifference(sent, got)))
}

// canonical ends every line in CRLF and drops empty lines at the end, which some mail
// stores add.
func canonical(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	text = append(bytes.TrimRight(text, "\n"), '\n')
	return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
}

// decode decodes a transfer encoding (RFC 2045 §6); ok is false for none.
func decode(encoding string, body []byte) (text []byte, ok bool) {
	var r io.Reader
	switch encoding {
	case "quoted-printable":
		r = quotedprintable.NewReader(bytes.NewReader(body))
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, bytes.NewReader(body))
	default:
		return nil, false
	}
	text, err := io.ReadAll(r)
	return text, err == nil
}

// firstDifference describes where two bodies first differ.
func firstDifference(sent, got []byte) string {
	want, have := linesOf(sent), linesOf(got)
	for i := range want {
		if i >= len(have) {
			return fmt.Sprintf("it ends after line %d of %d", len(have), len(want))
		}
		if !bytes.Equal(want[i], have[i]) {
			return fmt.Sprintf("line %d was %s and is %s", i+1, quoteStart(want[i]), quoteStart(have[i]))
		}
	}
	return "it has " + probe.Count(len(have)-len(want), "more line")
}

func linesOf(text []byte) [][]byte {
	return bytes.Split(bytes.TrimSuffix(text, []byte("\r\n")), []byte("\r\n"))
}

// quoteStart quotes the beginning of a text.
func quoteStart(text []byte) string {
	const most = 60
	if len(text) > most {
		return fmt.Sprintf("%q...", text[:most])
	}
	return fmt.Sprintf("%q", text)
}
