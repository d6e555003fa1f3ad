package imapcheck

import (
	"mailprobe/transport"
	"slices"
	"strconv"
	"strings"
)

// Mailbox is the answer to SELECT and EXAMINE (RFC 3501 §6.3.1).
type Mailbox struct {
	// Messages is how many there are.
	Messages uint32
	// UIDValidity names the numbering: UIDs of another one mean nothing. UIDNext
	// is the next message's UID, at the least. 0 where the server did not say.
	UIDValidity, UIDNext uint32
	// Flags are the flags that messages have, PermanentFlags those that can be changed.
	Flags, PermanentFlags []string
	// ReadOnly reports that nothing can be changed.
	ReadOnly bool
}

// Select opens a mailbox (RFC 3501 §6.3.1).
func (s *Session) Select(name string) (Mailbox, error) { return s.open("SELECT", name) }

// Examine opens a mailbox for reading only: nothing in it changes (RFC 3501 §6.3.2).
func (s *Session) Examine(name string) (Mailbox, error) { return s.open("EXAMINE", name) }

func (s *Session) open(verb, name string) (Mailbox, error) {
	var m Mailbox
	exists := false
	c := s.command(verb)
	c.onStatus = m.learnCode
	c.onData = func(d *data) error {
		switch {
		case d.name == "EXISTS" && d.numbered:
			m.Messages, exists = d.number, true
		case d.name == "FLAGS" && !d.numbered:
			all, ok := d.values()
			if !ok || len(all) != 1 || all[0].kind != listKind {
				return d.bad("a list of flags (RFC 3501 §7.2.6)")
			}
			m.Flags = texts(all[0].list)
		}
		return nil
	}
	reply, err := c.run(s.mailbox(name))
	if err != nil {
		return Mailbox{}, err
	}
	if !exists {
		return Mailbox{}, transport.Malformed("the answer to "+verb, reply.Line, "one after an untagged EXISTS (RFC 3501 §6.3.1)")
	}
	m.ReadOnly = reply.Code == CodeReadOnly
	return m, nil
}

// learnCode reads what comes in response codes.
func (m *Mailbox) learnCode(r Reply) {
	switch r.Code {
	case CodeUIDValidity:
		m.UIDValidity, _ = r.number()
	case CodeUIDNext:
		m.UIDNext, _ = r.number()
	case CodePermanentFlags:
		m.PermanentFlags = strings.Fields(strings.Trim(r.Args, "()"))
	}
}

// texts are the texts of values.
func texts(values []value) []string {
	var all []string
	for _, v := range values {
		all = append(all, v.text)
	}
	return all
}

// MailboxStatus is the answer to STATUS (RFC 3501 §6.3.10).
type MailboxStatus struct {
	// Messages is the number of messages. Unseen is the number without the flag \Seen.
	Messages, Unseen uint32
	// Recent is the number that no session has been notified of yet; 0 if the server only
	// supports IMAP4rev2, which has no such count.
	Recent uint32
	// UIDValidity names the numbering, UIDNext is the next message's UID, at the least.
	UIDValidity, UIDNext uint32
	// Missing are the names of the items that the server was asked for and left out, in
	// the order of the request.
	Missing []string
}

// The items of STATUS (RFC 3501 §6.3.10).
const (
	itemMessages    = "MESSAGES"
	itemRecent      = "RECENT"
	itemUnseen      = "UNSEEN"
	itemUIDNext     = "UIDNEXT"
	itemUIDValidity = "UIDVALIDITY"
)

// Status counts what is in a mailbox without opening it. It should not be used for the
// selected mailbox (RFC 9051 §6.3.11).
func (s *Session) Status(name string) (MailboxStatus, error) {
	var m MailboxStatus
	items := map[string]*uint32{itemMessages: &m.Messages, itemUIDNext: &m.UIDNext, itemUIDValidity: &m.UIDValidity, itemUnseen: &m.Unseen}
	m.Missing = []string{itemMessages, itemUnseen, itemUIDNext, itemUIDValidity}
	if s.knowsRecent() {
		items[itemRecent] = &m.Recent
		m.Missing = slices.Insert(m.Missing, 1, itemRecent)
	}
	ask := "(" + strings.Join(m.Missing, " ") + ")"
	answered := false
	c := s.command("STATUS")
	c.onData = func(d *data) error {
		if d.name != "STATUS" || d.numbered {
			return nil
		}
		found, ok := readItems(d, items)
		if answered = answered || ok; !ok {
			return d.bad("a mailbox and " + ask + ", each with its number (RFC 3501 §7.2.4)")
		}
		m.Missing = slices.DeleteFunc(m.Missing, func(name string) bool { return found[name] })
		return nil
	}
	reply, err := c.run(s.mailbox(name), ask)
	if err == nil && !answered {
		err = transport.Malformed("the answer to STATUS", reply.Line, "one after an untagged STATUS (RFC 3501 §6.3.10)")
	}
	return m, err
}

// knowsRecent reports whether the server counts recent messages: IMAP4rev2 does
// not (RFC 9051, appendix E).
func (s *Session) knowsRecent() bool { return s.offered.Has(capRev1) || !s.offered.Has(capRev2) }

// readItems reads "MAILBOX (ITEM NUMBER ...)" and returns which of the items it found.
func readItems(d *data, items map[string]*uint32) (found map[string]bool, ok bool) {
	all, ok := d.values()
	if !ok || len(all) != 2 || !all[0].isText() || all[1].kind != listKind || len(all[1].list)%2 != 0 {
		return nil, false
	}
	found = map[string]bool{}
	for list := all[1].list; len(list) > 0; list = list[2:] {
		name := strings.ToUpper(list[0].text)
		item, wanted := items[name]
		if !wanted || found[name] {
			continue
		}
		if *item, ok = list[1].number(); !ok {
			return found, false
		}
		found[name] = true
	}
	return found, true
}

// Quota is how much of its storage a quota root uses (RFC 2087 §5.1).
type Quota struct {
	// Root is the server's name for it, mostly empty or the user's.
	Root string
	// Used and Limit are in bytes.
	Used, Limit int64
}

// storageUnit is that of the resource STORAGE, in bytes (RFC 2087 §3).
const storageUnit = 1024

// QuotaRoot returns the storage quotas of a mailbox (RFC 2087 §4.3); none if nothing is
// limited. The server must offer QUOTA.
func (s *Session) QuotaRoot(mailbox string) ([]Quota, error) {
	var all []Quota
	c := s.command("GETQUOTAROOT")
	c.onData = func(d *data) error {
		if d.name != "QUOTA" || d.numbered {
			return nil
		}
		quota, limited, ok := readQuota(d)
		if !ok {
			return d.bad("a quota root and a list of resources, each with usage and limit (RFC 2087 §5.1)")
		}
		if limited {
			all = append(all, quota)
		}
		return nil
	}
	_, err := c.run(s.mailbox(mailbox))
	return all, err
}

// readQuota reads "ROOT (RESOURCE USAGE LIMIT ...)". limited reports whether STORAGE is
// among the resources: servers without a limit leave it out, or say that it is 0.
func readQuota(d *data) (q Quota, limited, ok bool) {
	all, ok := d.values()
	if !ok || len(all) != 2 || !all[0].isText() || all[1].kind != listKind || len(all[1].list)%3 != 0 {
		return Quota{}, false, false
	}
	q.Root = all[0].text
	for list := all[1].list; len(list) > 0; list = list[3:] {
		used, usedOK := list[1].number64()
		limit, limitOK := list[2].number64()
		if !usedOK || !limitOK || max(used, limit) >= 1<<53 {
			return q, false, false
		}
		if strings.EqualFold(list[0].text, "STORAGE") {
			q.Used, q.Limit, limited = used*storageUnit, limit*storageUnit, limit > 0
		}
	}
	return q, limited, true
}

// decimal writes a UID.
func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
