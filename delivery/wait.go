package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
)

// The pauses between two looks into the mailbox: short at first, each half as long again,
// up to the longest. None is shorter than a part of the time a look takes, which may be
// seconds for a large mailbox.
const (
	firstWait   = 40 * time.Millisecond
	costPart    = 2
	longestWait = 10 * time.Second
	busyWait    = 2 * time.Second // after the server has said that it is busy
)

// lastLook is the fraction of the time that is kept for the last look and the report.
const lastLook = 20

// watch is the state of waiting for the message.
type watch struct {
	*walk
	until  time.Time
	pause  time.Duration
	polls  int      // looks that were tried
	looks  int      // looks that succeeded
	failed []string // what went wrong, without repetition
	blind  blind
	bounce *bounce
}

// blind is a period in which no look into the mailbox succeeded.
type blind struct {
	since time.Time // zero where the last look succeeded
	err   error     // what the last look ended with
}

// wait looks into the mailbox until the message is there. The session that found it stays
// open.
func (w *walk) wait(s *probe.Step) error {
	remaining := w.remaining()
	limit := min(remaining-remaining/lastLook, w.options.StepTimeout(w.ctx))
	v := &watch{walk: w, until: time.Now().Add(limit), pause: firstWait}
	err := v.wait()
	s.Learn(probe.Number("polls", float64(v.polls), probe.None))
	if err == nil && len(w.found) == 0 && v.bounce == nil {
		err = v.missed()
	}
	v.sayFailed(s, err)
	switch {
	case err != nil:
		return err
	case v.bounce != nil:
		return v.bounced(s)
	}
	w.arrived, w.record.Seen = time.Now(), true
	s.Learn(probe.Duration(w.timeName(), w.arrived.Sub(w.accepted)))
	s.Say("seen at the " + ordinal(v.polls) + " look")
	for _, m := range w.found {
		reportJunk(s, "the message", m)
	}
	if n := len(w.found); n > 1 {
		s.RaiseFor(CauseDuplicated, fmt.Sprintf("it came %d times", n))
		s.Learn(probe.Number("copies", float64(n), probe.None))
	}
	return nil
}

// timeName is the fact for the time until the message is there, or the reply to it.
func (c *Check) timeName() string {
	if c.ExpectReply {
		return "round_trip"
	}
	return "delivered"
}

// timeWord introduces that time in a summary.
func (c *Check) timeWord() string {
	if c.ExpectReply {
		return "answered in "
	}
	return "delivered in "
}

func ordinal(n int) string {
	suffix := "th"
	if n%100/10 != 1 {
		suffix = cmp.Or(map[int]string{1: "st", 2: "nd", 3: "rd"}[n%10], suffix)
	}
	return fmt.Sprintf("%d%s", n, suffix)
}

// wait polls until something has come or the time is over.
func (v *watch) wait() error {
	for pause := v.spaced(v.cost / costPart); ; {
		left := time.Until(v.until)
		if left <= 0 || v.between > 0 && pause > left {
			return nil
		}
		if err := v.sleep(min(pause, left)); err != nil {
			return v.ended(err)
		}
		v.polls++
		busy, err := v.poll()
		if err != nil || len(v.found) > 0 || v.bounce != nil {
			return err
		}
		pause = v.nextPause(busy)
	}
}

// nextPause returns how long to wait after a look.
func (v *watch) nextPause(busy bool) time.Duration {
	pause := max(v.pause, v.cost/costPart)
	v.pause = min(v.pause*3/2, longestWait)
	if busy {
		pause = max(pause, busyWait)
	}
	return v.spaced(pause)
}

// spaced extends a pause to the time that the server demands between two log-ins.
func (v *watch) spaced(pause time.Duration) time.Duration {
	if v.between == 0 {
		return pause
	}
	return max(pause, time.Until(v.nextLogIn()))
}

// nextLogIn returns when the server permits the next log-in.
func (w *walk) nextLogIn() time.Time { return w.opened.Add(w.between + time.Second) }

// poll looks into the mailbox once. Its errors are no verdict, except for a refused
// account.
func (v *watch) poll() (busy bool, err error) {
	session := v.newSession()
	if err = v.open(session); err != nil {
		err = v.fetch.fold(&probe.Step{}, session, err)
	} else {
		err = v.lookAtNew()
	}
	if err == nil && len(v.found) > 0 {
		return false, nil
	}
	if err == nil {
		v.sawNothing()
		if _, err = v.leave(); v.ctx.Err() == nil {
			v.note(err)
		}
		return false, nil
	}
	v.shut()
	switch {
	case errors.Is(err, errReopen):
		return false, nil
	case v.isInterruption(err):
		return false, v.cutOff(err)
	case isLockedOut(err):
		v.failed = append(v.failed, "not known whether it arrived; "+nextRun)
		return false, err
	}
	v.saw(err)
	return isBusy(err), nil
}

// sawNothing records a look that succeeded and found nothing. The first is saved at once,
// so that the next run knows of it even if this one is killed.
func (v *watch) sawNothing() {
	v.looks++
	v.record.Looked = time.Now()
	v.blind = blind{}
	if v.looks == 1 && v.record.Token != "" {
		_ = v.store.keep(v.record)
	}
}

// saw records a look that failed. If the end of the time cut it short, it counts less
// than those before it, and not at all if they succeeded.
func (v *watch) saw(err error) {
	late := !time.Now().Before(v.until)
	if !late || v.blind.err == nil {
		v.note(err)
	}
	if late && v.looks > 0 && v.blind.since.IsZero() {
		return
	}
	if v.blind.since.IsZero() {
		v.blind.since = time.Now()
	}
	if v.blind.err == nil || !late {
		v.blind.err = err
	}
}

// maxFailed bounds how many kinds of failure are shown.
const maxFailed = 4

const meanwhile = "meanwhile the mailbox could not be read: "

func (v *watch) note(err error) {
	if err == nil {
		return
	}
	text := meanwhile + err.Error()
	if len(v.failed) < maxFailed && !slices.Contains(v.failed, text) {
		v.failed = append(v.failed, text)
	}
}

// sayFailed reports failures of looks, unless the verdict does.
func (v *watch) sayFailed(s *probe.Step, verdict error) {
	for _, text := range v.failed {
		if verdict == nil || !strings.Contains(verdict.Error(), strings.TrimPrefix(text, meanwhile)) {
			s.Say(text)
		}
	}
}

// cutOff returns the error of a look that the end of the time or the user interrupted.
// The end of the time is no error of the mailbox if an earlier look succeeded.
func (v *watch) cutOff(err error) error {
	if ended := v.ended(err); ended != nil {
		return ended
	}
	if v.looks == 0 {
		v.saw(err)
	}
	return nil
}

// ended returns the error of an end before the message came, nil if the time is over: the
// message is then missing.
func (v *watch) ended(err error) error {
	if errors.Is(v.ctx.Err(), context.DeadlineExceeded) {
		return nil
	}
	return probe.Because(probe.CauseInterrupted, &interruption{err})
}

// interruption is the error of a wait that the user ended. It wraps what the look in
// progress ended with.
type interruption struct{ look error }

func (*interruption) Error() string {
	return "interrupted before the message arrived; the next run for this mailbox looks for it first"
}

func (i *interruption) Unwrap() error { return i.look }

// lookAtNew examines messages that came since the run began and were not examined yet,
// and keeps those of the run.
func (v *watch) lookAtNew() error {
	newer, err := v.box.since(v.before)
	if err != nil {
		return err
	}
	for _, m := range newest(newer, maxLooks) {
		if v.looked[m.id] {
			continue
		}
		if err := v.look(m); err != nil {
			v.setBack(m)
			return err
		}
	}
	return nil
}

// setBack makes a new session find again what was found, and skips the message that ended
// this one.
func (v *watch) setBack(broken message) {
	for _, m := range v.found {
		v.looked[broken.id], v.looked[m.id] = true, false
	}
	v.found = nil
}

// look examines one message.
func (v *watch) look(m message) error {
	v.box.nextStep()
	text, err := v.box.header(m)
	if err != nil && !errors.Is(err, errReopen) {
		return err
	}
	v.looked[m.id] = true
	h := parseHeader(text)
	if v.ExpectReply {
		return v.lookForReply(m, h, err)
	}
	r, proven := provenRun(h, v.key)
	switch {
	case proven && r.Token == v.run.Token:
		v.looked[m.id] = err == nil // to be found again in a new session
		if err != nil {
			return v.reopenFor(m)
		}
		v.found = append(v.found, m)
	case proven:
		v.looked[m.id] = err != nil // it goes soon: without UIDL another may get its name
	case strings.Contains(h.Get("Message-ID"), v.run.localID()):
		v.unproven = true
	case err == nil && isReport(h):
		return v.lookIntoReport(m)
	}
	return err
}

// reopenFor logs in once more to fetch a message whose header could only be read at the
// price of the session.
func (v *watch) reopenFor(m message) error {
	v.shut()
	session := v.newSession()
	if err := v.open(session); err != nil {
		return v.fetch.fold(&probe.Step{}, session, err)
	}
	newer, err := v.box.since(v.before)
	if err != nil {
		return err
	}
	for _, again := range newer {
		if again.id == m.id {
			v.looked[m.id] = true
			v.found = append(v.found, again)
		}
	}
	return nil
}
