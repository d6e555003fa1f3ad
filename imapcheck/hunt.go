package imapcheck

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"mailprobe/probe"
	"mailprobe/search"
)

// The steps that search for messages.

// wantsSearch reports whether there is something to search for: without a mailbox to
// search in that is an error.
func (w *walk) wantsSearch() bool {
	return w.Search.Wanted() && (w.selected != nil || !w.WantsLogin())
}

// search looks for messages in every mailbox that could be opened, that which is selected
// first.
func (w *walk) search(s *probe.Step) error {
	if !w.WantsLogin() {
		return probe.Because(probe.CauseUsage, search.ErrNoUser)
	}
	hunt := w.Search.Begin(time.Now(), w.names()...)
	complete := true
	for _, f := range append([]*folder{w.selected}, w.folders...) {
		complete = complete && !f.failed
		if f.failed || f.searched {
			continue
		}
		f.searched = true
		if err := w.searchIn(f, hunt); err != nil {
			if late := hunt.CutShort(err); late != nil {
				return late
			}
			return judge(s, err)
		}
	}
	w.hunt = hunt
	hunt.Judge(s, w.probe.Judges, complete)
	return nil
}

// batch is how many messages are asked for at a time.
const batch = 8000

// searchIn looks at the messages of one mailbox, in batches whose UIDs ascend. Without a limit to their age it needs no
// SEARCH: their numbers stay the same while only FETCH is sent (RFC 3501 §7.4.1).
func (w *walk) searchIn(f *folder, hunt *search.Hunt) error {
	if err := w.open(f); err != nil {
		return err
	}
	var last, highest uint32 // UID of the batches before, and of all
	take := func(m Message, header []byte) {
		highest = max(highest, m.UID)
		if m.UID > last { // else the server sends a message again
			hunt.Take(f.number, int(m.UID), m.Received, search.ParseHeader(header))
		}
	}
	next := func() { w.NextStep(); last = highest }
	if after := hunt.After(); !after.IsZero() {
		return w.searchSince(after, next, take)
	}
	for first := uint32(1); first <= f.holds.Messages; first += batch {
		next()
		set := fmt.Sprintf("%d:%d", first, min(first+batch-1, f.holds.Messages))
		if err := w.session.Headers("FETCH", set, w.Search.FieldNames(), take); err != nil {
			return err
		}
	}
	return nil
}

// open opens a mailbox for reading, unless it is.
func (w *walk) open(f *folder) (err error) {
	if w.selected != f {
		w.NextStep()
		f.holds, err = w.session.Examine(f.name)
		w.selected = f
	}
	return err
}

// searchSince has the server search for the messages that may have come after a time. It
// compares days, in its own time zone (RFC 3501 §6.4.4), so that of a day before is the
// safe one; Hunt compares times.
func (w *walk) searchSince(after time.Time, next func(), take func(Message, []byte)) error {
	uids, err := w.session.Search(Query{Since: after.UTC().AddDate(0, 0, -1)})
	if err != nil {
		return err
	}
	for len(uids) > 0 {
		next()
		var set string
		set, uids = cutSet(uids)
		if err := w.session.Headers("UID FETCH", set, w.Search.FieldNames(), take); err != nil {
			return err
		}
	}
	return nil
}

// maxSet is about how long a set of UIDs may be, in bytes: servers limit a line to 8,000
// (RFC 7162 §4).
const maxSet = 4000

// cutSet cuts a set such as "2,10:11" off a list of UIDs in ascending order.
func cutSet(uids []uint32) (set string, rest []uint32) {
	var b strings.Builder
	for n := 0; len(uids) > 0 && n < batch && b.Len() < maxSet; {
		run := 1
		for run < len(uids) && n+run < batch && uids[run] == uids[0]+uint32(run) {
			run++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(decimal(uids[0]))
		if run > 1 {
			b.WriteString(":" + decimal(uids[run-1]))
		}
		n, uids = n+run, uids[run:]
	}
	return b.String(), uids
}

func (w *walk) wantsBodies() bool { return w.hunt.HasBodies() }

// bodies reads the text of matches.
func (w *walk) bodies(s *probe.Step) error {
	for _, m := range w.hunt.Bodies() {
		if err := w.open(w.folders[m.Mailbox]); err != nil {
			return judge(s, err)
		}
		w.NextStep()
		text := &search.Start{Max: search.MaxBody}
		size, err := w.session.FetchStart(text, uint32(m.ID), search.MaxBody)
		if errors.Is(err, ErrNoMessage) {
			s.Say("a match is gone meanwhile")
			continue
		}
		if err != nil {
			return judge(s, err)
		}
		text.Cut = size == search.MaxBody
		w.Search.JudgeBody(s, m, text)
	}
	s.Say(w.hunt.Unread())
	return nil
}
