package delivery

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"

	"mailprobe/pop3check"
	"mailprobe/transport"
)

// Which messages a mailbox has, and which of them are new, over POP3.

func (b *pop3Box) learnTotal() error {
	drop, err := b.Stat()
	b.total = drop.Messages
	return err
}

// list lists the messages by UIDL, or if the server has none by their positions and
// sizes: a message that moves up when one before it is deleted is then taken for a new
// one, and its header is read once more.
func (b *pop3Box) list() (err error) {
	if b.listed {
		return nil
	}
	defer func() { b.listed = err == nil }()
	if b.NoCAPA || b.Offered.Has(pop3check.TagUIDL) {
		err = b.listIDs()
		if !b.NoCAPA || !transport.IsRefusal(err) {
			return err
		}
	}
	return b.listSizes()
}

func (b *pop3Box) listIDs() error {
	ids, err := b.UIDL()
	b.messages = make([]message, len(ids))
	for i, id := range ids {
		b.messages[i] = message{id: id.ID, number: uint32(id.Number)}
	}
	return err
}

func (b *pop3Box) listSizes() error {
	sizes, err := b.List()
	slices.SortFunc(sizes, func(x, y pop3check.Scan) int { return cmp.Compare(x.Number, y.Number) })
	b.messages = make([]message, len(sizes))
	for i, s := range sizes {
		b.messages[i] = message{number: uint32(s.Number), size: s.Octets}
	}
	b.nameByPosition()
	return err
}

// nameByPosition makes ids of positions and sizes.
func (b *pop3Box) nameByPosition() {
	for i := range b.messages {
		m := &b.messages[i]
		m.id = fmt.Sprintf("%d/%d", i+1, m.size)
	}
}

// drop removes a deleted message from the list. Those after it move up in the next
// session.
func (b *pop3Box) drop(gone message) {
	b.messages = slices.DeleteFunc(b.messages, func(m message) bool { return m.number == gone.number })
	if len(b.messages) > 0 && b.messages[0].size > 0 {
		b.nameByPosition()
	}
}

const pop3Mark = "pop3:"

// mark returns eight bytes of a hash of every message's id.
func (b *pop3Box) mark() (mark, error) {
	if err := b.list(); err != nil {
		return "", b.fault("uidl", err)
	}
	hashes := make([]uint64, len(b.messages))
	for i, m := range b.messages {
		hashes[i] = hashOf(m.id)
	}
	slices.Sort(hashes)
	packed := make([]byte, 0, 8*len(hashes))
	for _, h := range hashes {
		packed = binary.BigEndian.AppendUint64(packed, h)
	}
	return mark(pop3Mark + base64.RawStdEncoding.EncodeToString(packed)), nil
}

func hashOf(id string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, id)
	return h.Sum64()
}

// knownIDs holds the hashes of a mark, sorted.
type knownIDs []uint64

// parsePOP3Mark reads a mark; it returns none for one of another protocol.
func parsePOP3Mark(m mark) knownIDs {
	text, ok := strings.CutPrefix(string(m), pop3Mark)
	packed, err := base64.RawStdEncoding.DecodeString(text)
	if !ok || err != nil {
		return nil
	}
	hashes := make(knownIDs, 0, len(packed)/8)
	for ; len(packed) >= 8; packed = packed[8:] {
		hashes = append(hashes, binary.BigEndian.Uint64(packed))
	}
	return hashes
}

func (k knownIDs) has(id string) bool {
	_, ok := slices.BinarySearch(k, hashOf(id))
	return ok
}

func (b *pop3Box) since(m mark) ([]message, error) {
	known := parsePOP3Mark(m)
	found, ok, err := b.atTheEnd(known)
	if ok || err != nil {
		return found, b.fault("uidl", err)
	}
	if err := b.list(); err != nil {
		return nil, b.fault("uidl", err)
	}
	for _, message := range slices.Backward(b.messages) {
		if !known.has(message.id) {
			found = append(found, message)
		}
	}
	return found, nil
}

// In a mailbox with more than manyMessages, only the ids of the last messages are asked
// for at first, if at most atEnd are new.
const (
	manyMessages = 200
	atEnd        = 10
)

// atTheEnd asks only for the last messages, as many as were added. Servers number
// messages anew in each session (RFC 1939 §4), not necessarily by arrival. So ok is
// false, and all must be listed, unless each of these is new; or, if none was added, the
// last of all is known.
func (b *pop3Box) atTheEnd(known knownIDs) (found []message, ok bool, err error) {
	more := b.total - len(known)
	if b.listed || !b.Offered.Has(pop3check.TagUIDL) || b.total < manyMessages || more < 0 || more > atEnd {
		return nil, false, nil
	}
	for n := b.total; n > b.total-max(more, 1); n-- {
		id, err := b.UIDLOf(n)
		switch {
		case transport.IsRefusal(err), transport.IsMalformed(err):
			return nil, false, nil
		case err != nil:
			return nil, false, err
		case known.has(id) != (more == 0):
			return nil, false, nil
		case more > 0:
			found = append(found, message{id: id, number: uint32(n)})
		}
	}
	return found, true, nil
}
