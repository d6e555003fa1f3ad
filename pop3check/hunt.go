package pop3check

import (
	"errors"
	"time"

	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/transport"
)

// The steps that search for messages.

// wantsSearch reports whether there is something to search for: without a log-in that is
// an error.
func (w *walk) wantsSearch() bool { return w.Search.Wanted() }

// pipelined is how many TOP are on their way at a time, where the server takes several. The
// commands have room in any TCP window, so that neither side waits for the other to read.
const pipelined = 128

// batch is how many messages are asked for within the time of one step.
const batch = 500

// search looks at the header of every message. POP3 has no date that is not in a message,
// and no order of the numbers that is sure, so that none can be left out.
func (w *walk) search(s *probe.Step) error {
	if !w.WantsLogin() {
		return probe.Because(probe.CauseUsage, search.ErrNoUser)
	}
	if err := w.askAgain(TagTop); err != nil {
		return judge(s, err)
	}
	if !w.noCAPA && !w.offered.Has(TagTop) {
		return probe.Because(transport.CauseCommandUnknown.Advise(hintNoTop), errors.New("the server does not offer TOP, without which no header can be read and the message left as it is"))
	}
	hunt := w.Search.Begin(time.Now())
	for last := w.drop.Messages; last > 0; last -= batch {
		w.NextStep()
		if err := w.searchFrom(s, hunt, last); err != nil {
			if late := hunt.CutShort(err); late != nil {
				return late
			}
			return judge(s, err)
		}
	}
	w.hunt = hunt
	hunt.Judge(s, w.probe.Judges, true)
	return nil
}

const hintNoTop = "search by IMAP: mailprobe imap has the same options"

// searchFrom looks at a batch of messages, the one with the highest number first.
func (w *walk) searchFrom(s *probe.Step, hunt *search.Hunt, last int) error {
	var numbers []int
	for n := last; n > max(last-batch, 0); n-- {
		numbers = append(numbers, n)
	}
	ahead := 1
	if w.offered.Has(TagPipelining) {
		ahead = pipelined
	}
	take := func(number int, head []byte) {
		hunt.Take(0, number, time.Time{}, search.ParseHeader(head))
	}
	return w.session.Heads(numbers, ahead, w.limit, take, func(r *Refusal) error {
		if cause, _ := explain("retr", r.Reply); cause.Is(transport.CauseNoSuchMessage) {
			return nil // it is gone meanwhile
		}
		return judge(s, r)
	})
}

func (w *walk) wantsBodies() bool { return w.hunt.HasBodies() }

// bodyLines is how many lines of a body are asked for: more than fit into search.MaxBody,
// unless most are empty.
const bodyLines = 100_000

// bodies reads the text of matches by TOP, which leaves no trace.
func (w *walk) bodies(s *probe.Step) error {
	for _, m := range w.hunt.Bodies() {
		w.NextStep()
		text := &search.Start{Max: search.MaxBody}
		err := w.session.Conn.Withhold(0, func() error {
			_, err := w.session.Top(text, m.ID, bodyLines, w.limit(m.ID))
			return err
		})
		if err != nil {
			return judge(s, err)
		}
		w.Search.JudgeBody(s, m, text)
	}
	s.Say(w.hunt.Unread())
	return nil
}
