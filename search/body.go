package search

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/emersion/go-message"

	"mailprobe/internal/cut"
	"mailprobe/probe"
)

// MaxBody is how much of a match is read, in bytes.
const MaxBody = 1 << 20

// Limits of a message's parts.
const (
	maxParts = 100
	maxDepth = 10 // of parts in parts
)

// JudgeBody holds the text of a match against the patterns. m is the message, or its
// beginning if m.Cut is set.
func (o *Options) JudgeBody(s *probe.Step, match Match, m *Start) {
	said, whole := Text(m.Text)
	expect, reject := inLines(o.BodyExpect), inLines(o.BodyReject)
	whole = whole && said != "" && !m.Cut
	which := "what " + match.String()
	switch {
	case reject.IsSet() && reject.MatchString(said):
		s.RaiseFor(CauseBodyUnexpected, fmt.Sprintf("%s, says %s, which --body-reject excludes", which, quote(reject.FindString(said))))
	case expect.Matches(said) && (whole || !reject.IsSet()):
		s.Say(which + quoteExpected(expect, said))
	case !whole:
		s.RaiseFor(CauseBodyUnread, which+", could not be read as a whole, and what was read decides nothing")
	default:
		s.RaiseFor(CauseBodyUnexpected, fmt.Sprintf("%s, does not say what --body-expect asks for: %q", which, o.BodyExpect.String()))
	}
}

// inLines returns a pattern whose ^ and $ are those of lines.
func inLines(pattern probe.Regexp) probe.Regexp {
	if pattern.IsSet() {
		pattern.Regexp = regexp.MustCompile("(?m)" + pattern.String())
	}
	return pattern
}

// quoteExpected quotes what --body-expect asks for.
func quoteExpected(expect probe.Regexp, said string) string {
	if !expect.IsSet() {
		return ", says nothing that --body-reject excludes"
	}
	return ", says " + quote(expect.FindString(said))
}

// maxSaid is how much of a text is quoted, in bytes.
const maxSaid = 80

func quote(text string) string { return cut.Quoted(text, maxSaid) }

// Text returns the text parts of a message, decoded, one after another. whole is false
// where a part is damaged, or was left out as there are too many.
func Text(raw []byte) (text string, whole bool) {
	e, err := message.Read(bytes.NewReader(raw))
	if e == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return "", false
	}
	r := &reader{whole: true}
	r.read(e, 0)
	return r.text.String(), r.whole
}

// reader reads the parts of a message.
type reader struct {
	text  strings.Builder
	parts int
	whole bool
}

func (r *reader) read(e *message.Entity, depth int) {
	if r.parts++; r.parts > maxParts || depth > maxDepth {
		r.whole = false
		return
	}
	if parts := e.MultipartReader(); parts != nil {
		r.readParts(parts, depth)
		return
	}
	kind, params, err := e.Header.ContentType()
	if err == nil && kind != "" && !strings.HasPrefix(kind, "text/") {
		return
	}
	body, err := io.ReadAll(e.Body)
	r.whole = r.whole && err == nil
	if isLatin(params["charset"]) {
		body = []byte(fromLatin(body))
	}
	r.text.WriteString(strings.ReplaceAll(strings.ToValidUTF8(string(body), "\uFFFD"), "\r\n", "\n"))
	r.text.WriteByte('\n')
}

func (r *reader) readParts(parts message.MultipartReader, depth int) {
	for r.parts <= maxParts {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return
		case part == nil, err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err):
			r.whole = false
			return
		}
		r.read(part, depth+1)
	}
}
