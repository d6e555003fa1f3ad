package suite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// Delivered is what an agent has found of one job.
type Delivered struct {
	// ID is that of the job.
	ID string
	// Attempts is how often it was tried.
	Attempts int
	// Results are those of the last attempt, with times by the clock of the centre.
	Results []*probe.Result
}

// AgentReport is what an agent says of itself, and the centre of it.
type AgentReport struct {
	// Version is that of mailprobe at the place.
	Version string
	// Offset is what is missing on the agent's clock: the centre's time less its own; nil
	// where it is not known.
	Offset *time.Duration
	// Able is what its test of itself has found.
	Able []Ability
	// Spooled is how many bytes of results wait there for being sent, Dropped how many
	// results were dropped since it has its state directory.
	Spooled, Dropped int64
	// Refused are the jobs that its own rules do not permit, with the reasons, by their IDs.
	Refused map[string]string
	// Problem is why the centre takes no results of it, empty where it does.
	Problem string
}

// Ability is something that a place can do, or cannot.
type Ability struct {
	// Name is a word for it, such as port-25.
	Name string
	// Able is nil where it could not be determined.
	Able *bool
	// Detail says in a sentence what was seen.
	Detail string
}

// ErrNoFleet: a check is run from other places, and there is no way to them.
var ErrNoFleet = errors.New("the check is run from other places, which only `mailprobe serve --fleet` reaches")

// ErrUnrecorded: results could not be written to the history.
var ErrUnrecorded = errors.New("the results could not be recorded")

const (
	// maxAhead is how far in the future a result may have ended, as the offset of a clock
	// is not known to the millisecond.
	maxAhead = 10 * time.Second
	// maxDelivered bounds the results that a job may have at a time.
	maxDelivered = 100
)

// heard is what an agent last said of itself.
type heard struct {
	at time.Time
	AgentReport
}

// late are results that are older than what is known of their checks.
type late struct {
	entries  []history.Entry
	recorded chan error
}

// Deliver takes what a place has found, and returns once it is recorded, or the context
// ends: it may be recorded then as well. What is delivered again changes nothing, and what is
// older than the newest result of its place is for the history alone. Results of jobs that the
// file does not have, or that cannot be theirs, are left out. Errors are ErrStopped,
// ErrUnrecorded, and that of the context.
func (s *Scheduler) Deliver(ctx context.Context, place string, all []Delivered) error {
	waiting, err := s.takeAll(place, all)
	if err != nil {
		return err
	}
	for _, recorded := range waiting {
		select {
		case e := <-recorded:
			err = errors.Join(err, e)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

// takeAll hands over what a place has found to be recorded.
func (s *Scheduler) takeAll(place string, all []Delivered) (waiting []<-chan error, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.context == nil {
		return nil, ErrStopped
	}
	now, faults := s.now(), []error(nil)
	old := late{recorded: make(chan error, 1)}
	newest := map[*job]*Outcome{}
	for _, d := range all {
		j := s.jobs[shareID(d.ID, place)]
		if j == nil || j.gone || !j.isShare() {
			continue
		}
		if fault := j.refuses(d, now); fault != "" {
			faults = append(faults, fmt.Errorf("a result of %s from %s was refused: %s", d.ID, place, fault))
			continue
		}
		out := j.shared(d)
		if known := newest[j]; known != nil && out.At.After(known.At) {
			old.add(known)
		} else if known != nil || !out.At.After(j.newest()) {
			old.add(out)
			continue
		}
		newest[j] = out
	}
	for j, out := range newest {
		j.last, j.ended = out, now
		s.fresh = append(s.fresh, out)
		waiting = append(waiting, out.written)
	}
	if len(old.entries) > 0 {
		s.late = append(s.late, old)
		waiting = append(waiting, old.recorded)
	}
	s.problem("results of "+place, faults...)
	signal(s.ended)
	return waiting, nil
}

// refuses returns why something delivered cannot be a result of a job, or nothing.
func (j *job) refuses(d Delivered, now time.Time) string {
	switch {
	case len(d.Results) == 0:
		return "it is empty"
	case len(d.Results) > maxDelivered:
		return fmt.Sprintf("it has more than %d parts", maxDelivered)
	}
	for _, r := range d.Results {
		switch {
		case r == nil || r.Check != j.Check.Kind.Name:
			return "it is of another kind of check"
		case r.Start.Add(r.Elapsed).After(now.Add(maxAhead)):
			return "it is of the future"
		}
	}
	return ""
}

// shared returns what a place has found as an outcome of its share.
func (j *job) shared(d Delivered) *Outcome {
	o := &Outcome{Item: j.Item, Results: d.Results, Attempts: max(d.Attempts, 1), At: d.Results[0].Start, written: make(chan error, 1)}
	o.finish()
	return o
}

// newest is when the newest result began that is known of a job.
func (j *job) newest() time.Time {
	if j.last != nil {
		return later(j.last.At, j.state.LastRun)
	}
	return j.state.LastRun
}

func (l *late) add(o *Outcome) {
	for _, r := range o.Results {
		l.entries = append(l.entries, history.Entry{Name: o.ID, Result: r})
	}
}

// recordLate records the results that are for the history alone.
func (s *Scheduler) recordLate(ctx context.Context) {
	s.mu.Lock()
	all := s.late
	s.late = nil
	s.mu.Unlock()
	for _, l := range all {
		var err error
		if s.o.Store != nil {
			err = s.o.Store.Commit(ctx, history.Batch{Entries: l.entries})
		}
		s.problem("late", err)
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrUnrecorded, err)
		}
		l.recorded <- err
	}
}

// Heard takes note of what an agent says of itself.
func (s *Scheduler) Heard(place string, r AgentReport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, known := s.heard[place]
	s.heard[place] = heard{s.now(), r}
	j := s.jobs[agentID(place)]
	if j == nil || j.gone || s.context == nil {
		return
	}
	s.look(j)
	if !known || s.silentAt(was, s.now()) || !maps.Equal(was.Refused, r.Refused) || !slices.EqualFunc(was.Able, r.Able, sameAbility) {
		s.lookFrom(place)
	}
}

func sameAbility(a, b Ability) bool {
	return a.Name == b.Name && a.Detail == b.Detail && (a.Able == nil) == (b.Able == nil) && (a.Able == nil || *a.Able == *b.Able)
}

// silent reports whether the agent of a place has not been heard of for SilentAfter, or since the
// scheduler has listened.
func (s *Scheduler) silent(place string, now time.Time) bool { return s.silentAt(s.heard[place], now) }

func (s *Scheduler) silentAt(h heard, now time.Time) bool {
	return s.context == nil || !now.Before(later(h.at, s.listens).Add(SilentAfter))
}

// Jobs returns what a place has to run now: in the place of others that are silent or unable,
// too.
func (s *Scheduler) Jobs(place string) []Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	return s.suite.jobs(place, func(i *Item, place string) bool { return s.unable(i, place, now) })
}

// Kind returns the kind of an item, by its ID, that a place may have to run.
func (s *Scheduler) Kind(place, id string) (kind string, is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[shareID(id, place)]
	if j == nil || j.gone || !j.isShare() || j.Place != place {
		return "", false
	}
	return j.Check.Kind.Name, true
}

// unable reports whether a place cannot run an item now.
func (s *Scheduler) unable(i *Item, place string, now time.Time) bool {
	return s.silent(place, now) || s.heard[place].refusal(i) != ""
}

// look has an item that places run, or an agent, looked at now.
func (s *Scheduler) look(j *job) {
	if j.gone || s.context == nil {
		return
	}
	j.look = s.now()
	s.plan(j, j.look)
}

// lookFrom has all items looked at that a place may run.
func (s *Scheduler) lookFrom(place string) {
	for _, j := range s.order {
		if j.Afar() && slices.Contains(j.Check.From.Places, place) {
			s.look(j)
		}
	}
}

// askNow has the places run an item now, or the one place whose share it is.
func (s *Scheduler) askNow(j *job) error {
	switch {
	case s.o.Ask == nil:
		return ErrNoFleet
	case j.isShare():
		go s.o.Ask(j.Place, j.verdict.ID)
		return nil
	}
	j.wanted = s.now()
	s.ask(j.Item, "", j.wanted)
	return nil
}

// ask has the places that run an item run it now, but for one.
func (s *Scheduler) ask(i *Item, but string, now time.Time) {
	if s.o.Ask == nil {
		return
	}
	for _, place := range i.chosen(func(p string) bool { return s.unable(i, p, now) }) {
		if place != but && !s.unable(i, place, now) {
			go s.o.Ask(place, i.ID)
		}
	}
}
