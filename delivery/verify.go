package delivery

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"strings"

	"mailprobe/probe"
	"mailprobe/search"
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
	if w.ExpectReply {
		w.reportReply(s, h)
		return nil
	}
	return w.compare(s, h, body)
}

// compare compares the bodies, byte for byte once their line ends are CRLF. A
// server may have encoded the body anew (RFC 6152 §3): then it is decoded first.
func (w *walk) compare(s *probe.Step, h search.Header, body []byte) error {
	got := canonical(body)
	if fingerprintOf(got) == w.sent {
		s.Learn(probe.Text("body", "unchanged"))
		return nil
	}
	encoding := strings.ToLower(h.Get("Content-Transfer-Encoding"))
	if decoded, ok := decode(encoding, body); ok {
		if got = canonical(decoded); fingerprintOf(got) == w.sent {
			s.Learn(probe.Text("body", "re-encoded"))
			s.Say("a server on the way has encoded the body as " + encoding + ", which changed nothing of what it says")
			return nil
		}
	}
	if len(got) > w.sent.Size && fingerprintOf(got[:w.sent.Size]) == w.sent {
		rest := got[w.sent.Size:]
		s.Learn(probe.Text("body", "extended"))
		s.RaiseFor(CauseExtended, fmt.Sprintf("%s after the end of the body that was sent: %s", probe.Count(len(rest), "byte"), quoteStart(rest)))
		return nil
	}
	s.Learn(probe.Text("body", "altered"))
	return probe.Because(CauseAltered, errors.New("the body is not as it was sent: "+w.difference(got)))
}

// difference describes how a body differs from the one that was sent, which a later run
// does not have.
func (w *walk) difference(got []byte) string {
	if w.text == nil {
		return fmt.Sprintf("it has %s, and was sent with %d", probe.Count(len(got), "byte"), w.sent.Size)
	}
	_, sent := splitMessage(w.text)
	return firstDifference(canonical(sent), got)
}

// fingerprint stands for a body whose line ends are CRLF.
type fingerprint struct {
	// Size is in bytes, Sum the SHA-256 in hexadecimal.
	Size int    `json:"size"`
	Sum  string `json:"sum"`
}

func fingerprintOf(body []byte) fingerprint {
	sum := sha256.Sum256(body)
	return fingerprint{len(body), hex.EncodeToString(sum[:])}
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
