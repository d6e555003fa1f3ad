package suite

import (
	"context"
	"errors"
	"sync"
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
	o     ScheduleOptions
	crew  *crew
	ended chan struct{} // an outcome has been added to fresh

	mu      sync.Mutex
	suite   *Suite
	jobs    map[string]*job // by ID
	order   []*job          // of the file
	fresh   []*Outcome      // that are not recorded yet
	running sync.WaitGroup
	ctx     context.Context // of running checks; nil before Run
	closed  bool            // nothing is started any more

	watchers map[chan Change]bool
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
	// Unrecorded is how many outcomes wait to be recorded.
	Unrecorded int
	// NotifyFailures is how often messages could not be sent, since the start.
	NotifyFailures int64
	// Problems are those of mailprobe itself that there are now.
	Problems []error
}

// NewScheduler returns a scheduler, which begins by Run.
func NewScheduler(o ScheduleOptions) *Scheduler { return nil }

// Run starts every item when it has its turn, until the context ends. Then it cancels what
// is running, and records what has ended.
func (s *Scheduler) Run(ctx context.Context) error { return nil }

// Suite returns the file as it is now.
func (s *Scheduler) Suite() *Suite { return nil }

// Replace continues with another file, such as one that was changed. Items of the same
// name keep their state; a run that goes on ends as it is.
func (s *Scheduler) Replace(suite *Suite) {}

// RunNow starts an item now, unless it is running. The error is ErrNoItem.
func (s *Scheduler) RunNow(id string) error { return nil }

// Items returns how all items stand, in the order of the file.
func (s *Scheduler) Items() []Scheduled { return nil }

// Stats returns the numbers of now.
func (s *Scheduler) Stats() Stats { return Stats{} }

// Subscribe returns the changes from now on, until cancel is called. A subscriber that
// does not keep up gets the channel closed: it reads Items and subscribes anew.
func (s *Scheduler) Subscribe() (changes <-chan Change, cancel func()) { return nil, nil }

// job is an item with its schedule.
type job struct {
	*Item
}
