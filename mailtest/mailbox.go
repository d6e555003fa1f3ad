package mailtest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Message is a message in a mailbox.
type Message struct {
	// UID is its number among all messages that were ever in the mailbox, from 1.
	UID uint32
	// ID is its unique id in POP3's UIDL.
	ID string
	// Arrived is when it was put into the mailbox.
	Arrived time.Time
	// Text is the message with its header; lines end in CRLF. It must not be changed.
	Text []byte
	// Flags are those that IMAP clients have set, such as \Seen.
	Flags []string
}

var (
	errFull   = errors.New("mailbox is full")
	errLocked = errors.New("mailbox is locked by another session")
	errNoUser = errors.New("no such user")
)

// mailbox is one user's messages.
type mailbox struct {
	account  Account
	validity uint32 // of the UIDs; the start of the host, in seconds
	junk     *mailbox

	mu       sync.Mutex
	messages []*Message
	size     int // of all messages, in bytes
	next     uint32
	locked   bool
	lastUse  time.Time // when the last POP3 session ended
}

func newMailbox(a Account) *mailbox {
	setDefault(&a.Quota, DefaultQuota)
	validity := uint32(time.Now().Unix())
	return &mailbox{account: a, validity: validity, next: 1, junk: &mailbox{account: a, validity: validity, next: 1}}
}

// overhead is what a message counts beyond its text, in bytes, so that the quota
// bounds how many there are as well.
const overhead = 100

// add puts a message into the mailbox; errFull if the quota does not allow it.
func (m *mailbox) add(text []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.size+len(text)+overhead > m.account.Quota {
		return errFull
	}
	m.size += len(text) + overhead
	m.messages = append(m.messages, &Message{
		UID: m.next, ID: fmt.Sprintf("%08x%08x", m.validity, m.next), Arrived: time.Now(), Text: text,
	})
	m.next++
	return nil
}

// full reports whether not even the smallest message fits in.
func (m *mailbox) full() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.size+overhead > m.account.Quota
}

// list returns the messages as they are now.
func (m *mailbox) list() []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]Message, len(m.messages))
	for i, message := range m.messages {
		all[i] = *message
		all[i].Flags = slices.Clone(message.Flags)
	}
	return all
}

// remove takes away the messages of these UIDs.
func (m *mailbox) remove(gone map[uint32]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages = slices.DeleteFunc(m.messages, func(message *Message) bool {
		if gone[message.UID] {
			m.size -= len(message.Text) + overhead
		}
		return gone[message.UID]
	})
}

// lock takes the mailbox for one POP3 session (RFC 1939 §4).
func (m *mailbox) lock() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locked {
		return errLocked
	}
	m.locked = true
	return nil
}

func (m *mailbox) unlock() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.locked, m.lastUse = false, time.Now()
}

// idle is how long ago the last POP3 session ended.
func (m *mailbox) idle() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Since(m.lastUse)
}

// Deliver puts a message into a user's mailbox, with line ends as CRLF. It fails if there
// is no such user or the mailbox is full.
func (h *Host) Deliver(user string, message []byte) error {
	box := h.account(user)
	if box == nil {
		return fmt.Errorf("mailtest: %w: %s", errNoUser, user)
	}
	if err := box.add(withCRLF(message)); err != nil {
		return fmt.Errorf("mailtest: %s: %w", user, err)
	}
	return nil
}

// Messages returns what is in a user's mailbox, oldest first.
func (h *Host) Messages(user string) []Message {
	box := h.account(user)
	if box == nil {
		return nil
	}
	return box.list()
}

// Junk returns what is in a user's mailbox Junk, oldest first.
func (h *Host) Junk(user string) []Message {
	box := h.account(user)
	if box == nil {
		return nil
	}
	return box.junk.list()
}

// SetQuota changes how many bytes a user's mailbox holds.
func (h *Host) SetQuota(user string, bytes int) {
	if box := h.account(user); box != nil {
		box.mu.Lock()
		defer box.mu.Unlock()
		box.account.Quota = bytes
	}
}

// Lock locks a user's mailbox as a POP3 session does, so that others get [IN-USE], until
// release is called. It fails if it is locked already.
func (h *Host) Lock(user string) (release func(), err error) {
	box := h.account(user)
	if box == nil {
		return nil, fmt.Errorf("mailtest: %w: %s", errNoUser, user)
	}
	if err := box.lock(); err != nil {
		return nil, fmt.Errorf("mailtest: %s: %w", user, err)
	}
	return sync.OnceFunc(box.unlock), nil
}

// withCRLF ends every line in CRLF.
func withCRLF(text []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		out.Write(bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")))
		out.WriteString("\r\n")
	}
	return out.Bytes()
}
