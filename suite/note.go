package suite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mailprobe/history"
	"mailprobe/probe"
)

// maxStale is how often a run decides anew because another has changed the states.
const maxStale = 5

// note finds out what has changed, writes it down, and sees to it that everyone is
// told who wants to know.
func (r *Report) note(ctx context.Context, o Options, states map[string]history.State) {
	if o.Store == nil {
		r.unremembered(ctx, o)
		return
	}
	var err error
	for range maxStale {
		batch := r.judge(o, states)
		if err = o.Store.Commit(ctx, batch); !errors.Is(err, history.ErrStale) {
			break
		}
		if states, err = o.Store.States(ctx); err != nil {
			break
		}
	}
	if err != nil {
		r.trouble(fmt.Errorf("the run could not be noted: %w", err))
		r.unremembered(ctx, o)
		return
	}
	r.deliver(ctx, o)
}

// judge advances the states by what was seen, and makes of it what is to be
// written.
func (r *Report) judge(o Options, states map[string]history.State) history.Batch {
	batch := history.Batch{Start: r.Start, Elapsed: r.Elapsed}
	r.Events = nil
	for _, out := range r.Outcomes {
		for _, result := range out.Results {
			batch.Entries = append(batch.Entries, history.Entry{Name: out.ID, Result: result})
		}
		old := states[out.ID]
		old.Name = out.ID
		now, kind := Advance(old, out.sight(r.Start), out.Check.patience(o.Remind))
		if now.LastRun.Equal(old.LastRun) {
			continue // it was skipped
		}
		if i := incident(kind, out, &old, &now); i != nil {
			batch.Incidents = append(batch.Incidents, *i)
		}
		batch.States = append(batch.States, now)
		if kind != "" {
			e := newEvent(kind, out, old, now)
			if e.Incident == "" {
				e.Incident = old.Incident
			}
			r.Events = append(r.Events, e)
		}
	}
	batch.Notifications = r.notifications()
	return batch
}

func (o *Outcome) sight(at time.Time) Sight {
	r := o.Worst()
	seen := Sight{Status: r.Status, Summary: r.Summary, At: at}
	if wrong := r.Wrong(); len(wrong) > 0 {
		seen.Step = wrong[0].Name
		seen.Causes = causeNames(r.Cause, r.Also)
	}
	return seen
}

func (c *Check) patience(remind time.Duration) Patience {
	return Patience{AlertAfter: c.AlertAfter, RecoverAfter: c.RecoverAfter, Remind: remind}
}

// unremembered tells of every failure, as nobody knows which have been told: of the
// same ones each day under the same identifier.
func (r *Report) unremembered(ctx context.Context, o Options) {
	r.Events = nil
	for _, out := range r.Outcomes {
		seen := out.sight(r.Start)
		old := history.State{Name: out.ID}
		now, kind := Advance(old, seen, Patience{AlertAfter: 1, RecoverAfter: 1})
		if kind != "" {
			e := newEvent(kind, out, old, now)
			e.Incident = history.IncidentID(out.ID, r.Start.Truncate(24*time.Hour))
			r.Events = append(r.Events, e)
		}
	}
	for _, n := range r.notifications() {
		m, err := decode(n)
		notifier := r.Suite.notifier(n.Notifier)
		if err != nil || notifier == nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, notifier.sender.limit())
		r.trouble(named(notifier, notifier.sender.send(ctx, m, o.Network, func() error { return nil }), ""))
		cancel()
	}
}

func (s *Suite) notifier(name string) *Notifier {
	for _, n := range s.Notifiers {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// standing counts the items by status, as they are now.
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
