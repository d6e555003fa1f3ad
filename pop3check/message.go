package pop3check

import (
	"cmp"
	"fmt"
	"time"

	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/transport"
)

// The steps that look into a message.

// wantsTop reports whether there is a message to look into.
func (w *walk) wantsTop() bool { return w.IsLoggedIn() && len(w.glances()) > 0 }

// glances returns the requests for TOP: the one of --top, and one for the newest message
// if its age is to be judged and no other step reads its header.
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

// judgesAge reports whether there is a threshold on the newest message's age.
func (w *walk) judgesAge() bool { return w.probe.Judges(transport.NewestAge) }

func (w *walk) top(s *probe.Step) error {
	if err := w.findNewest(s, w.Top.Message); err != nil {
		return judge(s, err)
	}
	for _, g := range w.glances() {
		err := w.glance(s, g)
		switch {
		case transport.IsRefusal(err) && g != w.Top:
			return probe.RefuseBecause(transport.CauseCommandUnknown.Advise(hintsUnclear["top"]+", and so show the newest one's age"), err)
		case err != nil:
			return w.judgeMessage(s, g.Message, err)
		}
	}
	return nil
}

// judgeMessage is judge for a message that may not exist.
func (w *walk) judgeMessage(s *probe.Step, m Message, err error) error {
	if transport.IsRefusal(err) && w.number(m) > w.drop.Messages {
		return probe.RefuseBecause(transport.CauseNoSuchMessage.Advise("the mailbox has only "+probe.Count(w.drop.Messages, "message")), err)
	}
	return judge(s, err)
}

func (w *walk) glance(s *probe.Step, g Glance) error {
	if w.isEmpty(s, g.Message) {
		return nil
	}
	number := w.number(g.Message)
	seen, err := w.look(number, g.Lines)
	if err != nil {
		return err
	}
	s.Say(fmt.Sprintf("header and %s of message %d, %d octets", probe.Count(g.Lines, "line"), number, seen.octets))
	w.learnAge(s, g.Message, &seen.head)
	return nil
}

// sight is the answer to TOP for one message.
type sight struct {
	head   search.Start
	octets int64
}

// look sends TOP for a message and a number of lines. It asks for the header alone only
// once.
func (w *walk) look(number, lines int) (*sight, error) {
	if seen := w.seen[number]; seen != nil && lines == 0 {
		return seen, nil
	}
	seen := &sight{head: search.Start{Max: search.MaxHeader}}
	var err error
	seen.octets, err = w.session.Top(&seen.head, number, lines, w.limit(number))
	if err != nil {
		return nil, err
	}
	if w.seen == nil {
		w.seen = map[int]*sight{}
	}
	if lines == 0 {
		w.seen[number] = seen
	}
	return seen, nil
}

// findNewest determines the newest message, if that matters. RFC 1939 does not define the
// order of the numbers: usually the highest is the newest, but some servers count the
// other way. So the dates of the first and the last message decide, if TOP shows them.
func (w *walk) findNewest(s *probe.Step, m Message) error {
	last := w.drop.Messages
	if w.newest != 0 || last < 2 || m != Latest && !w.judgesAge() {
		return nil
	}
	w.newest = last
	if !w.noCAPA && !w.offered.Has(TagTop) {
		return nil
	}
	end, err := w.look(last, 0)
	if err != nil {
		return unlessRefused(err)
	}
	first, err := w.look(1, 0)
	if err != nil {
		return unlessRefused(err)
	}
	if now := time.Now(); isAfter(search.ParseHeader(first.head.Text), search.ParseHeader(end.head.Text), now) {
		w.newest = 1
		s.Say(fmt.Sprintf("message 1 is newer than message %d, so it is taken for the latest", last))
	}
	return nil
}

func unlessRefused(err error) error {
	if transport.IsRefusal(err) {
		return nil
	}
	return err
}

// wantsRetr reports whether there is a message to fetch.
func (w *walk) wantsRetr() bool { return w.IsLoggedIn() && w.Retrieve != None }

func (w *walk) retr(s *probe.Step) error {
	if w.isEmpty(s, w.Retrieve) {
		return nil
	}
	if err := w.findNewest(s, w.Retrieve); err != nil {
		return judge(s, err)
	}
	number := w.number(w.Retrieve)
	head := search.Start{Max: search.MaxHeader}
	begin := time.Now()
	octets, err := w.session.Retr(&head, number, w.limit(number))
	w.skipQuit = !transport.IsRefusal(err)
	if err != nil {
		return w.judgeMessage(s, w.Retrieve, err)
	}
	took := time.Since(begin)
	w.fetched = fmt.Sprintf("message %d of %d octets fetched in %s", number, octets, probe.FormatDuration(took))
	s.Say(w.fetched)
	s.Learn(
		probe.Number("message", float64(number), probe.None),
		probe.Number("message_octets", float64(octets), probe.Bytes),
		probe.Duration("retrieval", took),
	)
	w.learnAge(s, w.Retrieve, &head)
	return w.compareSize(s, number, octets)
}

// compareSize compares the size of a message with LIST, which must be exact (RFC 1939
// §11).
func (w *walk) compareSize(s *probe.Step, number int, octets int64) error {
	size, ok := w.size(number)
	if ok {
		s.Learn(probe.Number("message_size", float64(size), probe.Bytes))
	}
	if line, cut := w.behindTheEnd(ok && octets < size); cut {
		return probe.Because(CauseDotsNotDoubled, fmt.Errorf("after the final dot, at %d octets, the server went on with %s", octets, transport.Quote(line)))
	}
	if ok && size != octets {
		s.RaiseFor(transport.CauseMailboxDamaged.As(probe.Warning).Advise("the server's sizes are not those of its messages (RFC 1939 §11): rebuild its index of this mailbox"),
			fmt.Sprintf("LIST said it has %d", size))
	}
	return nil
}

// patience is how long to wait for what may follow the end of a message that is shorter
// than LIST says.
const patience = 2 * time.Second

// behindTheEnd reads what the server sends after the end of a message, where nothing may
// come. With wait it waits for it. No command can follow.
func (w *walk) behindTheEnd(wait bool) (line string, found bool) {
	if !wait && w.session.Conn.Buffered() == 0 {
		return "", false
	}
	w.session.owed = true
	w.session.Conn.SetTimeout(patience)
	line, err := w.session.Conn.ReadLine()
	return line, err == nil
}

// number returns the number of a message in this session.
func (w *walk) number(m Message) int {
	if m != Latest {
		return int(m)
	}
	return cmp.Or(w.newest, w.drop.Messages)
}

// isNewest reports whether a message is the newest.
func (w *walk) isNewest(m Message) bool { return m != None && w.number(m) == w.number(Latest) }

// isEmpty skips a step that needs the newest message if there is none.
func (w *walk) isEmpty(s *probe.Step, m Message) bool {
	if m != Latest || w.drop.Messages > 0 {
		return false
	}
	transport.SkipEmpty(s, w.judgesAge())
	return true
}
