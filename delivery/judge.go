package delivery

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
	"mailprobe/transport"
)

// Messages that a run has sent and left to a later one: that judges them by when they
// arrived, not by when it looks.

// judge judges the messages of the runs before, and finds late ones as well.
func (w *walk) judge(s *probe.Step) error {
	found, err := w.findEarlier()
	if err == nil {
		err = w.noteArrivals(found)
	}
	var latest *walk
	if err == nil {
		latest, err = w.readLatest(found)
	}
	if err != nil {
		w.shut()
		return w.unjudged(s, err)
	}
	kept := w.removeEarlier(found)
	w.shut()
	if kept != nil {
		first, also := causesOf(kept, CauseNotDeleted)
		s.RaiseFor(first.As(probe.Warning), "what arrived may still be in the mailbox: "+kept.Error(), also...)
	}
	w.swept = true
	w.reportJudged(s, kept != nil)
	w.reportFound(s, found)
	if latest != nil {
		latest.verifyIn(s)
	}
	return nil
}

// unjudged ends the step if the mailbox could not be read. A run in turns sends all the
// same.
func (w *walk) unjudged(s *probe.Step, err error) error {
	if w.isInterruption(err) {
		return err
	}
	first, also := causesOf(err, CauseUnreadable)
	s.RaiseFor(first.As(probe.Unknown).Advise(first.Hint+"; the next run judges"), "not known what arrived: "+err.Error(), also...)
	return nil
}

// noteArrivals writes down what has come, and when, before it is removed: a run that is
// killed then leaves the verdict to the next.
func (w *walk) noteArrivals(found []earlier) error {
	for i := range w.pending {
		r := &w.pending[i]
		if r.Report != nil {
			w.returned[r.Token] = *r.Report
		}
		at := slices.IndexFunc(found, func(m earlier) bool { return m.token == r.Token })
		if !r.Open || r.Seen || at < 0 {
			continue
		}
		if about, ok := w.returned[r.Token]; ok {
			about.Returned = nil
			r.Report = &about
		} else {
			stamp, err := w.box.received(found[at].message, found[at].header)
			if err != nil {
				return err
			}
			r.Seen, r.Stamp, r.Found, r.Copies, r.Junk = true, stamp, time.Now(), timesFound(found, r.Token), found[at].junk
		}
		if err := w.store.keep(*r); err != nil {
			return probe.Because(CauseState, err)
		}
	}
	return nil
}

// readLatest fetches the latest message that arrived, to be verified.
func (w *walk) readLatest(found []earlier) (*walk, error) {
	for _, r := range slices.Backward(w.pending) {
		at := slices.IndexFunc(found, func(m earlier) bool { return m.token == r.Token })
		if !r.Open || !r.Seen || at < 0 {
			continue
		}
		v := &walk{Check: w.Check, ctx: w.ctx, result: w.result, run: run{r.Token, r.Sent}, accepted: r.Accepted, sent: r.Body, found: []message{found[at].message}}
		v.arrived, _ = r.arrival()
		if v.arrived.IsZero() {
			v.arrived = r.Found
		}
		w.box.nextStep()
		return v, w.box.fetch(found[at].message, &v.received, v.mostReceived())
	}
	return nil, nil
}

// verifyIn compares the message in a step that has another purpose.
func (w *walk) verifyIn(s *probe.Step) {
	err := w.checkReceived()
	if err == nil {
		err = w.verify(s)
	}
	if f := failureOf(err); f != nil {
		s.RaiseFor(f.Cause.As(f.Status), err.Error(), f.Also...)
	}
}

// absence is the cause of a message, or a reply to one, that did not come.
func (w *walk) absence(r record) *probe.Cause {
	if w.ExpectReply {
		return CauseReplyMissing
	}
	return w.notArrived(r)
}

// tally counts what became of the messages that are judged.
type tally struct {
	judged, underWay int
	slowest          time.Duration
	known            bool // the slowest is
}

// reportJudged judges the messages that nobody has judged yet, and leaves the others of
// the runs before in pending.
func (w *walk) reportJudged(s *probe.Step, undeleted bool) {
	var t tally
	var rest []record
	for _, r := range w.pending {
		if !r.Open {
			rest = append(rest, r)
			continue
		}
		over := w.judgeOne(s, r, &t)
		if over && (r.Seen || r.Report != nil) {
			tolerate(s, w.settle(r, undeleted))
			continue
		}
		r.Open, r.Looked = !over, w.opened
		tolerate(s, w.store.keep(r))
		if over {
			rest = append(rest, r)
		}
	}
	w.pending = rest
	w.reportTally(s, t)
}

// settle drops the record of a message that was judged, unless the next run is to delete
// it.
func (w *walk) settle(r record, undeleted bool) error {
	switch {
	case w.Keep:
		return w.store.forget(r.Token)
	case undeleted && r.Seen:
		r.Open = false
		return w.store.keep(r)
	}
	return w.finish(r)
}

// judgeOne judges one message, and reports whether that is over.
func (w *walk) judgeOne(s *probe.Step, r record, t *tally) (over bool) {
	since := time.Since(r.from())
	sent := "the message of " + r.Sent.Local().Format(time.DateTime)
	switch {
	case r.Report != nil:
		t.judged++
		cause, also := r.Report.causes()
		s.RaiseFor(cause, sent+" came back: "+r.Report.words(r.To), also...)
	case r.Seen:
		t.judged++
		w.judgeArrived(s, r, t)
	case since <= w.options.Timeout:
		t.underWay++
		return false
	case r.Accepted.IsZero():
		t.judged++
		s.RaiseFor(probe.CauseInterrupted.As(probe.Unknown).Advise("see what ended it; the next runs go on looking for the message"),
			fmt.Sprintf("the run of %s ended before the server's answer: not known whether it was sent, and it has not arrived", r.Sent.Local().Format(time.DateTime)))
	default:
		t.judged++
		s.RaiseFor(w.absence(r), fmt.Sprintf("%s was not in the mailbox %s after %s, which is more than the %s that it may take",
			sent, probe.FormatDuration(since), w.acceptanceOf(r), probe.FormatDuration(w.options.Timeout)))
	}
	return true
}

// judgeArrived judges a message that arrived by the time it took.
func (w *walk) judgeArrived(s *probe.Step, r record, t *tally) {
	sent := "the message of " + r.Sent.Local().Format(time.DateTime)
	at, skew := r.arrival()
	switch took := at.Sub(r.from()); {
	case at.IsZero() && r.Found.Sub(r.from()) <= w.options.Timeout:
		s.Say(fmt.Sprintf("%s arrived in time; it is not known when, as %s", sent, skew))
	case at.IsZero():
		s.RaiseFor(transport.CauseClockWrong.As(probe.Unknown), fmt.Sprintf("%s arrived, and it is not known when, as %s", sent, skew))
	case took > w.options.Timeout:
		t.add(took)
		s.RaiseFor(CauseLate, fmt.Sprintf("%s took %s, which is more than the %s that it may take", sent, probe.FormatDuration(took), probe.FormatDuration(w.options.Timeout)))
	default:
		t.add(took)
	}
	reportJunk(s, sent, message{junk: r.Junk})
	if r.Copies > 1 {
		s.RaiseFor(CauseDuplicated, fmt.Sprintf("%s came %d times", sent, r.Copies))
		s.Learn(probe.Number("copies", float64(r.Copies), probe.None))
	}
}

func (t *tally) add(took time.Duration) {
	t.slowest, t.known = max(t.slowest, took), true
}

// reportTally reports the counts. A run that judges alone has found out nothing if no
// message could be judged.
func (w *walk) reportTally(s *probe.Step, t tally) {
	s.Learn(probe.Number("judged", float64(t.judged), probe.None), probe.Number("under_way", float64(t.underWay), probe.None))
	if t.known {
		s.Learn(probe.Duration(w.timeName(), t.slowest))
	}
	if t.judged > 0 {
		s.Say(probe.Count(t.judged, "message") + " judged")
	}
	underWay := fmt.Sprintf("%s under way, for which there is time yet", probe.Count(t.underWay, "message"))
	switch {
	case w.half == judges && t.judged+t.underWay == 0:
		s.RaiseFor(CauseNoneSent, "there is no message of an earlier run to judge")
	case w.half == judges && t.judged == 0:
		s.RaiseFor(CauseUnderWay, underWay)
	case t.underWay > 0:
		s.Say(underWay)
	}
}

// from is when the time of a message begins: when the server had taken it, or when it was
// made if that is not known.
func (r record) from() time.Time {
	if r.Accepted.IsZero() {
		return r.Sent
	}
	return r.Accepted
}

// clockTolerance is by how much the clock of the server with the mailbox may be wrong.
const clockTolerance = 5 * time.Second

// arrival returns when the message arrived by the clock of its server, within what is
// known here; zero, and why, if that clock cannot be right.
func (r record) arrival() (at time.Time, skew string) {
	earliest := r.from()
	if r.Looked.After(earliest) {
		earliest = r.Looked
	}
	switch {
	case r.Stamp.IsZero():
		return time.Time{}, "the server has no date of it that can be read"
	case r.Stamp.Before(earliest.Add(-clockTolerance)):
		return time.Time{}, "the server's clock is at least " + probe.FormatDuration(earliest.Sub(r.Stamp)) + " behind"
	case r.Stamp.After(r.Found.Add(clockTolerance)):
		return time.Time{}, "the server's clock is at least " + probe.FormatDuration(r.Stamp.Sub(r.Found)) + " ahead"
	case r.Stamp.Before(earliest):
		return earliest, ""
	case r.Stamp.After(r.Found):
		return r.Found, ""
	}
	return r.Stamp, ""
}

// halfSummary is the summary of a run that does not wait.
func (w *walk) halfSummary() string {
	var parts []string
	if f, ok := w.result.Fact(w.timeName()); ok {
		parts = append(parts, w.timeWord()+f.Text)
	}
	if f, ok := w.result.Fact("body"); ok {
		parts = append(parts, "body "+f.Text)
	}
	if f, ok := w.result.Fact("under_way"); ok && f.Value != nil && *f.Value > 0 {
		parts = append(parts, probe.Count(int(*f.Value), "message")+" under way")
	}
	if !w.accepted.IsZero() {
		text := "sent to " + w.viaTo.Host
		if id := queueID(w.record.Queued); id != "" {
			text += " as " + id
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}
