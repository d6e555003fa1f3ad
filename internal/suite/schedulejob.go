package suite

import (
	"context"
	"slices"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// job is an item with its schedule.
type job struct {
	*Item
	timer *time.Timer // of its next turn; nil before Run

	// What the scheduler guards.
	state   history.State
	results []*probe.Result
	last    *Outcome      // of this process; nil where there is none
	ended   time.Time     // of that
	next    time.Time     // turn
	started time.Time     // of the run that goes on, zero for none
	done    chan struct{} // closed when that has ended; nil for none
	gone    bool          // it is no longer in the file, and ends with this run

	// Of items that places run, and of agents.
	shares    []*job    // of the places that may run it
	since     time.Time // it is waited for
	look      time.Time // when it is looked at
	drawnFrom time.Time // when the newest result began of those that its verdict is of
	contest   contest
	asked     time.Time // the places to look, for a contest
	wanted    time.Time // somebody asked for a verdict then, which is not recorded yet
	silent    bool      // the agent
}

// put makes the items of a file those that are run.
func (s *Scheduler) put(suite *Suite) {
	suite.forgetText()
	s.suite, s.order, s.byCheck = suite, nil, map[string][]*job{}
	for _, j := range s.jobs {
		j.gone = true
	}
	for _, i := range slices.Concat(suite.Items(), suite.agents()) {
		j := s.keep(i)
		s.order = append(s.order, j)
		s.byCheck[i.Check.Name] = append(s.byCheck[i.Check.Name], j)
		for _, share := range i.shares() {
			j.shares = append(j.shares, s.keep(share))
		}
	}
	for _, j := range s.jobs {
		if j.gone {
			j.stop()
			s.forget(j)
		}
	}
}

// keep returns the job of an item, that which there is where it stays the same.
func (s *Scheduler) keep(i *Item) *job {
	j := s.jobs[i.ID]
	switch {
	case j == nil:
		j = &job{Item: i, since: s.now()}
		s.jobs[i.ID] = j
	case i.isHeard() || j.isHeard():
		if j.Check.From.text != i.Check.From.text {
			j.since = s.now()
		}
		j.stop()
		j.look = time.Time{}
	case j.every() != i.every() || j.Check.Between != i.Check.Between:
		j.stop()
	}
	j.Item, j.gone, j.shares = i, false, nil
	return j
}

// forget removes a job that is gone, once it is not running.
func (s *Scheduler) forget(j *job) {
	if j.gone && j.done == nil {
		delete(s.jobs, j.ID)
	}
}

// stop has a job wait until it is planned anew.
func (j *job) stop() {
	if j.next = (time.Time{}); j.timer != nil {
		j.timer.Stop()
	}
}

// plan sets the next turn of a job; that of a passive one is when it is overdue.
func (s *Scheduler) plan(j *job, next time.Time) {
	if at, passive := j.overdue(s.now()); passive {
		next = at
	}
	j.next = next
	wait := max(next.Sub(s.now()), 0)
	if j.timer == nil {
		j.timer = time.AfterFunc(wait, func() { s.turn(j) })
		return
	}
	j.timer.Reset(wait)
}

// planAll sets the next turn of all jobs, or of those only that have none.
func (s *Scheduler) planAll(all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var late []*job
	for _, j := range s.order {
		if !all && !j.next.IsZero() {
			continue
		}
		turn, isLate := j.first(now, j.began())
		if isLate {
			late = append(late, j)
			continue
		}
		s.plan(j, turn)
	}
	for _, j := range late {
		s.plan(j, j.soon(now, len(late)))
	}
}

// began is when the last run of a job began, that goes on or has ended.
func (j *job) began() time.Time {
	switch {
	case j.done != nil:
		return j.started
	case j.last != nil:
		return j.last.At
	}
	return j.state.LastRun
}

// turn begins a job whose time has come.
func (s *Scheduler) turn(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch now := s.now(); {
	case s.context == nil || j.gone || j.next.IsZero():
	case now.Before(j.next): // planned anew meanwhile, or the clock was set back
		s.plan(j, j.next)
	default:
		s.begin(j, j.next)
	}
}

// begin starts a job, unless it is running, and plans its next turn. due is when its turn
// was. done is closed when the run that goes on then has ended; it is nil where none does.
func (s *Scheduler) begin(j *job, due time.Time) (done <-chan struct{}) {
	if s.context == nil {
		return nil
	}
	if at, passive := j.overdue(s.now()); passive && at.After(s.now()) {
		s.plan(j, at)
		return j.done
	}
	if j.done == nil {
		j.started, j.done = s.now(), make(chan struct{})
		s.running.Add(1)
		if j.isHeard() {
			go s.concludeNow(s.context, j, j.Item, j.started)
			return j.done
		}
		go s.run(s.context, j, j.Item, j.started, due)
		s.watchers.publish(Change{ID: j.ID, Running: true})
	}
	s.plan(j, j.following(j.started, s.now()))
	return j.done
}

// run runs a job, and hands its outcome over to be recorded.
func (s *Scheduler) run(ctx context.Context, j *job, i *Item, at, due time.Time) {
	defer s.running.Done()
	shared := s.crew.hold(i.Check)
	out := s.outcome(ctx, i, at, shared)
	s.crew.release(shared)
	if s.o.OnStart != nil && out.Attempts > 0 {
		s.o.OnStart(max(out.began.Round(0).Sub(due), 0))
	}
	interrupted := ctx.Err() != nil && out.Worst().Status.ExitCode() != 0
	if s.o.OnEnd != nil && !interrupted {
		s.o.OnEnd(out)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	close(j.done)
	j.done, j.started = nil, time.Time{}
	delivered := j.last != nil && j.last.delivered.After(at) // to a passive item, meanwhile
	if s.forget(j); interrupted || delivered || j.gone {
		return
	}
	out.At, out.next = at, j.next
	j.last, j.ended = out, s.now()
	s.fresh = append(s.fresh, out)
	signal(s.ended)
}

// outcome runs an item, unless what it depends on is down. A failure is news only once
// that has been looked at, too.
func (s *Scheduler) outcome(ctx context.Context, i *Item, at time.Time, shared *shared) *Outcome {
	if other, root := s.hopeless(ctx, i, time.Time{}); root != "" {
		return i.skipped(other, root)
	}
	out := s.crew.attempt(ctx, i, shared)
	if s.isNews(out) {
		if other, root := s.hopeless(ctx, i, at); root != "" {
			return i.skipped(other, root)
		}
	}
	return out
}

// isNews reports whether an outcome is worse than what was announced.
func (s *Scheduler) isNews(o *Outcome) bool {
	if len(o.Check.DependsOn) == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := probe.OK
	if j := s.jobs[o.ID]; j != nil && !j.state.LastRun.IsZero() {
		known = j.state.Status
	}
	return o.Worst().Status.Worse(known)
}

// dependencyPatience is how long an item waits for another that it depends on.
const dependencyPatience = time.Minute

// hopeless returns which of the items that an item depends on is down and why: of a chain
// the first one. It waits for those that are running. With a time, it runs those anew that
// have not ended since, if they are meant to be run as often as the item.
func (s *Scheduler) hopeless(ctx context.Context, i *Item, since time.Time) (which, root string) {
	for _, name := range i.Check.DependsOn {
		for _, other := range s.neededBy(i, name) {
			s.await(ctx, other, i, since)
			if which, root = s.blocked(other); root != "" {
				return which, root
			}
		}
	}
	return "", ""
}

// neededBy returns the jobs of a check that an item depends on.
func (s *Scheduler) neededBy(i *Item, name string) []*job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sameHost(s.byCheck[name], i.Target.Host, func(j *job) string { return j.Target.Host })
}

// await waits for the end of a run, which it begins where it has to.
func (s *Scheduler) await(ctx context.Context, j *job, by *Item, since time.Time) {
	s.mu.Lock()
	done := (<-chan struct{})(j.done)
	if done == nil && !since.IsZero() && j.ended.Before(since) && j.every() <= by.every() {
		done = s.begin(j, s.now())
	}
	s.mu.Unlock()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	case <-time.After(dependencyPatience): // files that were replaced may depend on each other in a circle
	}
}

// blocked reports whether a job makes those that depend on it hopeless.
func (s *Scheduler) blocked(j *job) (which, root string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case j.last != nil:
		return j.last.blocks()
	case !j.state.LastRun.IsZero() && j.state.LastStatus == probe.Critical:
		return "", wasCritical(j.ID)
	}
	return "", ""
}
