package suite

import (
	"context"
	"slices"
	"time"

	"mailprobe/probe"
)

// The rhythms of a scheduler.
const (
	gatherFor     = time.Second     // outcomes that end within it are recorded at once
	lookEvery     = 5 * time.Second // at the clock, and at what is due of the duties
	textfileEvery = 15 * time.Second
	endFor        = 6 * time.Second  // that running checks may take to end
	stopFor       = 12 * time.Second // that the end of all may take
	clockJump     = 2 * time.Second  // what is taken for one
)

// Run starts every item when it has its turn, until the context ends. Then it cancels what
// is running, and records and announces what has ended. An interrupted run is not recorded.
func (s *Scheduler) Run(ctx context.Context) error {
	recording, cancel := untilAfter(ctx, stopFor)
	defer cancel()
	s.load(recording)
	s.mu.Lock()
	s.context, s.listens = ctx, s.now()
	s.mu.Unlock()
	s.planAll(true)
	d := newDuties(s)
	sent := d.sendAll(ctx)
	s.loop(ctx, recording, d)
	s.stop()
	s.recordAll(recording, d)
	<-sent
	d.sendRest(recording)
	return nil
}

// untilAfter returns a context that ends some time after another.
func untilAfter(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		select {
		case <-time.After(d):
			cancel()
		case <-later.Done():
		}
	})
	return later, cancel
}

// loop does what one goroutine alone does, until the context ends.
func (s *Scheduler) loop(ctx, recording context.Context, d *duties) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var gathered <-chan time.Time
	for {
		s.looked.Store(time.Now().UnixNano())
		select {
		case <-ctx.Done():
			return
		case <-s.ended:
			if gathered == nil {
				gathered = time.After(gatherFor)
			}
		case <-gathered:
			gathered = nil
			if s.recordNext(recording, d) {
				gathered = time.After(gatherFor)
			}
		case <-s.reloaded:
			s.load(recording)
			s.planAll(false)
		case p := <-d.done:
			d.finished(recording, p)
		case <-look.C:
			d.look(recording)
		}
	}
}

// stop ends what is running.
func (s *Scheduler) stop() {
	s.mu.Lock()
	s.context = nil
	for _, j := range s.jobs {
		j.stop()
	}
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		s.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(endFor): // what still runs does not heed its context, and is lost
	}
}

// load reads the states, and the last results of items that have none yet.
func (s *Scheduler) load(ctx context.Context) {
	r := s.report(nil)
	s.states = r.await(ctx, s.waitedFor(), r.readStates(ctx, s.options()))
	s.mu.Lock()
	missing := false
	for _, j := range s.withShares() {
		j.state = s.states[j.ID]
		missing = missing || j.results == nil && !j.state.LastRun.IsZero()
	}
	s.mu.Unlock()
	if missing {
		s.readResults(ctx, r)
	}
	s.problem("history", r.Problems...)
}

// withShares returns the jobs of the file, each with those that its verdict is drawn from.
func (s *Scheduler) withShares() (all []*job) {
	for _, j := range s.order {
		all = append(append(all, j), j.shares...)
	}
	return all
}

// readResults reads the last results of the jobs that have none yet.
func (s *Scheduler) readResults(ctx context.Context, r *Report) {
	s.mu.Lock()
	r.Resting = nil
	for _, j := range s.withShares() {
		r.Resting = append(r.Resting, Resting{Item: j.Item, State: j.state})
	}
	s.mu.Unlock()
	r.readLatest(ctx, s.options())
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rest := range r.Resting {
		if j := s.jobs[rest.ID]; j != nil && j.results == nil && rest.Result != nil {
			j.results = []*probe.Result{rest.Result.Kept()}
		}
	}
}

// options are those of a run of the file as it is now.
func (s *Scheduler) options() Options {
	suite := s.Suite()
	return Options{Store: s.o.Store, Dir: s.o.Dir, Network: s.o.Network, Labels: s.o.Labels.Over(suite.Labels), Remind: suite.Remind, Now: s.o.Now}
}

// report makes the report of outcomes, with the other items as they were last, for which
// there may be room from an earlier report.
func (s *Scheduler) report(outcomes []*Outcome, room ...Resting) *Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &Report{
		Suite: s.suite, Start: s.now(), whole: true, part: true, record: s.record,
		interval: shortestInterval, send: func() { signal(s.mail) }, Resting: slices.Grow(room[:0], len(s.order)),
	}
	within := map[string]bool{}
	for _, o := range outcomes {
		within[o.ID] = true
		if o.isShare() {
			r.shares = append(r.shares, o)
		} else {
			r.Outcomes = append(r.Outcomes, o)
		}
	}
	for _, j := range s.order {
		if within[j.ID] {
			continue
		}
		rest := Resting{Item: j.Item, State: j.state}
		if len(j.results) > 0 {
			rest.Result = j.results[0]
		}
		r.Resting = append(r.Resting, rest)
	}
	r.Status = r.worst()
	return r
}

// next takes the outcomes that are to be recorded: of an item one. more is set where
// others are left.
func (s *Scheduler) next() (batch []*Outcome, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	within := map[string]bool{}
	var left []*Outcome
	for _, o := range s.fresh {
		if within[o.ID] {
			left = append(left, o)
			continue
		}
		within[o.ID] = true
		batch = append(batch, o)
	}
	s.fresh = left
	return batch, len(left) > 0
}

// recordNext records the outcomes that there are, of an item one, and reports whether
// others are left.
func (s *Scheduler) recordNext(ctx context.Context, d *duties) (more bool) {
	s.recordBegun(ctx)
	s.recordLate(ctx)
	batch, more := s.next()
	if len(batch) == 0 {
		return false
	}
	r := s.report(batch, s.resting...)
	s.resting = r.Resting
	if r.Start.Sub(s.listed).Abs() >= shortestInterval {
		s.listed, r.part = r.Start, false
	}
	r.markSuccess(s.states)
	var recorded bool
	s.states, recorded = r.settleOutcomes(ctx, s.options(), s.states)
	s.problem("record", r.Problems...)
	s.show(batch, recorded || s.o.Store == nil)
	d.changed = true
	return more
}

// recordAll records what is left at the end.
func (s *Scheduler) recordAll(ctx context.Context, d *duties) {
	for s.recordNext(ctx, d) {
	}
}

// show makes outcomes that were recorded the last ones of their items.
func (s *Scheduler) show(batch []*Outcome, recorded bool) {
	kept := make([]*Outcome, len(batch))
	s.mu.Lock()
	for i, o := range batch {
		kept[i] = o.kept()
		if j := s.jobs[o.ID]; j != nil {
			j.results, j.state = kept[i].Results, s.states[o.ID]
			if j.last == o {
				j.last = kept[i]
			}
			if _, passive := j.Passive(); passive && s.context != nil && !j.gone {
				s.plan(j, j.next)
			}
			if of := s.verdictOf(j); of != nil {
				s.look(of)
			}
		}
	}
	s.mu.Unlock()
	for _, o := range kept {
		if s.o.OnOutcome != nil {
			s.o.OnOutcome(o)
		}
		s.watchers.publish(Change{ID: o.ID, Outcome: o})
		if o.recorded != nil {
			close(o.recorded)
		}
		switch {
		case o.written == nil:
		case recorded:
			o.written <- nil
		default:
			o.written <- ErrUnrecorded
		}
	}
}

// verdictOf returns the job whose verdict is drawn from another one, nil for none.
func (s *Scheduler) verdictOf(j *job) *job {
	if !j.isShare() {
		return nil
	}
	return s.jobs[j.verdict.ID]
}

// kept returns a copy to keep until the next run.
func (o *Outcome) kept() *Outcome {
	kept := *o
	kept.Results = make([]*probe.Result, len(o.Results))
	for i, r := range o.Results {
		kept.Results[i] = r.Kept()
	}
	return &kept
}

// whole makes the report of how all items stand.
func (s *Scheduler) whole(ctx context.Context) *Report {
	s.mu.Lock()
	var all []*Outcome
	for _, j := range s.order {
		if len(j.results) > 0 {
			all = append(all, (&Outcome{Item: j.Item, Results: j.results}).kept()) // which is marked
		}
	}
	s.mu.Unlock()
	r := s.report(all)
	r.readSilences(ctx, s.options())
	return r
}
