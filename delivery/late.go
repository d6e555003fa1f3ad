package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mailprobe/probe"
	"mailprobe/search"
)

// Messages of earlier runs: those that had not come when their run ended, the reports
// that they came back, and second copies of those that had come.

// maxLooks bounds how many messages are examined for those of earlier runs, and maxCopies
// how many for second copies: the newest ones.
const (
	maxLooks  = 200
	maxCopies = 50
)

// maxReopened bounds how often the search starts again in a new session.
const maxReopened = 8

// earlier is a message of an earlier run.
type earlier struct {
	message
	token  string
	header search.Header
	spared bool // it is not to be deleted
}

// sinceLast returns the messages that came since the last run, which may include second
// copies; none if reading a header would end the session.
func (w *walk) sinceLast() ([]message, error) {
	if len(w.past.Sent) == 0 || !w.box.showsHeaders() {
		return nil, nil
	}
	newer, err := w.box.since(w.past.Mark)
	return newest(newer, maxCopies), err
}

func (w *walk) mayFindEarlier() bool { return len(w.pending) > 0 || w.came > 0 }

// late finds the messages of earlier runs and removes them.
func (w *walk) late(s *probe.Step) error {
	found, err := w.findEarlier()
	if err == nil {
		err = w.removeEarlier(found)
	}
	w.shut()
	switch {
	case err != nil && w.isInterruption(err):
		return err
	case err != nil:
		first, also := causesOf(err, CauseUnreadable)
		s.RaiseFor(first.As(probe.Warning).Advise(first.Hint+"; the next run looks again"), "looking for messages of earlier runs: "+err.Error(), also...)
		return nil
	}
	w.swept = true
	for _, m := range found {
		reportJunk(s, "a message of an earlier run", m.message)
	}
	w.reportFound(s, found)
	return nil
}

// reportFound reports what became of the messages that runs had looked for.
func (w *walk) reportFound(s *probe.Step, found []earlier) {
	w.reportMissing(s, found)
	w.reportCopies(s, found)
	w.reportLate(s, found)
}

// findEarlier examines what came since each of the earlier runs. If a server shows a
// header only at the price of the session, the search goes on in a new one.
func (w *walk) findEarlier() (found []earlier, err error) {
	seen := map[string]earlier{} // by message
	for range maxReopened {
		if err = w.lookForEarlier(seen); !errors.Is(err, errReopen) {
			break
		}
		w.shut()
		// The server may not have noticed yet that the last session is over.
		if session, err := w.openInTime(100 * time.Millisecond); err != nil {
			return nil, w.fetch.fold(&probe.Step{}, session, err)
		}
	}
	if err != nil {
		return nil, err
	}
	err = w.eachSince(func(m message) error {
		if e := seen[m.id]; e.token != "" {
			e.message = m
			found = append(found, e)
			delete(seen, m.id)
		}
		return nil
	})
	return found, err
}

// lookForEarlier records the token of each message it examines, empty if it is not of an
// earlier run.
func (w *walk) lookForEarlier(seen map[string]earlier) error {
	return w.eachSince(func(m message) (err error) {
		if _, ok := seen[m.id]; ok {
			return nil
		}
		w.box.nextStep()
		seen[m.id], err = w.examine(m)
		return err
	})
}

// examine returns a message with the token of the earlier run that it belongs to or
// reports on, which is empty for none.
func (w *walk) examine(m message) (e earlier, err error) {
	text, err := w.box.header(m)
	h := parseHeader(text)
	r, proven := provenRun(h, w.key)
	switch {
	case proven && w.isEarlier(r.Token):
		return earlier{token: r.Token, header: h}, err
	case err == nil && w.isLateReply(h):
		a := w.answerIn(h)
		return earlier{token: a.token, header: h, spared: !a.certain}, nil
	case err == nil && isReport(h):
		e.token, err = w.returnedToken(m)
	}
	return e, err
}

// returnedToken returns the token of the earlier run that a report is about.
func (w *walk) returnedToken(m message) (string, error) {
	r, about, proven, err := w.reportIn(m)
	if err != nil || !proven || r.Action != "failed" || !w.isPending(about.Token) {
		return "", err
	}
	w.returned[about.Token] = r
	return about.Token, nil
}

// eachSince calls do with the messages that came since the earlier runs.
func (w *walk) eachSince(do func(message) error) error {
	all, err := w.sinceLast()
	if err != nil {
		return err
	}
	for _, r := range w.pending {
		newer, err := w.box.since(r.Mark)
		if err != nil {
			return err
		}
		all = append(all, newest(newer, maxLooks)...)
	}
	for _, m := range all {
		if err := do(m); err != nil {
			return err
		}
	}
	return nil
}

// isEarlier reports whether a token belongs to a run that is over. Other tokens may
// belong to runs still at work.
func (w *walk) isEarlier(token string) bool {
	_, ok := w.past.Sent[token]
	return ok || w.isPending(token)
}

func (w *walk) isPending(token string) bool {
	return slices.ContainsFunc(w.pending, func(r record) bool { return r.Token == token })
}

// removeEarlier deletes what was found and waits for the server's confirmation.
func (w *walk) removeEarlier(found []earlier) (err error) {
	if !w.Keep {
		for _, m := range found {
			if m.spared {
				continue
			}
			w.box.nextStep()
			if err := w.box.remove(m.message); err != nil {
				return err
			}
		}
		if w.before, err = w.box.mark(); err != nil {
			return err
		}
	}
	if _, err := w.leave(); err != nil && !errors.Is(err, errMarked) {
		return err
	}
	return nil
}

// timesFound is how many messages of a run were found.
func timesFound(found []earlier, token string) int {
	n := 0
	for _, m := range found {
		if m.token == token {
			n++
		}
	}
	return n
}

// reportMissing counts the messages of earlier runs that have and have not arrived.
func (w *walk) reportMissing(s *probe.Step, found []earlier) {
	missing, unsought, now := 0, 0, time.Now()
	first := now
	for _, r := range w.pending {
		n := timesFound(found, r.Token)
		switch {
		case n == 0 && !r.Seen:
			if missing++; missing == 1 {
				first = r.Sent
			}
			r.Looked = now
			tolerate(s, w.store.keep(r))
		case w.isUnsought(r):
			unsought++
		}
	}
	if len(w.pending) > 0 {
		s.Learn(probe.Number("late", float64(len(w.pending)-missing-unsought), probe.None))
	}
	learnMissing(s, missing, now.Sub(first))
	if missing > 0 {
		s.Say(fmt.Sprintf("%s of earlier runs still missing, the first of %s", probe.Count(missing, "message"), first.Local().Format(time.DateTime)))
	}
	if w.came > 0 && len(found) == 0 {
		s.Say(fmt.Sprintf("%s came since the last run, none of mailprobe's", probe.Count(w.came, "message")))
	}
}

// learnMissing records how many messages of earlier runs are missing, and for how long the
// oldest of them is: 0 for none.
func learnMissing(s *probe.Step, missing int, oldest time.Duration) {
	s.Learn(probe.Number("missing", float64(missing), probe.None), probe.Duration("oldest_missing", oldest))
}

// isUnsought reports whether a message arrived that nobody had looked for before, so that
// it is not known to be late.
func (w *walk) isUnsought(r record) bool {
	return !r.Seen && r.Looked.IsZero() && w.returned[r.Token].Action == ""
}

// reportLate reports the messages that came after their run, and drops their records.
func (w *walk) reportLate(s *probe.Step, found []earlier) {
	for _, r := range w.pending {
		n := timesFound(found, r.Token)
		if n == 0 && !r.Seen {
			continue
		}
		w.reportEarlier(s, r, n)
		tolerate(s, w.finish(r))
	}
}

// reportEarlier reports the message of an earlier run that was found some times.
func (w *walk) reportEarlier(s *probe.Step, r record, times int) {
	now, sent := time.Now(), r.Sent.Local().Format(time.DateTime)
	switch {
	case r.Seen && times > 0 && w.Keep:
		s.Say(fmt.Sprintf("a message of %s, which was seen then, is kept", sent))
	case r.Seen:
		s.Say(fmt.Sprintf("a message of %s, which could not be deleted then, is gone now", sent))
	case w.returned[r.Token].Action != "":
		cause, also := w.returned[r.Token].causes()
		s.RaiseFor(cause.As(probe.Warning), fmt.Sprintf("a message of %s came back: %s", sent, w.returned[r.Token].words(r.To)), also...)
	case w.isUnsought(r):
		s.Say(fmt.Sprintf("a message of %s, for which no look into the mailbox succeeded before, is there %s after it was sent", sent, probe.FormatDuration(now.Sub(r.Sent))))
	default:
		s.RaiseFor(CauseLate, fmt.Sprintf("a message of %s came late: it was not there at %s, and is there now, %s after it was sent",
			sent, r.Looked.Local().Format(time.TimeOnly), probe.FormatDuration(now.Sub(r.Sent))))
		s.Learn(probe.Duration("late_by", now.Sub(r.Sent)))
	}
	if times > 1 && !r.Seen {
		s.RaiseFor(CauseDuplicated, fmt.Sprintf("it came %d times", times))
	}
}

// reportCopies reports messages of which a run had found and deleted one already.
func (w *walk) reportCopies(s *probe.Step, found []earlier) {
	copies := 0
	for _, m := range found {
		sent, ok := w.past.Sent[m.token]
		if !ok {
			continue
		}
		copies++
		s.RaiseFor(CauseDuplicated, fmt.Sprintf("a second copy of the message of %s came after the first had been fetched", sent.Local().Format(time.DateTime)))
	}
	if copies > 0 {
		s.Learn(probe.Number("late_copies", float64(copies), probe.None))
	}
}

// isInterruption reports whether the user or the end of the time has caused the error.
func (w *walk) isInterruption(err error) bool {
	return w.ctx.Err() != nil || errors.Is(err, context.Canceled)
}
