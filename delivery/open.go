package delivery

import (
	"context"
	"slices"
	"time"

	"mailprobe/probe"
)

// patience is the fraction of the time in which a mailbox that refuses temporarily is
// asked again before anything is sent.
const patience = 4

// mailbox logs in before anything is sent, and records what is there.
func (w *walk) mailbox(s *probe.Step) error {
	session, err := w.openInTime(time.Second)
	if err = w.fetch.fold(s, session, err); err != nil {
		return err
	}
	return w.survey(s)
}

// openInTime logs in. If the mailbox refuses temporarily it tries again after a pause,
// and then after longer ones.
func (w *walk) openInTime(pause time.Duration) (session *probe.Result, err error) {
	limit := time.Now().Add(w.remaining() / patience)
	for ; ; pause *= 2 {
		session = w.newSession()
		err = w.open(session)
		if !isBusy(err) || time.Now().Add(pause).After(limit) || w.sleep(pause) != nil {
			return session, err
		}
	}
}

// open logs in for one session.
func (w *walk) open(session *probe.Result) error {
	ctx, cancel := context.WithTimeout(w.ctx, sessionTimeout)
	box, err := w.door.open(ctx, session)
	w.cost = time.Since(session.Start)
	if err != nil {
		cancel()
		return err
	}
	w.box, w.opened = &bounded{box, cancel}, time.Now()
	w.between = max(w.between, box.pace())
	return nil
}

// bounded is a mailbox with a context of its own.
type bounded struct {
	mailbox
	cancel func()
}

func (b *bounded) close() {
	b.mailbox.close()
	b.cancel()
}

// survey records the state of the mailbox, and what earlier runs have to look for in it.
func (w *walk) survey(s *probe.Step) (err error) {
	if w.before, err = w.box.mark(); err != nil {
		return err
	}
	if w.room, err = w.box.room(); err != nil {
		return err
	}
	n := w.box.count()
	s.Say(probe.Count(n, "message"))
	s.Learn(probe.Number("messages", float64(n), probe.None))
	if w.half == sends {
		_, err = w.leave()
		return err
	}
	var damaged []error
	if w.pending, damaged, err = w.store.pending(w.mailboxName(), time.Now()); err != nil {
		return probe.Because(CauseState, err)
	}
	for _, fault := range damaged {
		s.RaiseFor(CauseState.As(probe.Warning).Advise("remove the file; look yourself for the message that has its name in it"), fault.Error())
	}
	w.pending = slices.DeleteFunc(w.pending, func(r record) bool { return !w.mayJudge(r) })
	w.past = w.store.past(w.mailboxName(), time.Now())
	newer, err := w.sinceLast()
	if err != nil {
		return err
	}
	if w.came = len(newer); w.mayFindEarlier() || w.isJudging() {
		return nil
	}
	learnMissing(s, 0, 0)
	w.swept = true
	_, err = w.leave()
	return err
}
