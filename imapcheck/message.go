package imapcheck

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"mailprobe/wire"
)

// ErrNoMessage is returned by Newest, Fetch and FetchHeader if there is no such message:
// the server may just answer OK (RFC 3501 §6.4.8).
var ErrNoMessage = errors.New("the server has no such message")

// Message describes a message without its contents.
type Message struct {
	// Number is the position in the mailbox, from 1, which changes when messages before
	// it are removed. UID does not change.
	Number, UID uint32
	// Size is in bytes (RFC822.SIZE).
	Size int64
	// Received is when the message came into the mailbox (INTERNALDATE); zero if the
	// server's date cannot be read.
	Received time.Time
	// Flags are those it has, such as \Seen.
	Flags []string
}

// Messages describes the messages with the UIDs that exist, in the server's order. A
// command has room for a few hundred UIDs.
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

// Ends describes the first and the last message, in any order: one message if there is
// only one, none if the mailbox is empty. Their dates show which of them came last.
func (s *Session) Ends() ([]Message, error) { return s.messages("FETCH", "1,*") }

// Newest describes the message with the highest UID, the last that came into the mailbox.
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

// items reads the items of a FETCH response, by name in capitals; nil for other
// responses.
func (d *data) items() (map[string]*value, error) {
	if d.name != "FETCH" || !d.numbered {
		return nil, nil
	}
	all, ok := d.values()
	if !ok || len(all) != 1 || all[0].kind != listKind || len(all[0].list)%2 != 0 {
		return nil, d.bad("a list of items, each with its value (RFC 3501 §7.4.2)")
	}
	items := make(map[string]*value, len(all[0].list)/2)
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

// uid returns the message's UID, 0 for none.
func uid(items map[string]*value) uint32 {
	if v := items["UID"]; v != nil {
		n, _ := v.number()
		return n
	}
	return 0
}

// dateTime is the layout of INTERNALDATE (RFC 3501 §9: date-time).
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

// Fetch writes a message to w and returns its size in bytes. It does not mark the message
// as read. More than max bytes are wire.ErrLimit, after which the session cannot be used
// any more.
func (s *Session) Fetch(w io.Writer, uid uint32, max int64) (int64, error) {
	return s.fetchPart(w, uid, "BODY.PEEK[]", max)
}

// FetchStart is Fetch for the first n bytes of a message.
func (s *Session) FetchStart(w io.Writer, uid uint32, n int64) (int64, error) {
	return s.fetchPart(w, uid, fmt.Sprintf("BODY.PEEK[]<0.%d>", n), n)
}

// FetchHeader is Fetch for the header of a message, or only for fields with these names,
// and the empty line after it.
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

// bodyOf returns the part of a message among the items, nil for none.
func bodyOf(items map[string]*value) *value {
	for name, v := range items {
		if strings.HasPrefix(name, "BODY[") {
			return v
		}
	}
	return nil
}

// writeTo writes a value that did not come as a literal and so is not written yet.
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
