package suite

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// ErrNoItem: no item of the file has this name.
var ErrNoItem = errors.New("the file has no such check")

// ScheduleOptions configure a Scheduler.
type ScheduleOptions struct {
	// Suite is the file.
	Suite *Suite
	// Store is the history. Without one every failure is announced once a day.
	Store *history.Store
	// Runner is how the checks are run: its limits hold for all that run at once.
	Runner Runner
	// Dir is the state directory, as Options.Dir.
	Dir string
	// Network is how notifiers and the heartbeat reach the world.
	Network notify.Network
	// Courier sends what waits to be sent, as Options.Courier.
	Courier func(ctx context.Context, interval time.Duration) (problems []string, err error)
	// Labels are constant labels of the metrics in the textfile, which override those of
	// the file of checks.
	Labels report.Labels
	// Warn is called with problems of mailprobe itself that are new, such as a history that
	// cannot be written; nil for no call.
	Warn func(error)
	// OnStart is called when a check begins, with how late it is: the time since its turn.
	// OnOutcome is called with every outcome that is recorded. Both hold up the scheduler,
	// and come from several goroutines; nil for no call.
	OnStart   func(lag time.Duration)
	OnOutcome func(*Outcome)
	// OnEnd is called with every outcome as soon as it is there, whole and with its
	// transcripts, before it is recorded, likewise.
	OnEnd func(*Outcome)
	// Ask has a place run a job now, by its ID: that of an item that several places run. It
	// is called from goroutines of its own; nil where no places are reached.
	Ask func(place, id string)
	// Now is the clock; nil is time.Now. Its jumps are noticed.
	Now func() time.Time
}

// Scheduler runs the checks of a file, each on its own schedule, until its context ends.
//
// A check without `every` has its turn every five minutes. When in its interval an item has its turn depends
// on its name alone, so that the checks of a file are spread over time, and a restart
// changes nothing. Two runs of one item never overlap: a run that lasts longer than the
// interval skips a turn.
//
// What ends within a second is recorded at once, as the outcome of a run of
// `mailprobe check` is, and messages are sent without holding checks up.
type Scheduler struct {
	o      ScheduleOptions
	crew   *crew
	record *notify.Record

	ended    chan struct{} // an outcome waits to be recorded
	reloaded chan struct{} // items have no state yet
	mail     chan struct{} // there may be something to send

	mu      sync.Mutex
	suite   *Suite
	jobs    map[string]*job   // by the names of items
	order   []*job            // of the file
	byCheck map[string][]*job // of the file, by the names of checks
	fresh   []*Outcome        // that are not recorded yet
	context context.Context   // of running checks; nil before Run, and once it ends
	running sync.WaitGroup
	looked  atomic.Int64     // Stats.Looked, in nanoseconds since 1970
	begun   []begun          // jobs that have reported it, which is not recorded yet
	listens time.Time        // since when deliveries are taken
	heard   map[string]heard // of the agents, by their places
	late    []late           // that is not recorded yet

	// What the goroutine of Run alone uses.
	states  map[string]history.State
	resting []Resting // room for the next report
	listed  time.Time // when the history got a run

	problems problems
	watchers watchers
}

// Scheduled is how an item stands.
type Scheduled struct {
	*Item
	// State is what the history has, or will have of it.
	State history.State
	// Results are those of its last run, without transcripts; empty where there is none.
	// They must not be changed.
	Results []*probe.Result
	// Started is when the run began that goes on, zero for none. Next is when it has its
	// next turn.
	Started, Next time.Time
	// Shares are what the places see that may run it, in the order of the file; none where
	// it is run here.
	Shares []Scheduled
}

// Change is something that has happened to an item, or to all of them.
type Change struct {
	// ID is the item's; empty where Reloaded is set.
	ID string
	// Running is set where a run has begun.
	Running bool
	// Outcome is that of a run that has ended, and is recorded; nil where one has begun.
	Outcome *Outcome
	// Reloaded is set where the file has been replaced.
	Reloaded bool
}

// Stats are numbers of a scheduler.
type Stats struct {
	// Checks is how many items there are, Running how many of them are being run, and Queued
	// how many sessions wait for the limits of the Runner.
	Checks, Running, Queued int
	// Looked is when the scheduler looked last what there is to do, which it does every few
	// seconds unless it hangs; 1970 before it runs.
	Looked time.Time
	// Unrecorded is how many outcomes wait to be recorded.
	Unrecorded int
	// NotifyFailures is how often messages could not be sent, since the start.
	NotifyFailures int64
	// Problems are those of mailprobe itself that there are now.
	Problems []error
}

// NewScheduler returns a scheduler, which begins by Run.
func NewScheduler(o ScheduleOptions) *Scheduler {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Scheduler{
		o: o, crew: newCrew(&o.Runner), record: o.Suite.openRecord(o.Dir), jobs: map[string]*job{}, heard: map[string]heard{},
		ended: make(chan struct{}, 1), reloaded: make(chan struct{}, 1), mail: make(chan struct{}, 1),
	}
	s.crew.fresh, s.crew.build, s.crew.Wait = freshFor, (*Check).anew, s.waitFor
	s.crew.usual = usualInterval
	s.put(o.Suite)
	return s
}

// freshFor is how long a check that was prepared serves other items: what it has looked
// up or read, such as a password or a token, is never older.
const freshFor = 5 * time.Second

// anew makes the check with its options set once more.
func (c *Check) anew() (*probe.Check, error) { return c.options.Build(c.Kind) }

// now is the time on the clock: differences are those that the clock shows.
func (s *Scheduler) now() time.Time { return s.o.Now().Round(0) }

// Suite returns the file as it is now.
func (s *Scheduler) Suite() *Suite {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.suite
}

// Replace continues with another file, such as one that was changed. Items of the same
// name keep their state; a run that goes on ends as it is.
func (s *Scheduler) Replace(suite *Suite) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(suite)
	s.watchers.publish(Change{Reloaded: true})
	signal(s.reloaded)
}

// RunNow starts an item now, unless it is running; one that places run they are asked to run.
// The error is ErrNoItem, ErrPassive or ErrNoFleet.
func (s *Scheduler) RunNow(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[id]
	if j == nil || j.gone {
		return ErrNoItem
	}
	if _, passive := j.Passive(); passive || j.isAgent() {
		return ErrPassive
	}
	if j.Afar() || j.isShare() {
		return s.askNow(j)
	}
	s.begin(j, s.now())
	return nil
}

// Items returns how all items stand, in the order of the file.
func (s *Scheduler) Items() []Scheduled {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Scheduled, len(s.order))
	for i, j := range s.order {
		all[i] = j.scheduled()
	}
	return all
}

// Item returns how an item stands: of what one place sees that of all of them. There may be none
// of the ID.
func (s *Scheduler) Item(id string) (Scheduled, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[id]
	if j != nil && j.isShare() {
		j = s.jobs[j.verdict.ID]
	}
	if j == nil || j.gone {
		return Scheduled{}, false
	}
	return j.scheduled(), true
}

func (j *job) scheduled() Scheduled {
	one := Scheduled{Item: j.Item, State: j.state, Results: j.results, Started: j.started, Next: j.next}
	for _, share := range j.shares {
		one.Shares = append(one.Shares, share.scheduled())
	}
	return one
}

// Silences returns what silences checks now, for Of with the time beside. Where the history
// cannot be read, it returns an error beside the windows of the file.
func (s *Scheduler) Silences(ctx context.Context) (*Silences, time.Time, error) {
	at := s.now()
	q, err := s.Suite().ReadSilences(ctx, s.o.Store, at)
	return q, at, err
}

// Stats returns the numbers of now.
func (s *Scheduler) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := Stats{Checks: s.suite.size(), Queued: s.crew.limit.Waiting(), Unrecorded: len(s.fresh), Looked: time.Unix(0, s.looked.Load())}
	for _, j := range s.jobs {
		if j.done != nil {
			n.Running++
		}
	}
	n.NotifyFailures, n.Problems = s.problems.unsent.Load(), s.problems.all()
	return n
}

// Subscribe returns the changes from now on, until cancel is called. A subscriber that
// does not keep up gets the channel closed: it reads Items and subscribes anew.
func (s *Scheduler) Subscribe() (changes <-chan Change, cancel func()) { return s.watchers.add() }

// signal wakes up who waits for a channel, or will.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
