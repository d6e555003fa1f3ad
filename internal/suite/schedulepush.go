package suite

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// Errors of deliveries.
var (
	// ErrPassive: an item waits for its results, and cannot be run.
	ErrPassive = errors.New("the check waits for what is sent to it; there is nothing to run")
	// ErrStopped: the scheduler does not run.
	ErrStopped = errors.New("the checks are not being run now")
)

// begun is a job that has reported that it begins.
type begun struct {
	id       string
	at       time.Time
	recorded chan struct{}
}

// Push takes a delivery to a passive item, and returns once it is recorded, or the context
// ends: it is recorded then as well. Errors are ErrNoItem, ErrStopped and that of the
// context.
func (s *Scheduler) Push(ctx context.Context, to *Receiver, d probe.Delivery) error {
	recorded, err := s.take(ctx, to, d)
	if err != nil {
		return err
	}
	select {
	case <-recorded:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take hands a delivery over to be recorded.
func (s *Scheduler) take(ctx context.Context, to *Receiver, d probe.Delivery) (recorded <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[to.ID]
	switch {
	case j == nil || j.gone:
		return nil, ErrNoItem
	case s.context == nil:
		return nil, ErrStopped
	}
	now, done := s.now(), make(chan struct{})
	if d.Begin {
		s.begun = append(s.begun, begun{j.ID, now, done})
	} else {
		out := to.outcome(ctx, d, s.wait(j))
		out.Item, out.At, out.interval = j.Item, now, j.every()
		out.delivered, out.recorded = now, done
		j.last, j.ended = out, now
		s.fresh = append(s.fresh, out)
		s.plan(j, j.next)
	}
	signal(s.ended)
	return done, nil
}

// wait returns what is known of the deliveries to a job.
func (s *Scheduler) wait(j *job) probe.Wait {
	w := j.wait(j.state, s.listens, s.now())
	for _, b := range s.begun {
		if b.id == j.ID {
			w.Began = b.at
		}
	}
	return w
}

// waitFor is wait for an item that is being run.
func (s *Scheduler) waitFor(i *Item) probe.Wait {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j := s.jobs[i.ID]; j != nil {
		return s.wait(j)
	}
	return i.wait(history.State{}, s.listens, s.now())
}

// overdue returns when a passive job is to be looked at: when its next result must have
// been delivered. One that is looked at, or has an outcome that is not recorded yet, has
// its turn once that is. passive is false for other jobs.
func (j *job) overdue(now time.Time) (at time.Time, passive bool) {
	switch {
	case j.isHeard() && j.done != nil:
		return now.Add(shortestInterval), true
	case j.isHeard() && j.look.IsZero(): // not looked at yet
		return now, true
	case j.isHeard():
		return j.look, true
	}
	if _, passive = j.Passive(); !passive {
		return time.Time{}, false
	}
	at, waitedFor := j.Deadline(j.state)
	unrecorded := j.last != nil && j.last.At.After(j.state.LastRun)
	if !waitedFor || unrecorded || j.done != nil {
		return now.Add(shortestInterval), true
	}
	return at, true
}

// waitedFor are options with the items of the file, for Report.await.
func (s *Scheduler) waitedFor() Options {
	o := s.options()
	o.Items = s.Suite().Items()
	return o
}

// listenAgain takes note that no deliveries could be taken for a while.
func (s *Scheduler) listenAgain(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listens = now
}

// recordBegun records the jobs that have reported that they begin.
func (s *Scheduler) recordBegun(ctx context.Context) {
	s.mu.Lock()
	all := s.begun
	s.begun = nil
	s.mu.Unlock()
	if len(all) == 0 {
		return
	}
	r := s.report(nil)
	if s.o.Store != nil {
		var err error
		s.states, err = r.commit(ctx, s.options(), s.states, func(_ Options, states map[string]history.State) *history.Batch {
			return &history.Batch{States: withBegun(states, all)}
		})
		s.problem("begun", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range all {
		if j := s.jobs[b.id]; j != nil && !j.gone && s.context != nil {
			j.state = s.states[b.id]
			s.plan(j, j.next)
		}
		close(b.recorded)
	}
}

// withBegun returns the states of items whose jobs have reported that they begin.
func withBegun(states map[string]history.State, all []begun) []history.State {
	changed := map[string]history.State{}
	var order []string
	for _, b := range all {
		state, ok := changed[b.id]
		if !ok {
			state = states[b.id]
			order = append(order, b.id)
		}
		m := memoOf(state)
		m.Deliveries = m.Deliveries.begun(b.at)
		state.Name = b.id
		state.Memo, _ = json.Marshal(m) // plain values
		changed[b.id] = state
	}
	out := make([]history.State, len(order))
	for i, id := range order {
		out[i] = changed[id]
	}
	return out
}
