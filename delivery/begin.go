package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mailprobe/probe"
)

// patience is the part of the time for which a mailbox that refuses for a moment
// is asked again before anything is sent.
const patience = 4

// mailbox logs in before anything is sent, and remembers what is there.
func (w *walk) mailbox(s *probe.Step) error {
	limit := time.Now().Add(w.remaining() / patience)
	for pause := time.Second; ; pause *= 2 {
		session := w.newSession()
		err := w.open(session)
		w.cost = time.Since(session.Start)
		if w.door.isBusy(err) && time.Now().Add(pause).Before(limit) && w.sleep(pause) == nil {
			continue
		}
		if err = w.fetch.fold(s, session, err); err != nil {
			return err
		}
		break
	}
	return w.survey(s)
}

// open logs in, for one session.
func (w *walk) open(session *probe.Result) error {
	ctx, cancel := context.WithTimeout(w.ctx, sessionTimeout)
	box, err := w.door.open(ctx, session)
	if err != nil {
		cancel()
		return err
	}
	w.box, w.opened = &bounded{box, cancel}, time.Now()
	w.between = max(w.between, box.pace())
	return nil
}

// bounded is a mailbox whose context ends with it.
type bounded struct {
	mailbox
	cancel func()
}

func (b *bounded) close() {
	b.mailbox.close()
	b.cancel()
}

// survey remembers how the mailbox is, and what earlier runs have to look for in it.
func (w *walk) survey(s *probe.Step) (err error) {
	if w.before, err = w.box.mark(); err != nil {
		return err
	}
	n := w.box.count()
	s.Say(count(n, "message"))
	s.Learn(probe.Number("messages", float64(n), probe.None))
	if w.pending, err = w.store.pending(w.mailboxName(), time.Now()); err != nil {
		return probe.Fail(probe.Unknown, err, "name another directory with --state")
	}
	if w.owesMessages() {
		return nil
	}
	_, err = w.leave()
	return err
}

// owesMessages tells whether messages of earlier runs are still to be found.
func (w *walk) owesMessages() bool { return len(w.pending) > 0 }

// maxLooks bounds how many messages are looked at for those of earlier runs: the
// newest ones.
const maxLooks = 200

// late looks for the messages of earlier runs, and removes them.
func (w *walk) late(s *probe.Step) error {
	found, err := w.findLate()
	if err == nil {
		err = w.removeLate(s, found)
	}
	w.shut()
	switch {
	case err != nil && w.isInterruption(err):
		return err
	case err != nil:
		s.Raise(probe.Warning, "looking for messages of earlier runs: "+err.Error(), "the next run looks again")
		return nil
	}
	missing := len(w.pending) - len(found)
	s.Learn(probe.Number("late", float64(len(found)), probe.None), probe.Number("missing", float64(missing), probe.None))
	if missing > 0 {
		s.Say(fmt.Sprintf("%s of earlier runs still missing, the first of %s", count(missing, "message"), w.oldestMissing(found)))
	}
	return nil
}

func (w *walk) oldestMissing(found map[string]message) string {
	for _, r := range w.pending {
		if _, ok := found[r.Token]; !ok {
			return r.Sent.Local().Format(time.DateTime)
		}
	}
	return ""
}

// findLate looks at what came since each of the earlier runs. It returns by token
// the messages that are theirs.
func (w *walk) findLate() (map[string]message, error) {
	found, looked := map[string]message{}, map[string]bool{}
	for _, r := range w.pending {
		newer, err := w.box.since(r.Mark)
		if err != nil {
			return nil, err
		}
		for _, m := range newer[:min(len(newer), maxLooks)] {
			if looked[m.id] {
				continue
			}
			looked[m.id] = true
			if err := w.lookForLate(m, found); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

func (w *walk) lookForLate(m message, found map[string]message) error {
	w.box.nextStep()
	text, err := w.box.header(m)
	if err != nil {
		return err
	}
	r, ok := provenRun(parseHeader(text), w.key)
	if ok && w.isPending(r.Token) {
		found[r.Token] = m
	}
	return nil
}

func (w *walk) isPending(token string) bool {
	for _, r := range w.pending {
		if r.Token == token {
			return true
		}
	}
	return false
}

// removeLate deletes what was found late, once the server has confirmed it, drops
// the records, and tells of it.
func (w *walk) removeLate(s *probe.Step, found map[string]message) error {
	if !w.Keep {
		for _, m := range found {
			if err := w.box.remove(m); err != nil {
				return err
			}
		}
	}
	now := time.Now()
	if _, err := w.leave(); err != nil && !errors.Is(err, errMarked) {
		return err
	}
	for _, r := range w.pending {
		if _, ok := found[r.Token]; ok {
			w.tellLate(s, r, now)
			if err := w.store.forget(r.Token); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walk) tellLate(s *probe.Step, r record, now time.Time) {
	if r.Seen {
		s.Say(fmt.Sprintf("a message of %s, which could not be deleted then, is gone now", r.Sent.Local().Format(time.DateTime)))
		return
	}
	s.Raise(probe.Warning, fmt.Sprintf("a message of %s came late: it was not there at %s, and is there now, %s after it was sent",
		r.Sent.Local().Format(time.DateTime), r.Until.Local().Format(time.TimeOnly), probe.FormatDuration(now.Sub(r.Sent))),
		"see where it waited: its Received fields, with --keep, and the queues of the servers")
	s.Learn(probe.Duration("late_by", now.Sub(r.Sent)))
}

// isInterruption tells that the user or the time has ended it.
func (w *walk) isInterruption(err error) bool {
	return w.ctx.Err() != nil || errors.Is(err, context.Canceled)
}
