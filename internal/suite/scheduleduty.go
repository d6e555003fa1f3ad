package suite

import (
	"context"
	"errors"
	"time"

	"mailprobe/internal/notify"
)

// duties are what a scheduler does beside the checks: it sends what waits to be sent, calls
// the heartbeat, writes the textfile, and announces problems of mailprobe itself.
type duties struct {
	*Scheduler
	done    chan finished
	changed bool      // since the textfile was written
	written time.Time // the textfile
	beat    time.Time // the last one
	beating bool
	asked   time.Time // for what waits to be sent
	looked  time.Time // at the clock, as it is and as it would be
	steady  time.Time
}

// finished is the end of something that was done beside the loop.
type finished struct {
	what     string // of the problems
	problems notify.Errors
}

// The sources of problems.
const (
	ofSending   = "send"
	ofHeartbeat = "heartbeat"
)

func newDuties(s *Scheduler) *duties {
	now := time.Now()
	return &duties{Scheduler: s, done: make(chan finished), beat: now, asked: now, looked: s.now(), steady: now, changed: true}
}

// sendAll sends what waits to be sent, whenever there may be something, until the context
// ends. Then the channel it returns is closed.
func (d *duties) sendAll(ctx context.Context) (ended <-chan struct{}) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-ctx.Done():
				return
			case <-d.mail:
				d.finish(ctx, finished{ofSending, d.outbox().Deliver(ctx)})
			}
		}
	}()
	return over
}

// finish tells the loop of an end, unless it has ended itself.
func (d *duties) finish(ctx context.Context, f finished) {
	select {
	case d.done <- f:
	case <-ctx.Done():
	}
}

// outbox is where the file's notifications wait. Without a history it is empty.
func (s *Scheduler) outbox() notify.Outbox {
	return notify.Outbox{
		Store: s.o.Store, Notifiers: s.Suite().Notifiers, Network: s.o.Network, Interval: shortestInterval, Courier: s.o.Courier, Now: s.o.Now,
	}
}

// sendFor is how long sending may take at the end.
const sendFor = 5 * time.Second

// sendRest sends what the end of the scheduler had to announce. What does not get through
// is sent by the next one.
func (d *duties) sendRest(ctx context.Context) {
	select {
	case <-d.mail:
	default:
		return
	}
	if d.o.Store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	d.outbox().Deliver(ctx)
}

// look does what is due.
func (d *duties) look(ctx context.Context) {
	now := time.Now()
	d.lookAtClock(now)
	if now.Sub(d.asked) >= shortestInterval && d.o.Store != nil {
		d.asked = now
		signal(d.mail)
	}
	if d.changed && now.Sub(d.written) >= textfileEvery {
		d.written, d.changed = now, false
		d.writeTextfile(ctx)
	}
	if now.Sub(d.beat) >= d.rhythm() && !d.beating {
		d.beat = now
		d.callHeartbeat(ctx)
	}
	if d.o.Store != nil {
		if notice := d.o.Store.Notice(); notice != "" {
			d.problem("notice", errors.New(notice))
		}
	}
}

// lookAtClock plans all turns anew where the clock has jumped: also the time for which the
// machine was asleep counts as that.
func (d *duties) lookAtClock(steady time.Time) {
	now := d.now()
	jump := now.Sub(d.looked) - steady.Sub(d.steady)
	d.looked, d.steady = now, steady
	if jump.Abs() > clockJump {
		d.listenAgain(now)
		d.planAll(true)
	}
	d.problem("clock", clockProblem(d.states, now))
}

// rhythm is how often the heartbeat is called: as often as the item with the shortest
// interval is run, at most every minute.
func (d *duties) rhythm() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	shortest := usualInterval
	for _, j := range d.order {
		shortest = min(shortest, j.every())
	}
	return max(shortest, shortestInterval)
}

// writeTextfile writes the metrics of how all stands.
func (d *duties) writeTextfile(ctx context.Context) {
	if d.Suite().Textfile == "" {
		return
	}
	r := d.whole(ctx)
	d.problem("textfile", r.Metrics(d.options().Labels).WriteTextfile(r.Suite.Textfile))
}

// callHeartbeat says how all stands.
func (d *duties) callHeartbeat(ctx context.Context) {
	if d.Suite().Heartbeat == nil {
		d.problem(ofHeartbeat)
		return
	}
	r := d.whole(ctx)
	d.beating = true
	go func() {
		r.beat(ctx, d.options())
		d.finish(ctx, finished{ofHeartbeat, r.Problems})
	}()
}

// finished takes up the end of what was done beside the loop.
func (d *duties) finished(ctx context.Context, f finished) {
	d.problem(f.what, f.problems...)
	switch f.what {
	case ofHeartbeat:
		d.beating = false
	case ofSending:
		d.problems.unsent.Add(int64(len(f.problems)))
		d.settleNotifiers(ctx)
	}
}

// settleNotifiers announces by the others that a notifier has given up messages.
func (d *duties) settleNotifiers(ctx context.Context) {
	if d.o.Store == nil {
		return
	}
	r := d.report(nil, d.resting...)
	d.resting = r.Resting
	d.states = r.settleOwn(ctx, d.options(), d.states, append(r.notifierSights(ctx, d.options()), ownSight{name: ownRun}))
	d.problem("own", append(r.Problems, r.Unsolved...)...)
}
