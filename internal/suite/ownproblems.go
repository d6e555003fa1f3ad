package suite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// ownState is the name of the state of the problems beside the checks. No check can have
// it: it begins with a blank.
const ownState = " mailprobe"

// settleProblems determines whether the problems of the run are new, by the rules that
// apply to checks: a mail server that is down for a day is not printed every five minutes
// because no notifier reaches it. It returns the states as they are then.
func (r *Report) settleProblems(ctx context.Context, o Options, states map[string]history.State) map[string]history.State {
	if o.Store == nil {
		if r.record.Kept() && len(r.Problems) > 0 {
			r.Known = r.knownToday()
		}
		return states
	}
	states, err := r.commit(ctx, o, states, r.judgeProblems)
	if err != nil {
		r.Known = r.knownToday()
	}
	return states
}

// judgeProblems advances the state of the problems, and returns the batch to commit; nil
// where there are none.
func (r *Report) judgeProblems(o Options, states map[string]history.State) *history.Batch {
	old := states[ownState]
	seen := Sight{Status: probe.OK, At: r.Start}
	if err := errors.Join(r.Problems...); err != nil {
		seen.Status, seen.Summary = probe.Warning, err.Error()
	}
	if old.LastRun.IsZero() && seen.Status == probe.OK {
		return nil
	}
	old.Name = ownState
	now, kind := Advance(old, seen, Patience{AlertAfter: 1, RecoverAfter: 1, Remind: o.Remind})
	r.Known = kind == "" && len(r.Problems) > 0
	if now.Status == old.Status && kind == "" && now.Status == probe.OK {
		return nil
	}
	return &history.Batch{States: []history.State{now}}
}

// clockSlack is how far a clock may go back when it is corrected.
const clockSlack = time.Minute

// clockProblem returns an error where an earlier run began later than this one.
func clockProblem(states map[string]history.State, now time.Time) error {
	last := lastRun(states)
	if last.Sub(now) <= clockSlack {
		return nil
	}
	return fmt.Errorf("the clock of this machine has jumped: an earlier run began at %s, which is still to come; see that NTP keeps the clock (timedatectl)", notify.Clock(last))
}

// knownToday reports whether these problems were printed today, by the record for when the
// history cannot be written, and records them.
func (r *Report) knownToday() bool {
	if len(r.Problems) == 0 {
		return true
	}
	known := r.record.AddText(errors.Join(r.Problems...).Error() + r.Start.UTC().Format(time.DateOnly))
	_ = r.record.Save() // if not, they are printed again
	return known
}
