package imapcheck

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"mailprobe/wire"
)

// ErrNoMessage is what Newest, Fetch and FetchHeader return where there is no such
// message: the server may say OK then, and nothing else (RFC 3501 §6.4.8).
var ErrNoMessage = errors.New("the server has no such message")

// Message is what there is to know of a message without reading it.
type Message struct {
	// Number is its place in the mailbox, from 1, which changes when messages
	// before it go; UID does not.
	Number, UID uint32
	// Size is in bytes (RFC822.SIZE).
	Size int64
	// Received is when it came into the mailbox (INTERNALDATE), the zero time where
	// the server's date cannot be read.
	Received time.Time
	// Flags are those it has, such as \Seen.
	Flags []string
}

// Messages tells of the messages of the UIDs, in the server's order; of those
// that are not there it says nothing. Up to a few hundred UIDs fit in a command.
func (s *Session) Messages(uids ...uint32) ([]Message, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	var set []string
	for _, uid := range uids {
		set = append(set, decimal(uid))
	}
	return s.messages("UID FETCH", strings.Join(set, ","))
}

// Ends tells of the first message and of the last, in any order: one message where
// there is only one, none where the mailbox is empty. Which of them came last is for
// their dates to say.
func (s *Session) Ends() ([]Message, error) { return s.messages("FETCH", "1,*") }

// Newest tells of the message with the highest UID: the last that came into the
// mailbox. There must be one.
func (s *Session) Newest() (Message, error) {
	all, err := s.messages("UID FETCH", "*")
	if err == nil && len(all) != 1 {
		err = ErrNoMessage
	}
	if err != nil {
		return Message{}, err
	}
	return all[0], nil
}

func (s *Session) messages(verb, set string) ([]Message, error) {
	var all []Message
	c := s.command(verb)
	c.onData = func(d *data) error {
		items, err := d.items()
		if items == nil || err != nil || items["INTERNALDATE"] == nil {
			return err // no FETCH, or news of flags
		}
		m, ok := readMessage(items)
		if m.Number = d.number; !ok {
			return d.bad("a message with UID, FLAGS, INTERNALDATE and RFC822.SIZE (RFC 3501 §7.4.2)")
		}
		all = append(all, m)
		return nil
	}
	_, err := c.run(set, "(UID FLAGS INTERNALDATE RFC822.SIZE)")
	return all, err
}

// items reads what a FETCH response tells of a message, by name in capitals; nil
// where it is none.
func (d *data) items() (map[string]*value, error) {
	if d.name != "FETCH" || !d.numbered {
		return nil, nil
	}
	all, ok := d.values()
	if !ok || len(all) != 1 || all[0].kind != listKind || len(all[0].list)%2 != 0 {
		return nil, d.bad("a list of items, each with its value (RFC 3501 §7.4.2)")
	}
	items := map[string]*value{}
	list := all[0].list
	for i := 0; i < len(list); i += 2 {
		name := strings.ToUpper(list[i].text)
		if list[i].kind != atomKind || items[name] != nil {
			return nil, d.bad("a list of items, each with a name of its own (RFC 3501 §7.4.2)")
		}
		items[name] = &list[i+1]
	}
	return items, nil
}

// uid is the message's, 0 where that is not told.
func uid(items map[string]*value) uint32 {
	if v := items["UID"]; v != nil {
		n, _ := v.number()
		return n
	}
	return 0
}

// dateTime is how INTERNALDATE is written (RFC 3501 §9: date-time).
const dateTime = "_2-Jan-2006 15:04:05 -0700"

func readMessage(items map[string]*value) (m Message, ok bool) {
	flags, size := items["FLAGS"], items["RFC822.SIZE"]
	if m.UID = uid(items); m.UID == 0 || flags == nil || flags.kind != listKind || size == nil {
		return m, false
	}
	m.Flags = texts(flags.list)
	m.Received, _ = time.Parse(dateTime, items["INTERNALDATE"].text)
	m.Size, ok = size.number64()
	return m, ok
}

// Fetch writes a message to w as it is and returns its size in bytes. It is not
// marked as read. More than max bytes are wire.ErrLimit; then nothing more can be
// asked in this session.
func (s *Session) Fetch(w io.Writer, uid uint32, max int64) (int64, error) {
	return s.fetchPart(w, uid, "BODY.PEEK[]", max)
}

// FetchStart writes the first n bytes of a message, as Fetch does the whole.
func (s *Session) FetchStart(w io.Writer, uid uint32, n int64) (int64, error) {
	return s.fetchPart(w, uid, fmt.Sprintf("BODY.PEEK[]<0.%d>", n), n)
}

// FetchHeader writes a message's header, or only the fields of these names, and
// the empty line after it, as Fetch does the whole.
func (s *Session) FetchHeader(w io.Writer, uid uint32, max int64, fields ...string) (int64, error) {
	if len(fields) == 0 {
		return s.fetchPart(w, uid, "BODY.PEEK[HEADER]", max)
	}
	for _, name := range fields {
		if !isAtom(name) {
			return 0, fmt.Errorf("%w: %q is no name of a header field", wire.ErrInput, name)
		}
	}
	return s.fetchPart(w, uid, "BODY.PEEK[HEADER.FIELDS ("+strings.Join(fields, " ")+")]", max)
}

// fetchPart fetches one part of one message.
func (s *Session) fetchPart(w io.Writer, of uint32, part string, max int64) (size int64, err error) {
	found := false
	c := s.command("UID FETCH")
	c.out = &outlet{writer: w, max: max}
	c.onData = func(d *data) error {
		items, err := d.items()
		if err != nil {
			return err
		}
		body := bodyOf(items)
		switch {
		case body == nil: // no FETCH, or news of flags
			return nil
		case found || uid(items) != of:
			return d.bad("one of the message with UID " + decimal(of) + " (RFC 3501 §6.4.8)")
		}
		found = true
		size, err = body.writeTo(w, max)
		return err
	}
	if _, err := c.run(decimal(of), "("+part+")"); err != nil {
		return size, err
	}
	if !found {
		return 0, ErrNoMessage
	}
	return size, nil
}

// bodyOf is the part of a message among the items, nil where there is none.
func bodyOf(items map[string]*value) *value {
	for name, v := range items {
		if strings.HasPrefix(name, "BODY[") {
			return v
		}
	}
	return nil
}

// writeTo writes what did not come as a literal and so is not written yet.
func (v *value) writeTo(w io.Writer, max int64) (int64, error) {
	switch {
	case v.kind == streamedKind:
		return v.size, nil
	case v.isNil():
		return 0, ErrNoMessage
	case int64(len(v.text)) > max:
		return 0, fmt.Errorf("%w: a string of %d bytes where %d may be", wire.ErrLimit, len(v.text), max)
	}
	n, err := io.WriteString(w, v.text)
	return int64(n), err
}
