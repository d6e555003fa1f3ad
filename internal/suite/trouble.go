package suite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// ownState is the name under which the history remembers whether this program's
// own troubles have been told. No check can have it: it begins with a blank.
const ownState = " mailprobe"

// settleTroubles finds out whether the troubles of the run are news, by the rules
// that hold for checks: a mail server that is down for a day shall not be told of
// every five minutes because no notifier gets through.
func (r *Report) settleTroubles(ctx context.Context, o Options, old history.State) {
	if o.Store == nil {
		if len(r.told().places) > 0 && len(r.Troubles) > 0 {
			r.Known = r.toldTroubles()
		}
		return
	}
	seen := Sight{Status: probe.OK, At: r.Start}
	if err := errors.Join(r.Troubles...); err != nil {
		seen.Status, seen.Summary = probe.Warning, err.Error()
	}
	if old.LastRun.IsZero() && seen.Status == probe.OK {
		return
	}
	old.Name = ownState
	now, kind := Advance(old, seen, Patience{AlertAfter: 1, RecoverAfter: 1, Remind: o.Remind})
	if now.Status == old.Status && kind == "" && now.Status == probe.OK {
		return
	}
	r.Known = kind == "" && len(r.Troubles) > 0
	err := o.Store.Commit(ctx, history.Batch{Start: r.Start, States: []history.State{now}})
	if err != nil && !errors.Is(err, history.ErrStale) {
		r.Known = r.toldTroubles()
	}
}

// clockSlack is by how much a clock that is set right may go back.
const clockSlack = time.Minute

// clockTrouble says that a run before was later than this one.
func clockTrouble(states map[string]history.State, now time.Time) error {
	var last time.Time
	for _, s := range states {
		if s.LastRun.After(last) {
			last = s.LastRun
		}
	}
	if last.Sub(now) <= clockSlack {
		return nil
	}
	return fmt.Errorf("the clock of this machine has jumped: an earlier run began at %s, which is still to come; see that NTP keeps the clock (timedatectl)", clock(last))
}

// toldTroubles reports whether these troubles were told today, by the record for when
// the history cannot be written, and notes them there.
func (r *Report) toldTroubles() bool {
	told := r.told()
	e := Event{identity: errors.Join(r.Troubles...).Error() + r.Start.UTC().Format(time.DateOnly)}
	if len(r.Troubles) == 0 || told.has("", e) {
		return true
	}
	told.add("", e)
	_ = told.save() // if not, it is told again
	return false
}
