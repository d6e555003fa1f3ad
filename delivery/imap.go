package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"mailprobe/imapcheck"
	"mailprobe/probe"
	"mailprobe/transport"
)

// imapDoor opens a mailbox by IMAP.
type imapDoor struct {
	check  *imapcheck.Check
	side   *side
	target probe.Target
}

func (d *imapDoor) open(ctx context.Context, r *probe.Result) (mailbox, error) {
	session, err := d.check.LogIn(ctx, d.target, r)
	if err != nil {
		return nil, err
	}
	session.Conn.Discreet = true
	b := &imapBox{OpenSession: session, side: d.side, name: d.check.Mailbox}
	if err := r.Run("select", b.enter); err != nil {
		session.Close()
		return nil, err
	}
	return b, nil
}

// enter selects the mailbox.
func (b *imapBox) enter(s *probe.Step) (err error) {
	if b.state, err = b.Select(b.name); err != nil {
		return b.Judge(s, err)
	}
	if b.state.ReadOnly {
		return probe.Because(CauseReadOnly, fmt.Errorf("%s can only be read, so that nothing can be deleted in it", b.name))
	}
	return b.Judge(s, b.learnNext())
}

// fault grades the error of a command as the check imap does in a step; nil for nil.
func (b *imapBox) fault(step string, err error) error {
	return b.side.renameFailure(b.Judge(&probe.Step{Name: step}, err))
}

// learnNext determines the next UID if the server did not announce it.
func (b *imapBox) learnNext() error {
	switch {
	case b.state.UIDNext > 0:
		return nil
	case b.state.Messages == 0:
		b.state.UIDNext = 1
		return nil
	}
	newest, err := b.Newest()
	b.state.UIDNext = newest.UID + 1
	return err
}

// imapBox is a mailbox accessed by IMAP.
type imapBox struct {
	*imapcheck.OpenSession
	side    *side
	name    string
	state   imapcheck.Mailbox
	removed []uint32 // expunged
	answer  string   // the server's answer to that
	marked  bool     // a message is marked as deleted and cannot be expunged alone
}

const imapMark = "imap:"

// mark returns the numbering of the UIDs and the next UID (RFC 3501 §2.3.1.1).
func (b *imapBox) mark() (mark, error) {
	return mark(fmt.Sprintf("%s%d:%d", imapMark, b.state.UIDValidity, b.state.UIDNext)), nil
}

// first returns the lowest UID after a mark; 0 for all.
func (b *imapBox) first(m mark) uint32 {
	text, ok := strings.CutPrefix(string(m), imapMark)
	validity, next, _ := strings.Cut(text, ":")
	uid, err := strconv.ParseUint(next, 10, 32)
	if !ok || err != nil || validity != fmt.Sprint(b.state.UIDValidity) {
		return 0
	}
	return uint32(uid)
}

func (b *imapBox) count() int { return int(b.state.Messages) }

// room asks for the quota if the server offers it (RFC 2087).
func (b *imapBox) room() (int64, error) {
	if !b.Capabilities().Has("QUOTA") {
		return -1, nil
	}
	roots, err := b.QuotaRoot(b.name)
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

func (b *imapBox) since(m mark) ([]message, error) {
	from, next := b.first(m), b.state.UIDNext
	if from > 0 && from == next {
		return nil, nil
	}
	from = max(from, next-min(next, searched))
	uids, err := b.Search(imapcheck.Query{From: from})
	if err != nil {
		return nil, b.fault("search", err)
	}
	found := make([]message, 0, len(uids))
	for _, uid := range slices.Backward(uids) {
		found = append(found, message{id: fmt.Sprintf("%d:%d", b.state.UIDValidity, uid), number: uid})
	}
	return found, nil
}

func (b *imapBox) showsHeaders() bool { return true }

func (b *imapBox) header(m message) ([]byte, error) {
	var text bytes.Buffer
	_, err := b.FetchHeader(&text, m.number, maxHeader)
	return text.Bytes(), b.fault("fetch", passGone(err))
}

func (b *imapBox) peek(m message) ([]byte, error) {
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
	b.Conn.Discreet = false
	defer func() { b.Conn.Discreet = true }()
	_, err := b.Fetch(to, m.number, max)
	return b.fault("fetch", err)
}

// remove marks a message as deleted and expunges it alone.
func (b *imapBox) remove(m message) error {
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
	case len(b.removed) > 0:
		return b.answer, nil
	}
	return reply.Line, b.fault("logout", err)
}

// confirm checks whether messages that were expunged still exist.
func (b *imapBox) confirm() error {
	left, err := b.Messages(b.removed...)
	if err == nil && len(left) > 0 {
		return probe.Because(CauseNotDeleted, fmt.Errorf("the server said %q, and the message is still there", b.answer))
	}
	return b.fault("delete", err)
}

func (b *imapBox) close() { b.OpenSession.Close() }

func (b *imapBox) nextStep() { b.NextStep() }

func (b *imapBox) pace() time.Duration { return 0 }
