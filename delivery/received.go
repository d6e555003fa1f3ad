package delivery

import (
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"time"

	"mailprobe/search"
)

// hop is a server's record of how it received a message (RFC 5321 §4.4).
type hop struct {
	// From is the server that handed the message over, By the one that took it.
	From, By string
	// With is the protocol, such as "ESMTPS" (RFC 3848); ID that of the queue.
	With, ID string
	// TLS is the version and cipher in the comments, empty if not recorded.
	TLS string
	// At is the time, zero if it cannot be read.
	At time.Time
}

// maxHops bounds how many Received fields are read. Servers drop a message as looping
// after some 50 to 100.
const maxHops = 100

// hopsOf returns the hops in the order of the way.
func hopsOf(h search.Header) []hop {
	fields := h.All("Received")
	fields = fields[:min(len(fields), maxHops)]
	hops := make([]hop, len(fields))
	for i, f := range fields {
		hops[len(fields)-1-i] = parseReceived(f)
	}
	return hops
}

// parseReceived reads a Received field, unfolded. Parts that do not follow the standard
// are ignored.
func parseReceived(value string) hop {
	var h hop
	clauses, date := value, ""
	if i := lastOutside(value, ';'); i >= 0 {
		clauses, date = value[:i], value[i+1:]
	}
	words, comments := splitComments(clauses)
	for i := 0; i+1 < len(words); i++ {
		target := h.clause(strings.ToLower(words[i]))
		if target != nil && *target == "" {
			*target = words[i+1]
			i++
		}
	}
	for _, c := range comments {
		if h.TLS == "" {
			h.TLS = findTLS(c)
		}
	}
	if at, err := mail.ParseDate(strings.TrimSpace(date)); err == nil {
		h.At = at
	}
	return h
}

// clause is where the word after a keyword belongs.
func (h *hop) clause(keyword string) *string {
	switch keyword {
	case "from":
		return &h.From
	case "by":
		return &h.By
	case "with":
		return &h.With
	case "id":
		return &h.ID
	}
	return nil
}

// lastOutside finds the last occurrence of a character outside of comments.
func lastOutside(text string, c byte) int {
	depth, last := 0, -1
	for i := range len(text) {
		switch {
		case text[i] == '(':
			depth++
		case text[i] == ')' && depth > 0:
			depth--
		case text[i] == c && depth == 0:
			last = i
		}
	}
	return last
}

// splitComments returns the words outside of comments, and the comments, which may be
// nested (RFC 5322 §3.2.2).
func splitComments(text string) (words, comments []string) {
	depth, start := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			if depth == 0 {
				words, start = append(words, strings.Fields(text[start:i])...), i+1
			}
			depth++
		case ')':
			if depth == 1 {
				comments, start = append(comments, text[start:i]), i+1
			}
			depth = max(depth-1, 0)
		}
	}
	if depth > 0 {
		return words, append(comments, text[start:])
	}
	return append(words, strings.Fields(text[start:])...), comments
}

// tlsWords are the version and the cipher as servers write them: Postfix, Dovecot
// and Sendmail; Exim; Exchange.
var tlsWords = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(TLS ?v?1[._]?[0-3]?|SSLv3)\b(?:.*?\bcipher[= ]([A-Z0-9_-]+)|[:,] ?([A-Z0-9_-]{8,}))?`)
})

func findTLS(comment string) string {
	m := tlsWords().FindStringSubmatch(comment)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(m[1] + " " + m[2] + m[3])
}

// receivedAt returns when the last hop received the message; zero if it does not say.
func receivedAt(h search.Header) time.Time {
	value := h.Get("Received")
	if value == "" {
		return time.Time{}
	}
	return parseReceived(value).At
}
