package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// Errors that callers distinguish.
var (
	// ErrRunning: another run of the same file goes on.
	ErrRunning = errors.New("another run goes on")
	// ErrNeverRan: a check that is due has no result yet.
	ErrNeverRan = errors.New("there is no result yet")
	// ErrInterrupted: the run was stopped, and nothing of it was recorded.
	ErrInterrupted = errors.New("interrupted; nothing was recorded or announced")
)

// Options configure a run of the checks of a file.
type Options struct {
	// Items are those to run, by Select.
	Items []*Item
	// Store is the history. Without one every failure is announced, in every run.
	Store *history.Store
	// Runner is how the checks are run.
	Runner Runner
	// Dir is the state directory, which holds the record of what was announced while
	// the history could not be written; empty for no record.
	Dir string
	// Network is how notifiers and the heartbeat reach the world.
	Network notify.Network
	// Deadline bounds the checks of a run as a whole; 0 is none.
	Deadline time.Duration
	// Courier sends what waits to be sent, and returns what went wrong, given the time
	// between runs. Its error means that it could not begin; then, and where it is nil,
	// the run sends by itself.
	Courier func(ctx context.Context, interval time.Duration) (problems []string, err error)
	// Labels are constant labels of all metrics.
	Labels report.Labels
	// Remind is how often a failure that goes on is announced again; 0 is never.
	Remind time.Duration
	// Problems are what went wrong before the run: a history that could not be opened,
	// a lock that could not be taken.
	Problems notify.Errors
	// Listening is since when this process takes deliveries for passive checks; zero
	// where it takes none.
	Listening time.Time
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Report is the outcome of a run.
type Report struct {
	Suite *Suite
	// Start is when the run began, Elapsed how long the checks took.
	Start   time.Time
	Elapsed time.Duration
	// Outcomes are those of the items that were due, Resting the others.
	Outcomes []*Outcome
	Resting  []Resting
	// Events are what has changed.
	Events []notify.Event
	// Status is the worst of all items now.
	Status probe.Status
	// Problems are what went wrong beside the checks: a notifier that could not be
	// reached, a history that could not be written. Known is set where an
	// earlier run has printed them.
	Problems notify.Errors
	Known    bool
	// Unsolved is what somebody has to act on, and is printed in every run until then.
	Unsolved []error

	shares   []*Outcome // what places see of checks: recorded, and never announced
	whole    bool       // all checks of the file were asked for
	part     bool       // of what a scheduler runs: it is no run of its own in the history
	send     func()     // has a scheduler send what waits; nil where the run sends
	silences *Silences
	quiet    map[string]bool // the items that are silenced
	judged   time.Time       // when that was read
	record   *notify.Record
	interval time.Duration // between runs
}

// Resting is an item that was not due, with its last result.
type Resting struct {
	*Item
	State  history.State
	Result *probe.Result // nil where it never ran
}

// Select returns the items that one of the words names, by name, group or tag; all
// of them where there are no words. A word that names none is an error.
func (s *Suite) Select(words []string) ([]*Item, error) {
	all := s.Items()
	if len(words) == 0 {
		return all, nil
	}
	for _, w := range words {
		if !slices.ContainsFunc(all, func(i *Item) bool { return i.Is(w) }) {
			return nil, fmt.Errorf("--only %q is no name, tag or group of a check; --list shows them", w)
		}
	}
	return slices.DeleteFunc(all, func(i *Item) bool { return !slices.ContainsFunc(words, i.Is) }), nil
}

// Run runs what is due, commits the outcome to the history, and notifies of what has
// changed.
func (s *Suite) Run(ctx context.Context, o Options) (*Report, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s.forgetText()
	r := &Report{Suite: s, Start: o.Now(), whole: len(o.Items) == s.size(), Problems: slices.Clone(o.Problems), record: s.openRecord(o.Dir)}
	states := r.await(ctx, o, r.readStates(ctx, o))
	r.interval = r.intervalOf(states)
	r.Problems.Add(clockProblem(states, r.Start))
	due := r.divide(ctx, o, states)
	started := (*notify.Heartbeat)(nil).Begin(ctx, o.Network)
	if r.whole {
		started = s.Heartbeat.Begin(ctx, o.Network)
	}
	r.Outcomes = r.check(ctx, o, due, states)
	r.Elapsed = o.Now().Sub(r.Start)
	if ctx.Err() != nil {
		_ = started(0)
		return r, ErrInterrupted
	}
	r.Status = r.worst()
	r.markSuccess(states)
	states = r.settle(ctx, o, states)
	// A run of a part says nothing of the whole file.
	if r.whole && s.Textfile != "" {
		r.Problems.Add(r.Metrics(o.Labels).WriteTextfile(s.Textfile))
	}
	r.Problems.Add(started(notify.StartGrace))
	if r.whole {
		r.beat(ctx, o)
	}
	r.settleProblems(ctx, o, states)
	return r, nil
}

// Rehearse runs items once, whether due or not. It sends no message, records nothing and
// notifies nobody.
func (s *Suite) Rehearse(ctx context.Context, o Options) *Report {
	r := &Report{Suite: s, Start: time.Now()}
	o.Runner.Rehearse = true
	for _, i := range o.Items {
		i.Check.Attempts = 1
	}
	r.Outcomes = r.check(ctx, o, o.Items, nil)
	r.Elapsed = time.Since(r.Start)
	r.Status = r.worst()
	return r
}

// beat calls the dead man's switch at the end of the run.
func (r *Report) beat(ctx context.Context, o Options) {
	if r.Suite.Heartbeat == nil {
		return
	}
	b := notify.Beat{Status: r.audible(), Summary: r.summary(), Report: cmp.Or(r.Announcement(), r.Overview(nil))}
	r.Problems.Add(r.Suite.Heartbeat.End(ctx, o.Network, b))
}

// intervalOf is the time between runs, as far as the states show.
func (r *Report) intervalOf(states map[string]history.State) time.Duration {
	last := lastRun(states)
	if d := r.Start.Sub(last); !last.IsZero() && d > 0 && d <= history.MaxWait {
		return max(d, shortestInterval)
	}
	return usualInterval
}

// lastRun is when the run before began, zero where there is none.
func lastRun(states map[string]history.State) (last time.Time) {
	for _, s := range states {
		if s.LastRun.After(last) {
			last = s.LastRun
		}
	}
	return last
}

// The interval of runs.
const (
	usualInterval    = 5 * time.Minute // where it is not known
	shortestInterval = time.Minute
)

// openRecord reads the record of what was announced without the history.
func (s *Suite) openRecord(dir string) *notify.Record {
	name, _ := s.fileName("told")
	return notify.OpenRecord(dir, name)
}

// readStates reads the states from the history.
func (r *Report) readStates(ctx context.Context, o Options) map[string]history.State {
	if o.Store == nil {
		return nil
	}
	states, err := o.Store.States(ctx)
	r.Problems.Add(err)
	return states
}

// divide returns the items that are due; the others are Resting.
func (r *Report) divide(ctx context.Context, o Options, states map[string]history.State) []*Item {
	var due []*Item
	for _, i := range o.Items {
		if state := states[i.ID]; i.IsDue(state, r.Start) {
			due = append(due, i)
		} else {
			r.Resting = append(r.Resting, Resting{Item: i, State: state})
		}
	}
	r.readLatest(ctx, o)
	return due
}

// Standing returns the last results without running checks, which another does. It is
// UNKNOWN, with ErrNeverRan among its problems, where a check has not run yet that would be
// run now.
func (s *Suite) Standing(ctx context.Context, o Options, by *Running) *Report {
	r := &Report{Suite: s, whole: len(o.Items) == s.size()}
	states := r.readStates(ctx, o)
	for _, i := range o.Items {
		r.Resting = append(r.Resting, Resting{Item: i, State: states[i.ID]})
	}
	r.Start = lastRun(states)
	r.readLatest(ctx, o)
	r.readSilences(ctx, o)
	r.Status = r.worst()
	if never := r.neverRan(time.Now()); len(never) > 0 {
		r.Status = probe.Worst(r.Status, probe.Unknown)
		r.Problems.Add(fmt.Errorf("%w of %s: %w", ErrNeverRan, strings.Join(never[:min(len(never), maxNamed)], ", "), by))
	}
	return r
}

// maxNamed is how many checks an error names.
const maxNamed = 10

// neverRan returns the names of the items that have not run yet, and would be run now.
func (r *Report) neverRan(now time.Time) (names []string) {
	for _, rest := range r.Resting {
		if rest.State.LastRun.IsZero() && rest.IsDue(rest.State, now) {
			names = append(names, rest.ID)
		}
	}
	return names
}

// readLatest reads the last results of the items that rest.
func (r *Report) readLatest(ctx context.Context, o Options) {
	if len(r.Resting) == 0 || o.Store == nil {
		return
	}
	latest, err := o.Store.Latest(ctx, history.Filter{})
	r.Problems.Add(err)
	for i := range r.Resting {
		rest := &r.Resting[i]
		for _, l := range latest {
			// Another file may have a check of this name: the target decides.
			if l.Name == rest.ID && (rest.Result == nil || l.Target == rest.Target.Text) {
				rest.Result = l.Result
				l.Result.Group, l.Result.Tags = rest.Check.Group, rest.Check.Tags
				l.Result.LastSuccess = memoOf(rest.State).LastSuccess
				l.Result.Name = l.Name
			}
		}
	}
}

// check runs the items that are due.
func (r *Report) check(ctx context.Context, o Options, due []*Item, states map[string]history.State) []*Outcome {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.Deadline > 0 {
		// What is not done by then is not known, rather than too slow.
		defer time.AfterFunc(o.Deadline, cancel).Stop()
	}
	last := map[string]probe.Status{}
	for _, i := range r.Suite.Items() {
		if state := states[i.ID]; !state.LastRun.IsZero() {
			last[i.Check.Name] = probe.Worst(state.LastStatus, cmp.Or(last[i.Check.Name], probe.Skipped))
		}
	}
	o.Runner.Wait = func(i *Item) probe.Wait { return i.wait(states[i.ID], o.Listening, r.Start) }
	outcomes := o.Runner.Run(ctx, due, last)
	for _, out := range outcomes {
		out.At, out.interval = r.Start, r.interval
	}
	return outcomes
}

// worst returns the worst status of all items now; those that rest count as they were last.
func (r *Report) worst() probe.Status {
	worst := probe.OK
	for _, o := range r.Outcomes {
		worst = probe.Worst(worst, o.Worst().Status)
	}
	for _, rest := range r.Resting {
		if !rest.State.LastRun.IsZero() {
			worst = probe.Worst(worst, rest.State.LastStatus)
		}
	}
	return worst
}

// Results are those of all items: of this run, or else the last there was.
func (r *Report) Results() []*probe.Result {
	var all []*probe.Result
	for _, o := range r.Outcomes {
		all = append(all, o.Results...)
	}
	for _, rest := range r.Resting {
		if rest.Result != nil {
			all = append(all, rest.Result)
		}
	}
	return all
}

// Changed are the results that events are about.
func (r *Report) Changed() []*probe.Result {
	var all []*probe.Result
	for _, e := range r.Events {
		all = append(all, e.Result)
	}
	return all
}

// Metrics are the Prometheus metrics of the run. Those of the run itself are only of one
// of the whole file.
func (r *Report) Metrics(labels report.Labels) notify.Metrics {
	m := notify.Metrics{Results: r.Results(), Labels: labels, File: r.Suite.key(), Elapsed: r.Elapsed, Status: r.Status}
	if r.whole {
		m.Start = r.Start
	}
	return m
}
