package imapcheck

import "strings"

// Listed is a mailbox in the answer to LIST (RFC 3501 §7.2.2).
type Listed struct {
	// Name is its name, decoded.
	Name string
	// Use is what it is for, such as \Sent or \Junk (RFC 6154 §2); empty where the server
	// does not say.
	Use string
}

// The limits of a list: how many mailboxes are kept, and how many are read.
const (
	maxListed   = 1000
	maxListings = 100_000
)

// uses are the attributes that say what a mailbox is for (RFC 6154 §2).
const uses = ` \all \archive \drafts \flagged \junk \sent \trash `

// List returns the mailboxes that can be opened, at most 1000 (RFC 3501 §6.3.8).
func (s *Session) List() ([]Listed, error) {
	var all []Listed
	c := s.command("LIST")
	c.maxResponses = maxListings
	c.onData = func(d *data) error {
		if d.name != "LIST" || d.numbered {
			return nil
		}
		values, ok := d.values()
		if !ok || len(values) < 3 || values[0].kind != listKind || !values[2].isText() {
			return d.bad("attributes, a hierarchy separator and a name (RFC 3501 §7.2.2)")
		}
		if l, ok := s.listed(values); ok && len(all) < maxListed {
			all = append(all, l)
		}
		return nil
	}
	_, err := c.run(`""`, `"*"`)
	return all, err
}

// listed reads one mailbox; ok is false for one that cannot be opened.
func (s *Session) listed(values []value) (l Listed, ok bool) {
	for _, attribute := range texts(values[0].list) {
		lower := strings.ToLower(attribute)
		switch {
		case lower == `\noselect` || lower == `\nonexistent`:
			return l, false
		case strings.Contains(uses, " "+lower+" "):
			l.Use = attribute
		}
	}
	l.Name = values[2].text
	if !s.isUTF8() {
		l.Name = decodeName(l.Name)
	}
	return l, true
}
