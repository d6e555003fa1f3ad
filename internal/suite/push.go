package suite

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// deliveries are what a state keeps of the deliveries to a passive check; see probe.Wait.
type deliveries struct {
	Since time.Time `json:"since,omitzero"`
	Last  time.Time `json:"last,omitzero"`
	First time.Time `json:"first,omitzero"`
	Began time.Time `json:"began,omitzero"`
}

// after returns the deliveries after an outcome.
func (d deliveries) after(o *Outcome) deliveries {
	if o.delivered.IsZero() {
		return d
	}
	now := deliveries{Since: cmp.Or(d.Since, o.delivered), Last: o.delivered}
	if d.Began.After(o.delivered) { // the next run, within a second
		now = now.begun(d.Began)
	}
	return now
}

// begun returns the deliveries after a job has reported that it begins.
func (d deliveries) begun(at time.Time) deliveries {
	d.Since, d.First, d.Began = cmp.Or(d.Since, at), cmp.Or(d.First, at), at
	return d
}

// Passive returns the checker of an item whose results are delivered; ok is false where
// the item is run.
func (i *Item) Passive() (p probe.Passive, ok bool) {
	if i.Check.ready == nil {
		return nil, false
	}
	return i.Check.ready.Passive()
}

// wait returns what is known of the deliveries to an item.
func (i *Item) wait(s history.State, listening, now time.Time) probe.Wait {
	d := memoOf(s).Deliveries
	return probe.Wait{Since: d.Since, Last: d.Last, First: d.First, Began: d.Began, Listening: listening, Now: now}
}

// Deadline returns when a passive item is due: when its next result must have been
// delivered, and where it already was found missing, an interval later. ok is false where
// it is not passive, or not waited for yet.
func (i *Item) Deadline(s history.State) (at time.Time, ok bool) {
	p, ok := i.Passive()
	w := i.wait(s, time.Time{}, time.Time{})
	if !ok || w.Since.IsZero() {
		return time.Time{}, false
	}
	at = p.Deadline(i.Check.Every, w)
	if s.LastRun.Before(at) {
		return at, true
	}
	return p.Deadline(i.Check.Every, probe.Wait{Since: s.LastRun}), true
}

// IsDue reports whether an item is to be run now: by its interval, and one that is passive
// where no result was delivered in time.
func (i *Item) IsDue(s history.State, now time.Time) bool {
	if i.Afar() {
		return !now.Before(s.Expected)
	}
	if _, passive := i.Passive(); passive {
		at, ok := i.Deadline(s)
		return ok && !now.Before(at)
	}
	return i.Due(s.LastRun, now)
}

// waiting resets the settings that a passive check does not inherit: they are for checks
// that are tried.
func (s *Settings) waiting() {
	d := defaultSettings()
	s.Between, s.Attempts, s.RetryAfter = d.Between, d.Attempts, d.RetryAfter
	s.AlertAfter, s.RecoverAfter = 1, 1
	s.from, s.Down = settings.Pair{}, Down{}
}

// checkWaiting finds what is wrong with the settings of a passive check.
func (p *parser) checkWaiting(e *entry) {
	switch {
	case e.Every == 0:
		p.Fault(e.node, "a check of kind %s needs every: the time from one result to the next, such as 1d", e.kind)
	case e.Between.text != "" || e.Attempts != 1:
		p.Fault(e.node, "a check of kind %s waits all the time: it has no between and no attempts", e.kind)
	}
}

// missing returns the result of an item for which none was delivered.
func (i *Item) missing(ctx context.Context, check *probe.Check, p probe.Passive, w probe.Wait) *probe.Result {
	return check.Record(ctx, i.Target, func(r *probe.Result) error { return p.Missing(r, i.Check.Every, w) })
}

// await records since when the passive items are waited for, and returns the states after
// that.
func (r *Report) await(ctx context.Context, o Options, states map[string]history.State) map[string]history.State {
	if o.Store == nil || states == nil {
		return states
	}
	batch := history.Batch{States: waitedFor(o.Items, states, r.Start)}
	if len(batch.States) == 0 {
		return states
	}
	err := o.Store.Commit(ctx, batch)
	if err == nil || errors.Is(err, history.ErrStale) { // another process has done it
		states, err = o.Store.States(ctx)
	}
	r.Problems.Add(err)
	return states
}

// waitedFor returns the states of the passive items that are waited for from now on.
func waitedFor(items []*Item, states map[string]history.State, now time.Time) (changed []history.State) {
	for _, i := range items {
		state := states[i.ID]
		m := memoOf(state)
		if _, passive := i.Passive(); !passive || !m.Deliveries.Since.IsZero() {
			continue
		}
		m.Deliveries.Since = now
		state.Name, state.Group = i.ID, i.Check.Group
		state.Memo, _ = json.Marshal(m) // plain values
		changed = append(changed, state)
	}
	return changed
}

// Receiver is a passive item with its token.
type Receiver struct {
	*Item

	check *probe.Check
	sum   [sha256.Size]byte
}

// Receivers are all passive items of a file.
type Receivers []*Receiver

// Receivers reads the tokens of the passive items. Those that cannot be read, or that two
// items have, are errors, and their items receive nothing.
func (s *Suite) Receivers(ctx context.Context) (Receivers, error) {
	return s.receivers(ctx, false, func(i *Item, err error) error {
		return fmt.Errorf("check %s: %s", i.ID, settings.AsKeys(err))
	})
}

func (s *Suite) receivers(ctx context.Context, noCommands bool, explain func(*Item, error) error) (all Receivers, err error) {
	owner := map[[sha256.Size]byte]string{}
	for _, i := range s.Items() {
		if _, passive := i.Passive(); !passive {
			continue
		}
		r, fault := i.receiver(ctx, noCommands)
		if other := owner[r.sum]; fault == nil && other != "" && r.sum != (sha256.Sum256(nil)) {
			fault = fmt.Errorf("it has the same token as %s; each check needs its own", other)
		}
		if fault != nil {
			err = errors.Join(err, explain(i, fault))
			continue
		}
		owner[r.sum] = i.ID
		all = append(all, r)
	}
	return all, err
}

// receiver makes a check of its own for an item, which no run prepares anew.
func (i *Item) receiver(ctx context.Context, noCommands bool) (*Receiver, error) {
	r := &Receiver{Item: i}
	var err error
	if r.check, err = i.Check.options.Build(i.Check.Kind); err != nil {
		return r, err
	}
	r.check.Options.NoCommands = noCommands
	if err := r.check.Prepare(ctx); err != nil {
		return r, err
	}
	p, _ := r.check.Passive()
	r.sum = p.Token()
	return r, nil
}

// sameTokens are the problems of items with the same token.
func (s *Suite) sameTokens(ctx context.Context) (all settings.Problems) {
	_, _ = s.receivers(ctx, true, func(i *Item, err error) error {
		if of := new(probe.OptionError); !errors.As(err, &of) && i.Check.explain != nil {
			all = append(all, i.Check.explain(err))
		}
		return nil
	})
	return all
}

// Find returns the receiver with a token, nil for none. The time it takes does not depend
// on how much of the token is right.
func (all Receivers) Find(token string) (found *Receiver) {
	sum := sha256.Sum256([]byte(token))
	for _, r := range all {
		if subtle.ConstantTimeCompare(sum[:], r.sum[:]) == 1 {
			found = r
		}
	}
	return found
}

// outcome returns the outcome that a delivery is.
func (r *Receiver) outcome(ctx context.Context, d probe.Delivery, w probe.Wait) *Outcome {
	p, _ := r.check.Passive()
	if d.Took == 0 && !w.Began.IsZero() {
		d.Took = max(w.Now.Sub(w.Began), 0)
	}
	result := r.check.Record(ctx, r.Target, func(result *probe.Result) error { return p.Deliver(result, d) })
	o := &Outcome{Item: r.Item, Results: []*probe.Result{result}, Attempts: 1, At: result.Start, delivered: result.Start}
	o.finish()
	return o
}
