package mailtest

import (
	"bufio"
	"bytes"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// Search finds messages (RFC 3501 §6.4.4).
func (s *imapSession) Search(kind imapserver.NumKind, criteria *imap.SearchCriteria, _ *imap.SearchOptions) (*imap.SearchData, error) {
	if err := s.dropped("SEARCH"); err != nil {
		return nil, err
	}
	var numbers imap.SeqSet
	var uids imap.UIDSet
	data := &imap.SearchData{}
	for i := range s.view {
		number, m := uint32(i+1), &s.view[i]
		if !s.matches(number, m, criteria) {
			continue
		}
		found := number
		if kind == imapserver.NumKindUID {
			found = m.UID
		}
		numbers.AddNum(number)
		uids.AddNum(imap.UID(m.UID))
		if data.Count == 0 {
			data.Min = found
		}
		data.Max = found
		data.Count++
	}
	data.All = numbers
	if kind == imapserver.NumKindUID {
		data.All = uids
	}
	return data, nil
}

// matches reports whether a message meets all criteria.
func (s *imapSession) matches(number uint32, m *Message, c *imap.SearchCriteria) bool {
	for _, set := range c.SeqNum {
		if !contains(set, number, m.UID, s.view) {
			return false
		}
	}
	for _, set := range c.UID {
		if !contains(set, number, m.UID, s.view) {
			return false
		}
	}
	for i := range c.Not {
		if s.matches(number, m, &c.Not[i]) {
			return false
		}
	}
	for i := range c.Or {
		if !s.matches(number, m, &c.Or[i][0]) && !s.matches(number, m, &c.Or[i][1]) {
			return false
		}
	}
	return m.meetsFlags(c) && m.meetsSizes(c) && m.meetsText(c)
}

func (m *Message) meetsFlags(c *imap.SearchCriteria) bool {
	return !slices.ContainsFunc(c.Flag, func(f imap.Flag) bool { return !m.has(string(f)) }) &&
		!slices.ContainsFunc(c.NotFlag, func(f imap.Flag) bool { return m.has(string(f)) })
}

// meetsSizes compares size and the day of arrival.
func (m *Message) meetsSizes(c *imap.SearchCriteria) bool {
	size := int64(len(m.Text))
	switch {
	case c.Larger != 0 && size <= c.Larger, c.Smaller != 0 && size >= c.Smaller:
		return false
	}
	day := m.Arrived.UTC().Truncate(24 * time.Hour)
	return (c.Since.IsZero() || !day.Before(c.Since)) && (c.Before.IsZero() || day.Before(c.Before))
}

func (m *Message) meetsText(c *imap.SearchCriteria) bool {
	_, body, _ := bytes.Cut(m.Text, []byte("\r\n\r\n"))
	lacks := func(text []byte, word string) bool {
		return !bytes.Contains(bytes.ToLower(text), bytes.ToLower([]byte(word)))
	}
	if slices.ContainsFunc(c.Text, func(w string) bool { return lacks(m.Text, w) }) ||
		slices.ContainsFunc(c.Body, func(w string) bool { return lacks(body, w) }) {
		return false
	}
	if len(c.Header) == 0 {
		return true
	}
	header, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(m.Text))).ReadMIMEHeader()
	return !slices.ContainsFunc(c.Header, func(f imap.SearchCriteriaHeaderField) bool {
		return !slices.ContainsFunc(header.Values(f.Key), func(v string) bool {
			return strings.Contains(strings.ToLower(v), strings.ToLower(f.Value))
		})
	})
}
