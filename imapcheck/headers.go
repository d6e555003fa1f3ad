package imapcheck

import (
	"errors"
	"strings"
	"time"

	"mailprobe/search"
	"mailprobe/wire"
)

// maxHeaderLiteral is the longest literal with a header that is read, in bytes. What does
// not fit into search.MaxHeader is read and dropped.
const maxHeaderLiteral = 256 << 20

// Headers fetches the fields with these names of the messages of a set, by their numbers
// or with the verb "UID FETCH" by their UIDs, and calls take with each: its Number, UID
// and Received are known, and header is valid during the call only. Messages that exist no
// more are left out. Nothing is marked as read, and nothing recorded.
func (s *Session) Headers(verb, set string, fields []string, take func(m Message, header []byte)) error {
	h := &headers{out: search.Start{Max: search.MaxHeader}, seen: map[uint32]bool{}, take: take}
	c := s.command(verb)
	c.out = &outlet{writer: &h.out, max: maxHeaderLiteral}
	c.maxResponses = maxFetched
	c.onData = func(d *data) error {
		defer func() { h.out.Reset(); c.out.used = false }()
		return h.read(d)
	}
	part := "(UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (" + strings.ToUpper(strings.Join(fields, " ")) + ")])"
	var reply Reply
	err := s.Conn.Withhold(maxFetched*maxFetchLine, func() (err error) {
		reply, err = c.run(set, part)
		return err
	})
	if reply.Line != "" {
		s.Conn.Transcript.Record(wire.Server, wire.Quote(reply.Line+"\r\n"))
	}
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Reply.Code == CodeExpungeIssued {
		err = c.fault // RFC 5530 §3: the others were sent
	}
	return search.Unquoted(err)
}

// The limits of Headers: responses of a command, and bytes of their lines, on average.
const (
	maxFetched   = 2 * batch
	maxFetchLine = 1024
)

// headers reads the answers to FETCH.
type headers struct {
	out  search.Start
	seen map[uint32]bool
	take func(Message, []byte)
}

func (h *headers) read(d *data) error {
	items, err := d.items()
	body := bodyOf(items)
	if err != nil || body == nil { // no FETCH, or news of flags
		return err
	}
	m := Message{Number: d.number, UID: uid(items)}
	if m.UID == 0 || h.seen[m.UID] {
		return d.bad("one for each message, with its UID (RFC 3501 §6.4.8)")
	}
	h.seen[m.UID] = true
	if date := items["INTERNALDATE"]; date != nil {
		m.Received, _ = time.Parse(dateTime, date.text)
	}
	switch {
	case body.isNil(): // it is gone (RFC 2180 §4.1.3)
		return nil
	case body.kind != streamedKind:
		_, _ = h.out.Write([]byte(body.text))
	}
	h.take(m, h.out.Text)
	return nil
}
