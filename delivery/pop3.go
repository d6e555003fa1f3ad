package delivery

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"mailprobe/pop3check"
	"mailprobe/probe"
)

// pop3Door opens a mailbox by POP3.
type pop3Door struct {
	check  *pop3check.Check
	target probe.Target
	// plausible is the sizes that the message may have where it is looked for
	// without TOP; see pop3Box.header.
	plausible func(int64) bool
}

func (d *pop3Door) open(ctx context.Context, r *probe.Result) (mailbox, error) {
	visit, err := d.check.LogIn(ctx, d.target, r)
	if err != nil {
		return nil, err
	}
	visit.Conn.Discreet = true
	b := &pop3Box{Visit: visit, plausible: d.plausible}
	if err := r.Run("list", func(*probe.Step) error { return b.list() }); err != nil {
		visit.Close()
		return nil, err
	}
	return b, nil
}

func (d *pop3Door) isRefused(err error) bool { return hasCode(err, pop3check.CodeAuth) }

// isBusy: RFC 2449 §8.1, RFC 3206 §4.
func (d *pop3Door) isBusy(err error) bool {
	return hasCode(err, pop3check.CodeInUse) || hasCode(err, pop3check.CodeLoginDelay) || hasCode(err, pop3check.CodeTemporary)
}

func hasCode(err error, code string) bool {
	var refusal *pop3check.Refusal
	return errors.As(err, &refusal) && refusal.Reply.HasCode(code)
}

// pop3Box is a mailbox over POP3.
type pop3Box struct {
	*pop3check.Visit
	messages  []message // in the order of their numbers
	topless   bool      // the server has no TOP
	plausible func(int64) bool
	gone      int // messages marked as deleted
}

// list learns which messages there are, by UIDL, or where the server has none by
// their places and sizes: a message that moves up when one before it is deleted is
// then taken for a new one, and its header looked at once more.
func (b *pop3Box) list() error {
	if _, err := b.Stat(); err != nil {
		return err
	}
	if b.Old || b.Offered.Has(pop3check.TagUIDL) {
		err := b.listIDs()
		var refusal *pop3check.Refusal
		if !b.Old || !errors.As(err, &refusal) {
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
	b.messages = make([]message, len(sizes))
	for i, s := range sizes {
		b.messages[i] = message{id: fmt.Sprintf("%d/%d", s.Number, s.Octets), number: uint32(s.Number), size: s.Octets}
	}
	return err
}

func (b *pop3Box) count() int { return len(b.messages) }

const pop3Mark = "pop3:"

// mark is eight bytes of a hash of every message's id.
func (b *pop3Box) mark() mark {
	hashes := make([]uint64, len(b.messages))
	for i, m := range b.messages {
		hashes[i] = hashOf(m.id)
	}
	slices.Sort(hashes)
	packed := make([]byte, 0, 8*len(hashes))
	for _, h := range hashes {
		packed = binary.BigEndian.AppendUint64(packed, h)
	}
	return mark(pop3Mark + base64.RawStdEncoding.EncodeToString(packed))
}

func hashOf(id string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, id)
	return h.Sum64()
}

// parsePOP3Mark returns the hashes in a mark, sorted; none where it is no mark of
// POP3.
func parsePOP3Mark(m mark) []uint64 {
	text, ok := strings.CutPrefix(string(m), pop3Mark)
	packed, err := base64.RawStdEncoding.DecodeString(text)
	if !ok || err != nil {
		return nil
	}
	hashes := make([]uint64, 0, len(packed)/8)
	for ; len(packed) >= 8; packed = packed[8:] {
		hashes = append(hashes, binary.BigEndian.Uint64(packed))
	}
	return hashes
}

func (b *pop3Box) since(m mark) ([]message, error) {
	known := parsePOP3Mark(m)
	var found []message
	for _, message := range slices.Backward(b.messages) {
		if _, old := slices.BinarySearch(known, hashOf(message.id)); !old {
			found = append(found, message)
		}
	}
	return found, nil
}

// header asks by TOP. A server without it is asked for the message, which is not
// read beyond the header: the connection is broken off there, and as there is no
// QUIT, nothing is marked as read. That costs a session, and so is done only for a
// message whose size is about that of the one looked for.
func (b *pop3Box) header(m message) ([]byte, error) {
	if !b.topless && (b.Old || b.Offered.Has(pop3check.TagTop)) {
		text, err := b.top(m, 0, maxHeader)
		var refusal *pop3check.Refusal
		if !b.Old || !errors.As(err, &refusal) {
			return text, err
		}
	}
	b.topless = true
	if b.plausible == nil || !b.plausible(b.sizeOf(m)) {
		return nil, nil
	}
	head := &headReader{}
	_, err := b.Retr(head, int(m.number), maxHeader)
	if errors.Is(err, errHeadRead) {
		return head.text.Bytes(), errReopen
	}
	return head.text.Bytes(), err
}

func (b *pop3Box) top(m message, lines int, max int64) ([]byte, error) {
	var text bytes.Buffer
	_, err := b.Top(&text, int(m.number), lines, max)
	return text.Bytes(), err
}

// sizeOf asks LIST where UIDL has told the messages, without their sizes.
func (b *pop3Box) sizeOf(m message) int64 {
	if m.size > 0 {
		return m.size
	}
	sizes, err := b.List()
	if err != nil {
		return 0
	}
	for _, s := range sizes {
		if uint32(s.Number) == m.number {
			return s.Octets
		}
	}
	return 0
}

// errHeadRead ends the reading of a message after its header.
var errHeadRead = errors.New("the header has been read")

// headReader takes what is written to it up to the first empty line.
type headReader struct{ text bytes.Buffer }

func (h *headReader) Write(line []byte) (int, error) {
	start := h.text.Len() == 0 || bytes.HasSuffix(h.text.Bytes(), []byte("\n"))
	h.text.Write(line)
	if start && string(line) == "\r\n" {
		return len(line), errHeadRead
	}
	return len(line), nil
}

// peekLines is how many lines of a notification's body are asked for.
const peekLines = 1000

func (b *pop3Box) peek(m message) ([]byte, error) {
	if b.topless {
		return nil, errors.New("the server does not offer TOP")
	}
	return b.top(m, peekLines, 2*maxPeek)
}

func (b *pop3Box) fetch(m message, to io.Writer, max int64) error {
	b.Conn.Discreet = false
	defer func() { b.Conn.Discreet = true }()
	_, err := b.Retr(to, int(m.number), max)
	return err
}

func (b *pop3Box) remove(m message) error {
	_, err := b.Dele(int(m.number))
	if err == nil {
		b.gone++
	}
	return err
}

// leave says QUIT, and only its success deletes (RFC 1939 §6).
func (b *pop3Box) leave() (string, error) {
	reply, err := b.Quit()
	return reply.Line, err
}

func (b *pop3Box) close() { b.Visit.Close() }

func (b *pop3Box) nextStep() { b.NextStep() }

// pace is what LOGIN-DELAY has, which some servers follow by "USER" (RFC 2449 §6.6).
func (b *pop3Box) pace() time.Duration {
	params := b.Offered.Params(pop3check.TagLoginDelay)
	if len(params) == 0 {
		return 0
	}
	seconds, err := strconv.ParseUint(params[0], 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
