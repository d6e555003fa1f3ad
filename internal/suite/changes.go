package suite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// maxStale is how often a run decides again because another has changed the states.
const maxStale = 5

// settle determines what has changed, commits it to the history, and sends the
// notifications: those of the checks, then those of mailprobe itself. It returns the states
// as they are then.
func (r *Report) settle(ctx context.Context, o Options, states map[string]history.State) map[string]history.State {
	states, recorded := r.settleOutcomes(ctx, o, states)
	if !recorded {
		return states
	}
	return r.settleOwn(ctx, o, states, append(r.notifierSights(ctx, o), ownSight{name: ownRun}))
}

// settleOutcomes is settle for the checks alone. Where the history cannot be written the
// outcomes are announced without it.
func (r *Report) settleOutcomes(ctx context.Context, o Options, states map[string]history.State) (now map[string]history.State, recorded bool) {
	r.readSilences(ctx, o)
	if o.Store == nil {
		r.withoutHistory(ctx, o, nil)
		return states, false
	}
	states, err := r.commit(ctx, o, states, r.judge)
	if err != nil {
		r.Problems.Add(fmt.Errorf("the run could not be recorded: %w", err))
		r.withoutHistory(ctx, o, states)
		return states, false
	}
	r.printOnce()
	r.record.Reserve()
	r.deliver(ctx, o)
	return states, true
}

// commit makes a batch of the states and commits it, unless it is nil: again where
// another process has changed the states. It returns the states as they are then.
func (r *Report) commit(ctx context.Context, o Options, states map[string]history.State, make func(Options, map[string]history.State) *history.Batch) (map[string]history.State, error) {
	var err error
	for range maxStale {
		batch := make(o, states)
		if batch == nil {
			return states, nil
		}
		if err = o.Store.Commit(ctx, *batch); err == nil {
			return withCommitted(states, batch.States), nil
		}
		if !errors.Is(err, history.ErrStale) {
			break
		}
		if states, err = o.Store.States(ctx); err != nil {
			break
		}
	}
	return states, err
}

// deliver sends what waits to be sent, or has a scheduler do so.
func (r *Report) deliver(ctx context.Context, o Options) {
	if r.send != nil {
		r.send()
		return
	}
	r.Problems.Add(notify.Outbox{
		Store: o.Store, Notifiers: r.Suite.Notifiers, Network: o.Network, Interval: r.interval, Courier: o.Courier, Now: o.Now,
	}.Deliver(ctx)...)
}

// run is what messages say about this run.
func (r *Report) run() notify.Run {
	return notify.Run{Title: r.Suite.Title, Start: r.Start, Status: r.Status, Overview: r.Overview, Record: r.record}
}

// notifications returns the messages about events.
func (r *Report) notifications(events []notify.Event) []history.Notification {
	all, problems := r.run().Notifications(r.Suite.Notifiers, events)
	r.Problems.Add(problems...)
	return all
}

// printOnce leaves out the events that were printed while the history could not be
// written, and records those that only the record knows of.
func (r *Report) printOnce() {
	r.Events = slices.DeleteFunc(r.Events, func(e notify.Event) bool { return !e.Unrecorded && r.record.Has("", e) })
	for _, e := range r.Events {
		if e.Unrecorded {
			r.record.Add("", e)
		}
	}
	r.saveRecord()
}

// withCommitted returns states with those that a batch has changed.
func withCommitted(states map[string]history.State, changed []history.State) map[string]history.State {
	if states == nil {
		states = map[string]history.State{}
	}
	for _, s := range changed {
		states[s.Name] = s.Committed()
	}
	return states
}

// judge advances the states by the outcomes, and returns the batch to commit.
func (r *Report) judge(o Options, states map[string]history.State) *history.Batch {
	batch := &history.Batch{}
	if !r.part {
		batch.Start, batch.Elapsed = r.Start, r.Elapsed
	}
	r.Events = nil
	for _, out := range r.shares {
		r.recordShare(batch, out, states[out.ID])
	}
	for _, out := range r.Outcomes {
		old := states[out.ID]
		old.Name = out.ID
		for _, result := range out.Results {
			batch.Entries = append(batch.Entries, history.Entry{Name: out.ID, Result: result})
		}
		changes := r.publishedChanges(old, out)
		if len(changes) > 0 {
			batch.Keep = append(batch.Keep, out.Worst())
		}
		now, kind := r.advance(old, out, out.At, out.Check.patience(o.Remind))
		if now.LastRun.Equal(old.LastRun) {
			continue // it was skipped
		}
		now.Expected = out.expected(old.LastRun)
		now.Group = out.Check.Group
		if i := r.incident(kind, out, &old, &now); i != nil {
			batch.Incidents = append(batch.Incidents, *i)
		}
		if next, passive := out.Deadline(now); passive {
			now.Expected = next.Add(out.Check.Every)
		}
		batch.States = append(batch.States, now)
		if e := r.withChanges(r.event(kind, out, old, now), changes, out, old, now); e != nil {
			r.Events = append(r.Events, *e)
		}
	}
	batch.Notifications = r.notifications(r.Events)
	return batch
}

// recordShare adds what a place sees of a check to a batch. Nothing of it is announced, and
// none of it is an incident.
func (r *Report) recordShare(batch *history.Batch, out *Outcome, old history.State) {
	for _, result := range out.Results {
		batch.Entries = append(batch.Entries, history.Entry{Name: out.ID, Result: result})
	}
	old.Name, old.Group = out.ID, out.Check.Group
	now, _ := Advance(old, out.sight(out.At), Patience{AlertAfter: 1, RecoverAfter: 1})
	if now.LastRun.Equal(old.LastRun) {
		return // it was skipped there
	}
	now.Expected = out.freshUntil(out.At)
	batch.States = append(batch.States, now)
}

// event returns the event of a check, nil for none.
func (r *Report) event(kind notify.EventKind, out *Outcome, old, now history.State) *notify.Event {
	if kind == "" {
		return r.missed(out, old)
	}
	e := r.newEvent(kind, out, old, now)
	return &e
}

// newEvent returns the event that an outcome is for its check, whose state was old.
func (r *Report) newEvent(kind notify.EventKind, out *Outcome, old, now history.State) notify.Event {
	e := notify.NewEvent(kind, out.origin(r.Suite.key()), out.Worst(), old, now)
	e.Opened = opened(old, now)
	e.Silence = silenceOf(kind, old, now)
	return e
}

// origin is the check of an item in a file.
func (i *Item) origin(file string) notify.Origin {
	return notify.Origin{
		File: file, Check: i.ID, Group: i.Check.Group, Tags: i.Check.Tags, Words: i.words(), Host: i.Target.Host,
		Own: i.own,
	}
}

func (o *Outcome) sight(at time.Time) Sight {
	r := o.Worst()
	seen := Sight{Status: r.Status, Summary: r.Summary, At: at}
	if wrong := r.Wrong(); len(wrong) > 0 {
		if seen.Step = wrong[0].Name; o.Afar() {
			seen.Step = stepPlaces
		}
		seen.Causes = notify.CauseNames(append([]*probe.Cause{r.Cause}, r.Also...)...)
	}
	return seen
}

func (c *Check) patience(remind time.Duration) Patience {
	return Patience{AlertAfter: c.AlertAfter, RecoverAfter: c.RecoverAfter, Remind: remind}
}

// withoutHistory announces what has changed since the states that are known, empty where
// none are, and writes nothing but the record: each change once, as far as that record
// can be kept. It does not wait for a second run to agree, as none would know of this one.
func (r *Report) withoutHistory(ctx context.Context, o Options, states map[string]history.State) {
	r.Events = r.news("", o, states)
	for _, e := range r.Events {
		r.record.Add("", e)
	}
	for _, n := range r.Suite.Notifiers {
		r.Problems.Add(r.run().SendDirectly(ctx, o.Network, n, r.news(n.Name, o, states))...)
	}
	r.saveRecord()
}

// saveRecord writes the record of what was announced.
func (r *Report) saveRecord() {
	if err := r.record.Save(); err != nil {
		r.Problems.Add(fmt.Errorf("what was announced cannot be recorded either, and is announced again in every run: %w", err))
	}
}

// news returns the events that a receiver does not know of.
func (r *Report) news(receiver string, o Options, states map[string]history.State) (events []notify.Event) {
	for _, out := range r.Outcomes {
		old := states[out.ID]
		old.Name = out.ID
		if e := r.since(receiver, out, old, o.Remind); e != nil {
			events = append(events, *e)
		}
	}
	return events
}

// since returns the change of a check since it was last announced to a receiver, by the
// state in the history or by the record.
func (r *Report) since(receiver string, out *Outcome, old history.State, remind time.Duration) *notify.Event {
	shown := r.shown(receiver, old)
	now, kind := r.advance(shown, out, r.Start, Patience{AlertAfter: 1, RecoverAfter: 1, Remind: remind})
	if kind == "" {
		return nil
	}
	e := r.newEvent(kind, out, shown, now)
	e.Identify(old, r.Start)
	if e.Incident = old.Incident; e.Incident == "" { // the same until the history knows of it
		opened := old.Since
		if opened.IsZero() {
			opened = r.Start.Truncate(24 * time.Hour)
		}
		e.Incident = history.IncidentID(out.ID, opened, r.Suite.key())
	}
	if r.record.Has(receiver, e) {
		return nil
	}
	return &e
}

// shown returns a state as a receiver knows it.
func (r *Report) shown(receiver string, old history.State) history.State {
	status, known := r.record.Last(receiver, notify.MarkOf(r.Suite.key(), old.Name, old, r.Start))
	if !known || status == old.Status && !old.LastRun.IsZero() {
		return old
	}
	shown := old
	shown.Status, shown.Step, shown.Causes = status, "", nil
	shown.LastRun, shown.Since, shown.Announced = r.Start, r.Start, r.Start
	return shown
}

// missed returns the change since a run announced something that it could not commit, and
// that the history therefore does not know: what had failed is OK again.
func (r *Report) missed(out *Outcome, old history.State) *notify.Event {
	if r.record.Empty() {
		return nil
	}
	known := old.Status
	if old.LastRun.IsZero() {
		known = probe.OK
	}
	if shown := r.shown("", old); shown.LastRun.IsZero() || shown.Status == known {
		return nil
	}
	e := r.since("", out, old, 0)
	if e == nil || !e.Kind.Moves() {
		return nil
	}
	e.Unrecorded = true
	return e
}

// standing returns the items by their status now.
func (r *Report) standing() map[probe.Status][]string {
	by := map[probe.Status][]string{}
	for _, o := range r.Outcomes {
		by[o.Worst().Status] = append(by[o.Worst().Status], o.ID)
	}
	for _, rest := range r.Resting {
		if !rest.State.LastRun.IsZero() {
			by[rest.State.LastStatus] = append(by[rest.State.LastStatus], rest.ID)
		}
	}
	return by
}
