package suite

import (
	"time"

	"mailprobe/history"
	"mailprobe/probe"
)

// EventKind is what is worth telling.
type EventKind string

// The kinds of event. Empty is none.
const (
	Failure  EventKind = "failure"  // confirmed: it was well before
	Worse    EventKind = "worse"    // it fails worse than was told
	Better   EventKind = "better"   // it fails less badly
	Recovery EventKind = "recovery" // it is well again
	Reminder EventKind = "reminder" // it still fails
)

// EventKinds are all of them.
func EventKinds() []EventKind { return []EventKind{Failure, Worse, Better, Recovery, Reminder} }

// Sight is what one run saw of an item.
type Sight struct {
	Status  probe.Status
	Summary string
	// At is when the run began.
	At time.Time
}

// Patience says how often something must be seen before it is told.
type Patience struct {
	// AlertAfter and RecoverAfter are numbers of runs in a row, from 1.
	AlertAfter, RecoverAfter int
	// Remind is how often a failure that goes on is told of again, 0 for never.
	Remind time.Duration
}

// Advance gives the state after a run has seen an item, and what of it is worth
// telling. An item that was skipped has not been seen: its state stays. A new item
// counts as well until it is seen otherwise.
func Advance(s history.State, seen Sight, p Patience) (history.State, EventKind) {
	if seen.Status == probe.Skipped {
		return s, ""
	}
	if s.LastRun.IsZero() {
		s.Status, s.Since = probe.OK, seen.At
	}
	s.LastRun, s.LastStatus, s.LastSummary = seen.At, seen.Status, seen.Summary
	if seen.Status == s.Status {
		return settled(s, seen, p)
	}
	again := s.Count > 0 && s.Pending.Worse(s.Status) == seen.Status.Worse(s.Status)
	if !again {
		s.Count, s.PendingSince = 0, seen.At
	}
	s.Pending, s.Count = seen.Status, s.Count+1
	if seen.Status.Worse(s.Status) && s.Count < p.AlertAfter || s.Status.Worse(seen.Status) && s.Count < p.RecoverAfter {
		return s, ""
	}
	return announce(s, seen)
}

// settled is the state when what was told is seen again.
func settled(s history.State, seen Sight, p Patience) (history.State, EventKind) {
	s.Pending, s.Count, s.PendingSince = probe.Unknown, 0, time.Time{}
	s.Summary = seen.Summary
	told := s.Announced
	if s.Reminded.After(told) {
		told = s.Reminded
	}
	if s.Status == probe.OK || p.Remind <= 0 || seen.At.Sub(told) < p.Remind-slack(p.Remind) {
		return s, ""
	}
	s.Reminded = seen.At
	return s, Reminder
}

// announce makes what was pending the state that is told.
func announce(s history.State, seen Sight) (history.State, EventKind) {
	kind := Better
	switch {
	case s.Status == probe.OK:
		kind = Failure
	case seen.Status == probe.OK:
		kind = Recovery
	case seen.Status.Worse(s.Status):
		kind = Worse
	}
	s.Status, s.Summary, s.Since = seen.Status, seen.Summary, s.PendingSince
	s.Announced, s.Reminded = seen.At, time.Time{}
	s.Pending, s.Count, s.PendingSince = probe.Unknown, 0, time.Time{}
	return s, kind
}

// slack is by how much less than an interval counts as one: cron is not exact.
func slack(interval time.Duration) time.Duration {
	return min(interval/10, 30*time.Second)
}

// Due tells whether an item is to be run now, given when it ran last.
func (i *Item) Due(lastRun, now time.Time) bool {
	if !i.Check.Between.Has(now) {
		return false
	}
	every := i.Check.Every
	return lastRun.IsZero() || lastRun.After(now) || now.Sub(lastRun) >= every-slack(every)
}
