package delivery

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"mailprobe/pop3check"
	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/transport"
)

// pop3Door opens a mailbox by POP3.
type pop3Door struct {
	check  *pop3check.Check
	side   *side
	target probe.Target
	// plausible is the sizes that the message may have where it is looked for
	// without TOP; see pop3Box.header.
	plausible func(int64) bool
}

func (d *pop3Door) open(ctx context.Context, r *probe.Result) (mailbox, error) {
	session, err := d.check.LogIn(ctx, d.target, r)
	if err != nil {
		return nil, err
	}
	session.Conn.Discreet = true
	b := &pop3Box{OpenSession: session, side: d.side, plausible: d.plausible}
	if err := r.Run("stat", func(s *probe.Step) error { return b.Judge(s, b.learnTotal()) }); err != nil {
		session.Close()
		return nil, err
	}
	return b, nil
}

// pop3Box is a mailbox accessed by POP3.
type pop3Box struct {
	*pop3check.OpenSession
	side      *side
	total     int       // messages
	messages  []message // in the order of their numbers, once they are listed
	listed    bool
	topless   bool // the server has no TOP
	plausible func(int64) bool
}

// fault grades the error of a verb as the check pop3 does in a step; nil for nil.
func (b *pop3Box) fault(step string, err error) error {
	return b.side.renameFailure(b.Judge(&probe.Step{Name: step}, err))
}

func (b *pop3Box) count() int { return b.total }

// room is unknown, as POP3 has no quotas.
func (b *pop3Box) room() (int64, error) { return -1, nil }

func (b *pop3Box) showsHeaders() bool {
	return !b.topless && (b.NoCAPA || b.Offered.Has(pop3check.TagTop))
}

// header uses TOP. Without TOP it fetches the message and closes the connection after the
// header; as there is no QUIT, nothing is marked as read. That costs a session, so it is
// done only for messages of about the size of the one looked for.
func (b *pop3Box) header(m message) ([]byte, error) {
	if b.showsHeaders() {
		text, err := b.top(m, 0, maxHeader)
		if !b.NoCAPA || !transport.IsRefusal(err) {
			return text, b.fault("top", err)
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
	return head.text.Bytes(), b.fault("retr", err)
}

func (b *pop3Box) top(m message, lines int, max int64) ([]byte, error) {
	var text bytes.Buffer
	_, err := b.Top(&text, int(m.number), lines, max)
	return text.Bytes(), err
}

// sizeOf asks LIST if the messages were listed by UIDL, without their sizes.
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

// errHeadRead stops reading a message after its header.
var errHeadRead = errors.New("the header has been read")

// headReader keeps what is written to it up to the first empty line.
type headReader struct{ text bytes.Buffer }

func (h *headReader) Write(line []byte) (int, error) {
	start := h.text.Len() == 0 || bytes.HasSuffix(h.text.Bytes(), []byte("\n"))
	h.text.Write(line)
	if start && string(line) == "\r\n" {
		return len(line), errHeadRead
	}
	return len(line), nil
}

// peekLines is how many lines of a notification's body are read.
const peekLines = 1000

func (b *pop3Box) peek(m message) ([]byte, error) {
	if b.topless {
		return nil, errors.New("the server does not offer TOP")
	}
	text, err := b.top(m, peekLines, 2*maxPeek)
	return text, b.fault("top", err)
}

func (b *pop3Box) fetch(m message, to io.Writer, max int64) error {
	b.Conn.Discreet = false
	defer func() { b.Conn.Discreet = true }()
	_, err := b.Retr(to, int(m.number), max)
	return b.fault("retr", err)
}

func (b *pop3Box) remove(m message) error {
	_, err := b.Dele(int(m.number))
	if err == nil {
		b.drop(m)
	}
	return b.fault("dele", err)
}

// leave sends QUIT, whose success deletes (RFC 1939 §6).
func (b *pop3Box) leave() (string, error) {
	reply, err := b.Quit()
	return reply.Line, b.fault("quit", err)
}

func (b *pop3Box) close() { b.OpenSession.Close() }

func (b *pop3Box) nextStep() { b.NextStep() }

// pace returns LOGIN-DELAY, which some servers follow by "USER" (RFC 2449 §6.6).
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

// received is the last hop's time, as POP3 has no other.
func (b *pop3Box) received(_ message, h search.Header) (time.Time, error) { return receivedAt(h), nil }
