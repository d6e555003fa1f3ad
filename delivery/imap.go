package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"mailprobe/imapcheck"
	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/transport"
)

// imapDoor opens a mailbox by IMAP.
type imapDoor struct {
	check  *imapcheck.Check
	side   *side
	target probe.Target
	junk   []string // further mailboxes
}

func (d *imapDoor) open(ctx context.Context, r *probe.Result) (mailbox, error) {
	session, err := d.check.LogIn(ctx, d.target, r)
	if err != nil {
		return nil, err
	}
	session.Conn.Discreet = true
	b := &imapBox{OpenSession: session, side: d.side, folders: []*folder{{name: d.check.Mailbox}}}
	for _, name := range d.junk {
		b.folders = append(b.folders, &folder{name: name, junk: true})
	}
	if err := r.Run("select", func(s *probe.Step) error { return b.openAll(s) }); err != nil {
		session.Close()
		return nil, err
	}
	return b, nil
}

// openAll enters all mailboxes, or names those there are.
func (b *imapBox) openAll(s *probe.Step) error {
	wrong, err := b.enterAll()
	return b.WhichExist(wrong, b.Judge(s, err))
}

// enterAll learns how all mailboxes are, and selects the first. With an error it returns the
// name of the mailbox that could not be entered.
func (b *imapBox) enterAll() (name string, err error) {
	for _, f := range b.folders[1:] {
		status, err := b.Status(f.name)
		if err != nil {
			return f.name, fmt.Errorf("%s: %w", f.name, err)
		}
		f.validity, f.next = status.UIDValidity, status.UIDNext
	}
	inbox := b.folders[0]
	state, err := b.enter(inbox)
	if err != nil {
		return inbox.name, err
	}
	b.messages, inbox.validity, inbox.next = int(state.Messages), state.UIDValidity, state.UIDNext
	return inbox.name, b.learnNext(state.Messages)
}

// enter selects a mailbox, unless it is selected.
func (b *imapBox) enter(f *folder) (state imapcheck.Mailbox, err error) {
	if b.selected == f {
		return state, nil
	}
	if err := b.confirm(); err != nil {
		return state, err
	}
	if state, err = b.Select(f.name); err != nil {
		return state, fmt.Errorf("%s: %w", f.name, err)
	}
	if b.selected = f; state.ReadOnly {
		return state, probe.Because(CauseReadOnly, fmt.Errorf("%s can only be read, so that nothing can be deleted in it", f.name))
	}
	return state, nil
}

// enterFor selects the mailbox of a message.
func (b *imapBox) enterFor(m message) error {
	f := b.folders[0]
	if i := slices.IndexFunc(b.folders, func(f *folder) bool { return f.junk && f.name == m.junk }); i > 0 {
		f = b.folders[i]
	}
	_, err := b.enter(f)
	return b.fault("select", err)
}

// fault grades the error of a command as the check imap does in a step; nil for nil.
func (b *imapBox) fault(step string, err error) error {
	return b.side.renameFailure(b.Judge(&probe.Step{Name: step}, err))
}

// learnNext determines the next UID of the first mailbox if the server did not announce
// it.
func (b *imapBox) learnNext(messages uint32) error {
	inbox := b.folders[0]
	switch {
	case inbox.next > 0:
		return nil
	case messages == 0:
		inbox.next = 1
		return nil
	}
	newest, err := b.Newest()
	inbox.next = newest.UID + 1
	return err
}

// imapBox is a mailbox accessed by IMAP, with those of junk.
type imapBox struct {
	*imapcheck.OpenSession
	side     *side
	folders  []*folder // the first is that in which messages should arrive
	selected *folder
	messages int      // in the first
	removed  []uint32 // expunged from the one that is selected
	answer   string   // the server's answer to that
	marked   bool     // a message is marked as deleted and cannot be expunged alone
}

// folder is one of the mailboxes that are looked at.
type folder struct {
	name string
	junk bool
	// validity names the numbering of the UIDs, next is the next UID (RFC 3501 §2.3.1.1),
	// as they were when the session began.
	validity, next uint32

	searched bool
	from     uint32 // the UID from which it was searched
	uids     []uint32
}

const imapMark = "imap:"

// mark returns the numbering of the UIDs and the next UID of the first mailbox, as in
// "imap:1288:7", and of each other one after its name, as in ";Junk=1289:3".
func (b *imapBox) mark() (mark, error) {
	text := imapMark
	for _, f := range b.folders {
		if f.junk {
			text += ";" + url.QueryEscape(f.name) + "="
		}
		text += fmt.Sprintf("%d:%d", f.validity, f.next)
	}
	return mark(text), nil
}

// first returns the lowest UID after a mark; 0 for all.
func (f *folder) first(m mark) uint32 {
	text, _ := strings.CutPrefix(string(m), imapMark)
	for i, part := range strings.Split(text, ";") {
		name, place, named := strings.Cut(part, "=")
		if !named {
			place = part
		}
		if f.junk != (i > 0) || f.junk && name != url.QueryEscape(f.name) {
			continue
		}
		validity, next, _ := strings.Cut(place, ":")
		uid, err := strconv.ParseUint(next, 10, 32)
		if err != nil || validity != fmt.Sprint(f.validity) {
			return 0
		}
		return uint32(uid)
	}
	return 0
}

func (b *imapBox) count() int { return b.messages }

// room asks for the quota if the server offers it (RFC 2087).
func (b *imapBox) room() (int64, error) {
	if !b.Capabilities().Has("QUOTA") {
		return -1, nil
	}
	roots, err := b.QuotaRoot(b.folders[0].name)
	if transport.IsRefusal(err) || err == nil && len(roots) == 0 {
		return -1, nil
	}
	left := int64(math.MaxInt64)
	for _, q := range roots {
		left = min(left, max(q.Limit-q.Used, 0))
	}
	return left, b.fault("quota", err)
}

// searched is how many of the highest UIDs are searched. More might not fit on a line,
// and only the newest of many messages are examined anyway.
const searched = 5000

func (b *imapBox) since(m mark) (found []message, err error) {
	for _, f := range b.folders {
		from := f.first(m)
		if from > 0 && from == f.next {
			continue
		}
		from = max(from, f.next-min(f.next, searched))
		if err := b.search(f, from); err != nil {
			return nil, err
		}
		for _, uid := range slices.Backward(f.uids) {
			if uid >= from {
				found = append(found, f.message(uid))
			}
		}
	}
	return found, nil
}

// search finds the messages from a UID on, unless an earlier search has.
func (b *imapBox) search(f *folder, from uint32) error {
	if f.searched && from >= f.from {
		return nil
	}
	if _, err := b.enter(f); err != nil {
		return b.fault("select", err)
	}
	uids, err := b.Search(imapcheck.Query{From: from})
	f.from, f.uids, f.searched = from, uids, err == nil
	return b.fault("search", err)
}

// message returns the message of a UID.
func (f *folder) message(uid uint32) message {
	m := message{id: fmt.Sprintf("%d:%d", f.validity, uid), number: uid}
	if f.junk {
		m.junk = f.name
		m.id += " " + f.name
	}
	return m
}

func (b *imapBox) showsHeaders() bool { return true }

func (b *imapBox) header(m message) ([]byte, error) {
	if err := b.enterFor(m); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	_, err := b.FetchHeader(&text, m.number, maxHeader)
	return text.Bytes(), b.fault("fetch", passGone(err))
}

func (b *imapBox) peek(m message) ([]byte, error) {
	if err := b.enterFor(m); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	_, err := b.FetchStart(&text, m.number, maxPeek)
	return text.Bytes(), b.fault("fetch", passGone(err))
}

// passGone ignores that another client has deleted a message meanwhile.
func passGone(err error) error {
	if errors.Is(err, imapcheck.ErrNoMessage) {
		return nil
	}
	return err
}

func (b *imapBox) fetch(m message, to io.Writer, max int64) error {
	if err := b.enterFor(m); err != nil {
		return err
	}
	b.Conn.Discreet = false
	defer func() { b.Conn.Discreet = true }()
	_, err := b.Fetch(to, m.number, max)
	return b.fault("fetch", err)
}

// remove marks a message as deleted and expunges it alone.
func (b *imapBox) remove(m message) error {
	if err := b.enterFor(m); err != nil {
		return err
	}
	if _, err := b.Delete(m.number); err != nil {
		return b.fault("delete", err)
	}
	reply, err := b.Expunge(m.number)
	if errors.Is(err, imapcheck.ErrNoUIDPlus) {
		b.marked = true
		return nil
	}
	if err != nil {
		return b.fault("delete", err)
	}
	b.removed, b.answer = append(b.removed, m.number), reply.Line
	return nil
}

// leave checks that what was expunged is gone, and logs out.
func (b *imapBox) leave() (string, error) {
	if err := b.confirm(); err != nil {
		return "", err
	}
	reply, err := b.Logout()
	switch {
	case b.marked:
		return "", errMarked
	case b.answer != "":
		return b.answer, nil
	}
	return reply.Line, b.fault("logout", err)
}

// confirm checks whether messages that were expunged from the selected mailbox still exist.
func (b *imapBox) confirm() error {
	left, err := b.Messages(b.removed...)
	b.removed = nil
	if err == nil && len(left) > 0 {
		return probe.Because(CauseNotDeleted, fmt.Errorf("the server said %q, and the message is still there", b.answer))
	}
	return b.fault("delete", err)
}

func (b *imapBox) close() { b.OpenSession.Close() }

func (b *imapBox) nextStep() { b.NextStep() }

func (b *imapBox) pace() time.Duration { return 0 }

// received is INTERNALDATE, or else the last hop's time.
func (b *imapBox) received(m message, h search.Header) (time.Time, error) {
	if err := b.enterFor(m); err != nil {
		return time.Time{}, err
	}
	found, err := b.Messages(m.number)
	if err == nil && len(found) == 1 && !found[0].Received.IsZero() {
		return found[0].Received, nil
	}
	return receivedAt(h), b.fault("fetch", err)
}
