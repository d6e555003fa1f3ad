package mailtest

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/textproto"
)

// pollEvery is how often a session that idles looks for news.
const pollEvery = 50 * time.Millisecond

// Poll sends the client what changed since it last looked (RFC 3501 §7).
func (s *imapSession) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	if !s.selected {
		return nil
	}
	now := s.box.list()
	if allowExpunge {
		if err := s.forget(now, w.WriteExpunge); err != nil {
			return err
		}
	}
	before := len(s.view)
	s.learn(now)
	if len(s.view) == before {
		return nil
	}
	return w.WriteNumMessages(uint32(len(s.view)))
}

// forget takes what is gone out of the view, the last first, so that the numbers
// before it stay true.
func (s *imapSession) forget(now []Message, report func(number uint32) error) error {
	for i := len(s.view) - 1; i >= 0; i-- {
		if _, ok := slices.BinarySearchFunc(now, s.view[i].UID, func(m Message, uid uint32) int { return cmp.Compare(m.UID, uid) }); ok {
			continue
		}
		if err := report(uint32(i + 1)); err != nil {
			return err
		}
		s.view = slices.Delete(s.view, i, i+1)
	}
	return nil
}

// learn adds what is new to the view.
func (s *imapSession) learn(now []Message) {
	var last uint32
	if n := len(s.view); n > 0 {
		last = s.view[n-1].UID
	}
	for _, m := range now {
		if m.UID > last {
			s.view = append(s.view, m)
		}
	}
}

// Idle sends changes until the client ends it (RFC 2177).
func (s *imapSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	for {
		if err := s.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-s.host.ctx.Done():
			return errors.New("the server goes down")
		case <-time.After(pollEvery):
		}
	}
}

// each calls f for the messages of a set, by number in the view.
func (s *imapSession) each(set imap.NumSet, f func(number uint32, m *Message) error) error {
	for i := range s.view {
		number, m := uint32(i+1), &s.view[i]
		if contains(set, number, m.UID, s.view) {
			if err := f(number, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// contains reports whether a message is in a set, where "*" stands for the last.
func contains(set imap.NumSet, number, uid uint32, view []Message) bool {
	last := len(view) - 1
	switch set := set.(type) {
	case imap.SeqSet:
		return slices.ContainsFunc(set, func(r imap.SeqRange) bool { return within(number, r.Start, r.Stop, uint32(len(view))) })
	case imap.UIDSet:
		return slices.ContainsFunc(set, func(r imap.UIDRange) bool {
			return within(uid, uint32(r.Start), uint32(r.Stop), view[last].UID)
		})
	}
	return false
}

// within reports whether n is in a range whose ends may be 0 for the last.
func within(n, start, stop, last uint32) bool {
	if start == 0 {
		start = last
	}
	if stop == 0 {
		stop = last
	}
	return min(start, stop) <= n && n <= max(start, stop)
}

// Fetch sends what is asked for of messages.
func (s *imapSession) Fetch(w *imapserver.FetchWriter, set imap.NumSet, options *imap.FetchOptions) error {
	if err := s.dropped("FETCH"); err != nil {
		return err
	}
	seen := !s.readOnly && slices.ContainsFunc(options.BodySection, func(b *imap.FetchItemBodySection) bool { return !b.Peek })
	return s.each(set, func(number uint32, m *Message) error {
		if seen {
			s.box.mark(m, imap.StoreFlagsAdd, []string{string(imap.FlagSeen)})
		}
		return fetch(w.CreateMessage(number), m, options)
	})
}

// fetch answers for one message.
func fetch(w *imapserver.FetchResponseWriter, m *Message, options *imap.FetchOptions) error {
	w.WriteUID(imap.UID(m.UID))
	if options.Flags {
		w.WriteFlags(m.imapFlags())
	}
	if options.InternalDate {
		w.WriteInternalDate(m.Arrived)
	}
	if options.RFC822Size {
		w.WriteRFC822Size(int64(len(m.Text)))
	}
	if options.Envelope {
		header, _ := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(m.Text)))
		w.WriteEnvelope(imapserver.ExtractEnvelope(header))
	}
	if options.BodyStructure != nil {
		w.WriteBodyStructure(imapserver.ExtractBodyStructure(bytes.NewReader(m.Text)))
	}
	for _, section := range options.BodySection {
		text := m.section(section)
		body := w.WriteBodySection(section, int64(len(text)))
		_, err := body.Write(text)
		if err := errors.Join(err, body.Close()); err != nil {
			return err
		}
	}
	return w.Close()
}

// section is a part of the message. The whole is given as it is: taken apart and
// put together again it might differ.
func (m *Message) section(section *imap.FetchItemBodySection) []byte {
	if section.Specifier == imap.PartSpecifierNone && len(section.Part) == 0 {
		return partial(m.Text, section.Partial)
	}
	return imapserver.ExtractBodySection(bytes.NewReader(m.Text), section)
}

// partial is a range of bytes (RFC 3501 §6.4.5).
func partial(text []byte, p *imap.SectionPartial) []byte {
	if p == nil {
		return text
	}
	text = text[min(p.Offset, int64(len(text))):]
	return text[:min(p.Size, int64(len(text)))]
}

// Store sets flags.
func (s *imapSession) Store(w *imapserver.FetchWriter, set imap.NumSet, change *imap.StoreFlags, _ *imap.StoreOptions) error {
	if err := s.dropped("STORE"); err != nil {
		return err
	}
	if s.readOnly {
		return errReadOnly
	}
	var names []string
	for _, f := range change.Flags {
		names = append(names, string(f))
	}
	return s.each(set, func(number uint32, m *Message) error {
		s.box.mark(m, change.Op, names)
		if change.Silent {
			return nil
		}
		return fetch(w.CreateMessage(number), m, &imap.FetchOptions{Flags: true})
	})
}

// Expunge removes what is marked as deleted, of these UIDs or of all.
func (s *imapSession) Expunge(w *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	if err := s.dropped("EXPUNGE"); err != nil {
		return err
	}
	if s.readOnly {
		return errReadOnly
	}
	gone := map[uint32]bool{}
	for _, m := range s.box.list() {
		if m.has(string(imap.FlagDeleted)) && (uids == nil || uids.Contains(imap.UID(m.UID))) {
			gone[m.UID] = true
		}
	}
	if len(gone) > 0 && s.host.Faults().KeepDeleted {
		return no(imap.ResponseCodeServerBug, "Some deleted messages not removed")
	}
	s.box.remove(gone)
	if w == nil {
		return nil // CLOSE reports nothing
	}
	return s.forget(s.box.list(), w.WriteExpunge)
}
