package pop3check

import (
	"fmt"
	"time"

	"mailprobe/probe"
)

// The steps after the log-in.

const hintMailbox = "the log-in worked, reading the mailbox does not: see the server's log, its storage and the rights on this mailbox"

func (w *walk) stat(s *probe.Step) (err error) {
	if w.drop, err = w.session.Stat(); err != nil {
		return judge(s, err, hintMailbox)
	}
	s.Say(fmt.Sprintf("%s, %d octets", probe.Count(w.drop.Messages, "message"), w.drop.Octets))
	s.Learn(
		probe.Number("messages", float64(w.drop.Messages), probe.None),
		probe.Number("octets", float64(w.drop.Octets), probe.Bytes),
	)
	return nil
}

func (w *walk) list(s *probe.Step) (err error) {
	if w.listed, err = w.session.List(); err != nil {
		return judge(s, err, hintMailbox)
	}
	var largest int64
	for _, m := range w.listed {
		largest = max(largest, m.Octets)
	}
	s.Say(probe.Count(len(w.listed), "message"))
	s.Learn(probe.Number("largest", float64(largest), probe.Bytes))
	w.compare(s, len(w.listed), "LIST")
	return nil
}

func (w *walk) uidl(s *probe.Step) error {
	if !w.mute && !w.offered.Has(TagUIDL) {
		return w.withoutUIDL(s, "the server does not offer UIDL")
	}
	ids, err := w.session.UIDL()
	switch {
	case w.mute && isRefusal(err):
		return w.withoutUIDL(s, err.Error())
	case err != nil:
		return judge(s, err, hintMailbox)
	}
	s.Say(probe.Count(len(ids), "unique id"))
	w.compare(s, len(ids), "UIDL")
	return nil
}

// withoutUIDL skips the step: RFC 1939 §7 leaves UIDL to the server.
func (w *walk) withoutUIDL(s *probe.Step, why string) error {
	return s.Skip(why + ", so clients cannot tell new mail from old")
}

// compare holds a listing against STAT: both tell of the same messages.
func (w *walk) compare(s *probe.Step, listed int, verb string) {
	if listed != w.drop.Messages {
		s.Raise(probe.Warning, fmt.Sprintf("STAT said %d, %s has %d", w.drop.Messages, verb, listed), "the server's index of this mailbox is not in order: rebuild it")
	}
}

// Limits of a message, in bytes. RFC 1939 sets none.
const (
	maxMessage = 256 << 20
	slack      = 1 << 20
)

// limit is how much of a message is read: what LIST has it be, and generously more.
func (w *walk) limit(number int) int64 {
	size, ok := w.size(number)
	if !ok || size > maxMessage/2 {
		return maxMessage
	}
	return 2*size + slack
}

// size is that of a message by LIST.
func (w *walk) size(number int) (octets int64, ok bool) {
	for _, m := range w.listed {
		if m.Number == number {
			return m.Octets, true
		}
	}
	return 0, false
}

// wantsTop tells whether there is a message to look into.
func (w *walk) wantsTop() bool { return w.isLoggedIn() && len(w.glances()) > 0 }

// glances are the looks to take: the one that was asked for, and one at the newest
// message where its age is to be judged and its header does not come by anyway.
func (w *walk) glances() []Glance {
	var all []Glance
	if w.Top.Message != None {
		all = append(all, w.Top)
	}
	if w.judgesAge() && !w.isNewest(w.Top.Message) && !w.isNewest(w.Retrieve) {
		all = append(all, Glance{Message: Latest})
	}
	return all
}

// judgesAge tells whether there is a threshold on the newest message's age.
func (w *walk) judgesAge() bool { return w.probe.Judges(newestAge) }

func (w *walk) top(s *probe.Step) error {
	for _, g := range w.glances() {
		err := w.glance(s, g)
		if isRefusal(err) && g != w.Top {
			return probe.Refuse(probe.Unknown, err, hintTop+", and so tell the newest one's age")
		}
		if err != nil {
			return judge(s, err, w.hintMessage(g.Message, hintTop))
		}
	}
	return nil
}

const hintTop = "TOP is for the server to have or not (RFC 1939 §7): see its capabilities; --retrieve=latest would fetch a whole message"

// hintMessage is a hint on the refusal of a message.
func (w *walk) hintMessage(m Message, otherwise string) string {
	if w.number(m) > w.drop.Messages {
		return "the mailbox has only " + probe.Count(w.drop.Messages, "message")
	}
	return otherwise
}

func (w *walk) glance(s *probe.Step, g Glance) error {
	if w.isEmpty(s, g.Message) {
		return nil
	}
	number := w.number(g.Message)
	var head header
	octets, err := w.session.Top(&head, number, g.Lines, w.limit(number))
	if err != nil {
		return err
	}
	s.Say(fmt.Sprintf("header and %s of message %d, %d octets", probe.Count(g.Lines, "line"), number, octets))
	w.learnAge(s, g.Message, &head)
	return nil
}

// wantsRetr tells whether there is a message to fetch.
func (w *walk) wantsRetr() bool { return w.isLoggedIn() && w.Retrieve != None }

func (w *walk) retr(s *probe.Step) error {
	if w.isEmpty(s, w.Retrieve) {
		return nil
	}
	number := w.number(w.Retrieve)
	var head header
	begin := time.Now()
	octets, err := w.session.Retr(&head, number, w.limit(number))
	w.dropped = !isRefusal(err)
	if err != nil {
		return judge(s, err, w.hintMessage(w.Retrieve, hintMailbox))
	}
	took := time.Since(begin)
	w.fetched = fmt.Sprintf("message %d of %d octets fetched in %s", number, octets, probe.FormatDuration(took))
	s.Say(w.fetched)
	s.Learn(
		probe.Number("message", float64(number), probe.None),
		probe.Number("message_octets", float64(octets), probe.Bytes),
		probe.Duration("retrieval", took),
	)
	w.compareSize(s, number, octets)
	w.learnAge(s, w.Retrieve, &head)
	return nil
}

// compareSize holds a message against LIST. RFC 1939 §11: the size is exact.
func (w *walk) compareSize(s *probe.Step, number int, octets int64) {
	size, ok := w.size(number)
	if !ok {
		return
	}
	s.Learn(probe.Number("message_size", float64(size), probe.Bytes))
	if size != octets {
		s.Raise(probe.Warning, fmt.Sprintf("LIST said it has %d", size), "the server's sizes are not those of its messages (RFC 1939 §11): rebuild its index of this mailbox")
	}
}

// number is that of a message in this session.
func (w *walk) number(m Message) int {
	if m == Latest {
		return w.drop.Messages
	}
	return int(m)
}

// isNewest tells whether a message is the newest: the one of the highest number.
func (w *walk) isNewest(m Message) bool { return m != None && w.number(m) == w.drop.Messages }

// isEmpty skips a step that needs the newest message where there is no message.
func (w *walk) isEmpty(s *probe.Step, m Message) bool {
	if m != Latest || w.drop.Messages > 0 {
		return false
	}
	_ = s.Skip("the mailbox is empty")
	if w.judgesAge() {
		s.Raise(probe.Unknown, "so there is no newest message to judge", "a threshold on messages, such as --warn messages=1:, tells of an empty mailbox")
	}
	return true
}
