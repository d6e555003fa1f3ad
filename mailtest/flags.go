package mailtest

import (
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// has reports whether a flag is set; their case does not matter.
func (m *Message) has(flag string) bool {
	return slices.ContainsFunc(m.Flags, func(f string) bool { return strings.EqualFold(f, flag) })
}

func (m *Message) imapFlags() []imap.Flag {
	var all []imap.Flag
	for _, f := range m.Flags {
		all = append(all, imap.Flag(f))
	}
	return all
}

// change sets, adds or removes flags.
func (m *Message) change(how imap.StoreFlagsOp, flags []string) {
	if how == imap.StoreFlagsSet {
		m.Flags = nil
	}
	for _, flag := range flags {
		switch {
		case how == imap.StoreFlagsDel:
			m.Flags = slices.DeleteFunc(m.Flags, func(f string) bool { return strings.EqualFold(f, flag) })
		case !m.has(flag):
			m.Flags = append(m.Flags, flag)
		}
	}
}

// mark changes the flags of a message, and in m what a session sees of it.
func (b *mailbox) mark(m *Message, how imap.StoreFlagsOp, flags []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, stored := range b.messages {
		if stored.UID == m.UID {
			stored.change(how, flags)
			m.Flags = slices.Clone(stored.Flags)
		}
	}
}

// uidNext is the UID that the next message will have.
func (b *mailbox) uidNext() uint32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.next
}
