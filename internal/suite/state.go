package suite

import (
	"slices"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// Sight is the result of one run for an item.
type Sight struct {
	Status  probe.Status
	Summary string
	// Step is the step that the status is about, and Causes are the words for why,
	// that of the verdict first; empty where all is well.
	Step   string
	Causes []string
	// At is when the run began.
	At time.Time
	// Silenced is set where nothing may be announced of the item but that it has recovered,
	// and Acknowledged where nobody needs to be reminded of its failure.
	Silenced, Acknowledged bool
}

// Patience holds alert_after and recover_after.
type Patience struct {
	// AlertAfter and RecoverAfter are numbers of runs in a row, from 1.
	AlertAfter, RecoverAfter int
	// Remind is how often a failure that goes on is announced again, 0 for never.
	Remind time.Duration
}

// Advance returns the state after a run has seen an item, and the kind of event that the
// sight is, if any. An item that was skipped has not been seen: its state stays. A new item
// counts as OK until it is seen otherwise. What is silenced stays pending, so that it is
// announced once that has ended, if it is still so.
func Advance(s history.State, seen Sight, p Patience) (history.State, notify.EventKind) {
	if seen.Status == probe.Skipped {
		return s, ""
	}
	if s.LastRun.IsZero() {
		s.Status, s.Since = probe.OK, seen.At
	}
	s = notLater(s, seen.At)
	s.LastRun, s.LastStatus, s.LastSummary = seen.At, seen.Status, seen.Summary
	switch {
	case asAnnounced(s, seen):
		return settled(s, seen, p)
	case cutOff(s, seen):
		return remind(s, seen, p)
	}
	if !again(s, seen) {
		s.Count, s.PendingSince = 0, seen.At
	}
	s.Pending, s.PendingStep, s.PendingCause, s.Count = seen.Status, seen.Step, seen.cause(), s.Count+1
	switch {
	case seen.Silenced && seen.Status != probe.OK:
		return s, ""
	case seen.Status == s.Status && s.Count < p.AlertAfter:
		return remind(s, seen, p)
	case seen.Status.Worse(s.Status) && s.Count < p.AlertAfter, s.Status.Worse(seen.Status) && s.Count < p.RecoverAfter:
		return s, ""
	}
	return announce(s, seen)
}

// notLater replaces times in the future, which runs with a wrong clock leave, by now: a
// reminder must not wait for them.
func notLater(s history.State, now time.Time) history.State {
	for _, t := range []*time.Time{&s.Since, &s.PendingSince, &s.Announced, &s.Reminded} {
		if t.After(now) {
			*t = now
		}
	}
	return s
}

// cause is the name of the cause of the verdict.
func (s Sight) cause() string { return slices.Concat(s.Causes, []string{""})[0] }

// asAnnounced reports whether a sight is what was announced last: the same status at the same
// step, for one of the causes that were named. So an ambiguous reply, which
// names two, does not count as changed once it is known which of them it is.
func asAnnounced(s history.State, seen Sight) bool {
	switch {
	case seen.Status != s.Status:
		return false
	case s.Status == probe.OK, s.Step == "" && len(s.Causes) == 0:
		return true
	}
	return s.Step == seen.Step && (len(s.Causes) == 0 || seen.cause() == "" || slices.Contains(s.Causes, seen.cause()))
}

// cutOff reports whether a check ended before it saw whether a failure goes on. That is no
// change for the better: the failure stays as it was announced.
func cutOff(s history.State, seen Sight) bool {
	unseen := seen.cause() == probe.CauseInterrupted.Name || seen.cause() == CauseDeadline.Name
	return unseen && s.Status.Worse(seen.Status)
}

// again reports whether a sight continues what is pending. Statuses that are
// worse than what was announced go on with each other, and so do those that are better;
// another reason for the same status must be the same one again.
func again(s history.State, seen Sight) bool {
	if s.Count == 0 || (s.Pending == s.Status) != (seen.Status == s.Status) {
		return false
	}
	if seen.Status == s.Status {
		return s.PendingStep == seen.Step && s.PendingCause == seen.cause()
	}
	return s.Pending.Worse(s.Status) == seen.Status.Worse(s.Status)
}

// settled returns the state after what was announced is seen again.
func settled(s history.State, seen Sight, p Patience) (history.State, notify.EventKind) {
	s = forget(s)
	s.Summary = seen.Summary
	if s.Step == "" && len(s.Causes) == 0 { // of a version that did not keep them
		s.Step, s.Causes = seen.Step, seen.Causes
	}
	return remind(s, seen, p)
}

// forget leaves nothing pending.
func forget(s history.State) history.State {
	s.Pending, s.PendingStep, s.PendingCause, s.Count, s.PendingSince = probe.Unknown, "", "", 0, time.Time{}
	return s
}

// remind makes a reminder of a failure when it is time to.
func remind(s history.State, seen Sight, p Patience) (history.State, notify.EventKind) {
	last := s.Announced
	if s.Reminded.After(last) {
		last = s.Reminded
	}
	if s.Status == probe.OK || seen.Silenced || seen.Acknowledged || p.Remind <= 0 || seen.At.Sub(last) < p.Remind-notify.Slack(p.Remind) {
		return s, ""
	}
	s.Reminded = seen.At
	return s, notify.Reminder
}

// announce makes what was pending the state that is announced.
func announce(s history.State, seen Sight) (history.State, notify.EventKind) {
	kind := notify.Better
	switch {
	case s.Status == seen.Status:
		kind = notify.Changed
	case s.Status == probe.OK:
		kind = notify.Failure
	case seen.Status == probe.OK:
		kind = notify.Recovery
	case seen.Status.Worse(s.Status):
		kind = notify.Worse
	}
	s.Status, s.Summary, s.Since = seen.Status, seen.Summary, s.PendingSince
	s.Step, s.Causes = seen.Step, seen.Causes
	s.Announced, s.Reminded = seen.At, time.Time{}
	return forget(s), kind
}

// Due reports whether an item is to be run now, given when it ran last.
func (i *Item) Due(lastRun, now time.Time) bool {
	opened, in := i.Check.Between.opened(now)
	every := i.Check.Every
	switch {
	case !in:
		return false
	case lastRun.IsZero() || lastRun.After(now):
		return true
	case i.Check.Between.text != "" && every >= wholeDay && every%wholeDay == 0:
		// Of whole days the windows are counted: one has 23 or 25 hours twice a year, and
		// a run that was late does not make the next one miss its window.
		last, _ := i.Check.Between.opened(lastRun.In(now.Location()))
		return opened-last >= int(every/wholeDay)
	}
	return now.Sub(lastRun) >= every-notify.Slack(every)
}

const wholeDay = 24 * time.Hour

// expected returns until when what a run has found is up to date: an interval after the
// next turn of the item. Where it has no schedule of its own that is twice the interval
// after the run, or as much later as its window opens; the interval is that of the check, or
// that of the runs where it is longer, as the time since the last one shows.
func (o *Outcome) expected(lastRun time.Time) time.Time {
	if !o.next.IsZero() {
		return o.next.Add(o.every())
	}
	interval := max(o.interval, o.Check.Every)
	if gap := o.At.Sub(lastRun); !lastRun.IsZero() && gap <= maxInterval {
		interval = max(interval, gap)
	}
	next := o.At.Add(interval)
	for end := next.Add(maxInterval); !o.Check.Between.Has(next) && next.Before(end); {
		next = next.Add(time.Minute)
	}
	return next.Add(interval)
}

// maxInterval is the longest time between runs that is taken for their interval.
const maxInterval = 8 * wholeDay
