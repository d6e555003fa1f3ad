package search

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"mailprobe/probe"
	"mailprobe/transport"
	"mailprobe/wire"
)

// The facts of a search. The ages are in seconds.
const (
	matchesFact   = "matches"
	newestAgeFact = "newest_match_age"
	oldestAgeFact = "oldest_match_age"
)

// Measures are the facts of a search that are numbers.
func Measures() []probe.Measure {
	return []probe.Measure{{Name: matchesFact}, {Name: newestAgeFact, Unit: probe.Seconds}, {Name: oldestAgeFact, Unit: probe.Seconds}}
}

// maxBodies is how many matches are read, the newest.
const maxBodies = 20

// Match is a message that matches.
type Match struct {
	// Mailbox and ID say which message it is, as Take was told.
	Mailbox, ID int
	// Received is when it came; zero where that is not known.
	Received time.Time
	// From and Subject are those fields, decoded and cut.
	From, Subject string
}

// Hunt is one search. It keeps the newest matches and counts the others.
type Hunt struct {
	options *Options
	// mailboxes are the names of those that are searched.
	mailboxes []string
	now       time.Time
	looked    int // messages
	matches   int
	undated   int // messages that match but for their age
	newest    []Match
	oldest    time.Time
}

// Begin returns a search that counts ages up to now. With several mailboxes, it says in
// which of them the newest match is.
func (o *Options) Begin(now time.Time, mailboxes ...string) *Hunt {
	return &Hunt{options: o, mailboxes: mailboxes, now: now}
}

// After returns the time after which a match must have come; zero for any time.
func (h *Hunt) After() time.Time {
	if h.options.Since == 0 {
		return time.Time{}
	}
	return h.now.Add(-h.options.Since)
}

// many is how many messages make so much garbage that what the start of the program and
// the log-in left is collected before: the heap then stays small.
const many = 1000

// Take holds a message against the criteria. received is when the server says that it
// came; where that cannot be believed, the header says so.
func (h *Hunt) Take(mailbox, id int, received time.Time, header Header) {
	if h.looked++; h.looked == many {
		runtime.GC()
	}
	if !h.options.matches(header) {
		return
	}
	if !IsBelievable(received, h.now) {
		received, _ = header.Received(h.now)
	}
	switch after := h.After(); {
	case received.IsZero() && !after.IsZero():
		h.undated++
		return
	case received.Before(after):
		return
	}
	h.matches++
	if !received.IsZero() && (h.oldest.IsZero() || received.Before(h.oldest)) {
		h.oldest = received
	}
	h.keep(Match{mailbox, id, received, text(header, "From"), text(header, "Subject")})
}

// text returns what is shown of a field.
func text(h Header, name string) string { return transport.Shorten(Decode(h.Get(name))) }

// keep keeps a match where it is one of the newest.
func (h *Hunt) keep(m Match) {
	newestFirst := func(a, b Match) int { return b.Received.Compare(a.Received) }
	at, _ := slices.BinarySearchFunc(h.newest, m, newestFirst)
	if at < maxBodies {
		h.newest = slices.Insert(h.newest[:min(len(h.newest), maxBodies-1)], at, m)
	}
}

// Bodies returns the matches whose text is to be read, newest first: those of Since, at
// most 20, and without it the newest.
func (h *Hunt) Bodies() []Match {
	switch {
	case h.options.Since > 0:
		return h.newest
	case len(h.newest) > 0:
		return h.newest[:1]
	}
	return nil
}

// HasBodies reports whether there is a match whose text is to be read; false for a nil hunt.
func (h *Hunt) HasBodies() bool {
	return h != nil && h.options.readsBodies() && len(h.Bodies()) > 0
}

// Judge says in a step what was found. judges reports whether there is a threshold on a
// fact: without one on their number, a search for something must have a match. complete is
// false where a mailbox could not be searched.
func (h *Hunt) Judge(s *probe.Step, judges func(fact string) bool, complete bool) {
	found := probe.Number(matchesFact, float64(h.matches), probe.None)
	needed := (h.options.hasCriteria() || h.options.readsBodies()) && !judges(matchesFact) && !judges(s.Name+":"+matchesFact)
	switch {
	case h.matches == 0 && h.undated > 0:
		s.RaiseFor(transport.CauseUndated.Advise("search without --since, or correct the clock of whoever dates the message"),
			fmt.Sprintf("%s; %s may, and no date of it can be believed", h, probe.Count(h.undated, "message")))
	case h.matches == 0 && needed && complete:
		found = found.Within("", "1:").Saying(h.String())
		found.Cause = CauseNoMatch
	default:
		s.Say(h.String())
	}
	s.Learn(found)
	h.learnAge(s, newestAgeFact, h.newestTime())
	h.learnAge(s, oldestAgeFact, h.oldest)
}

func (h *Hunt) newestTime() time.Time {
	if len(h.newest) == 0 {
		return time.Time{}
	}
	return h.newest[0].Received
}

// learnAge learns the age of a match, if there is one.
func (h *Hunt) learnAge(s *probe.Step, name string, at time.Time) {
	if at.IsZero() {
		return
	}
	age := max(h.now.Sub(at), 0).Truncate(time.Second)
	fact := probe.Duration(name, age)
	fact.Text = probe.FormatSpan(age)
	s.Learn(fact)
}

// String describes what was found.
func (h *Hunt) String() string {
	switch criteria := h.options.String(); {
	case h.looked == 0:
		return cmp.Or(criteria, "all messages") + ": there is no message to look at"
	case h.matches == 0:
		return fmt.Sprintf("%s: none of %s", criteria, probe.Count(h.looked, "message"))
	}
	return fmt.Sprintf("%d of %s; the newest %s%s", h.matches, matching(h.looked), h.newest[0], h.in(h.newest[0]))
}

// in says in which of several mailboxes a match is.
func (h *Hunt) in(m Match) string {
	if len(h.mailboxes) < 2 {
		return ""
	}
	return ", in " + transport.Quote(h.mailboxes[m.Mailbox])
}

func matching(n int) string {
	if n == 1 {
		return "1 message matches"
	}
	return probe.Count(n, "message") + " match"
}

// String describes the match: when it came, from whom, and its subject.
func (m Match) String() string {
	text := "has no date that can be believed"
	if !m.Received.IsZero() {
		text = "came at " + m.Received.Format(time.RFC1123Z)
	}
	if m.From != "" {
		text += " from " + transport.Quote(m.From)
	}
	return text + " with the subject " + transport.Quote(m.Subject)
}

// Unread says how many matches there are besides those of Bodies that might be read.
func (h *Hunt) Unread() string {
	if left := h.matches - len(h.newest); h.options.Since > 0 && left > 0 {
		return fmt.Sprintf("%d older matches were not read", left)
	}
	return ""
}

// Looked returns how many messages were looked at.
func (h *Hunt) Looked() int { return h.looked }

// CutShort returns the error of a search that ended since its time was over, with what was
// found until then; nil for other errors, and before the first message: then it is the
// server's silence.
func (h *Hunt) CutShort(err error) error {
	if h.looked == 0 || !errors.Is(err, wire.ErrTimeout) {
		return nil
	}
	return probe.Because(CauseIncomplete, fmt.Errorf("%w, after %s", err, h))
}

// Summary describes in a few words what was found; it is empty for a nil hunt.
func (h *Hunt) Summary() string {
	if h == nil {
		return ""
	}
	if h.matches == 1 {
		return "1 match"
	}
	return fmt.Sprintf("%d matches", h.matches)
}
