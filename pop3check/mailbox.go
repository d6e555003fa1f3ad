package pop3check

import (
	"cmp"
	"fmt"
	"slices"

	"mailprobe/probe"
	"mailprobe/transport"
)

// The steps after the log-in.

func (w *walk) stat(s *probe.Step) (err error) {
	if w.drop, err = w.session.Stat(); err != nil {
		return judge(s, err)
	}
	s.Say(fmt.Sprintf("%s, %d octets", probe.Count(w.drop.Messages, "message"), w.drop.Octets))
	w.warnUntidy(s)
	s.Learn(
		probe.Number("messages", float64(w.drop.Messages), probe.None),
		probe.Number("octets", float64(w.drop.Octets), probe.Bytes),
	)
	return nil
}

func (w *walk) list(s *probe.Step) (err error) {
	if w.listed, err = w.session.List(); err != nil {
		return judge(s, err)
	}
	var largest int64
	for _, m := range w.listed {
		largest = max(largest, m.Octets)
	}
	s.Say(probe.Count(len(w.listed), "message"))
	s.Learn(probe.Number("largest", float64(largest), probe.Bytes))
	w.warnUntidy(s)
	w.compare(s, len(w.listed), "LIST")
	return nil
}

// askAgain sends CAPA again if one of the tags is missing, as the server may offer more
// after the log-in (RFC 2449 §5). A refusal changes nothing.
func (w *walk) askAgain(tags ...string) error {
	missing := func(tag string) bool { return !w.offered.Has(tag) }
	if w.noCAPA || !slices.ContainsFunc(tags, missing) {
		return nil
	}
	now, err := w.session.Capa()
	if err == nil {
		w.offered = now
	}
	if transport.IsRefusal(err) {
		return nil
	}
	return err
}

func (w *walk) uidl(s *probe.Step) error {
	if err := w.askAgain(TagUIDL); err != nil {
		return judge(s, err)
	}
	if !w.noCAPA && !w.offered.Has(TagUIDL) {
		return w.withoutUIDL(s, "the server does not offer UIDL")
	}
	ids, err := w.session.numbersOfUIDL()
	switch {
	case w.noCAPA && transport.IsRefusal(err):
		return w.withoutUIDL(s, err.Error())
	case err != nil:
		return judge(s, err)
	}
	s.Say(probe.Count(len(ids), "unique id"))
	w.warnUntidy(s)
	w.compare(s, len(ids), "UIDL")
	return nil
}

// withoutUIDL skips the step, as UIDL is optional (RFC 1939 §7).
func (w *walk) withoutUIDL(s *probe.Step, why string) error {
	return s.Skip(why + ", so clients cannot distinguish new mail from old")
}

// compare compares the length of a listing with STAT.
func (w *walk) compare(s *probe.Step, listed int, verb string) {
	if listed != w.drop.Messages {
		s.RaiseFor(transport.CauseMailboxDamaged.As(probe.Warning).Advise("the server's index of this mailbox is not in order: rebuild it"),
			fmt.Sprintf("STAT said %d, %s has %d", w.drop.Messages, verb, listed))
	}
}

// warnUntidy warns of a line with surplus blanks.
func (w *walk) warnUntidy(s *probe.Step) {
	if line := w.session.Untidy(); line != "" {
		s.RaiseFor(transport.CauseProtocolError.As(probe.Warning).Advise("one space stands between numbers (RFC 1939 §5): strict clients fail here; see the server's version"),
			"too many blanks in "+transport.Quote(line))
	}
}

// Limits of a message, in bytes. RFC 1939 sets none.
const (
	maxMessage = 256 << 20
	slack      = 1 << 20
)

// limit returns how much of a message is read: its size by LIST, and generously more.
func (w *walk) limit(number int) int64 {
	size, ok := w.size(number)
	if !ok || size > maxMessage/2 {
		return maxMessage
	}
	return 2*size + slack
}

// size returns the size of a message by LIST.
func (w *walk) size(number int) (octets int64, ok bool) {
	i, ok := slices.BinarySearchFunc(w.listed, number, func(m Scan, n int) int { return cmp.Compare(m.Number, n) })
	if !ok {
		return 0, false
	}
	return w.listed[i].Octets, true
}
