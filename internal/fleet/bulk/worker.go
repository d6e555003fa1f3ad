package bulk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/internal/fleet"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// Worker does jobs of bulk runs at a place, until its context ends.
type Worker struct {
	JS jetstream.JetStream
	// Place is the worker's, Groups what it takes jobs of, usually the place, the groups that
	// it is in, and Any.
	Place  string
	Groups []string
	// Prepare returns the check of a job, prepared, with the limits of this side; it is closed
	// after the job. Its error refuses the job. See Build.
	Prepare func(context.Context, *Job) (*probe.Check, error)
	// Permit returns why a target must not be checked; nil where every one may be.
	Permit func(*Job, probe.Target) error
	// Sessions is how many targets are begun at once, over all jobs; 0 for 64. Those that wait
	// for their rate do not count, nor do sessions with several exchangers of one: a
	// probe.Limit of the checks does.
	Sessions int
	// Ended is called with each result before it is sent, such as to mask what the worker
	// knows; nil for no call.
	Ended func(*probe.Result)
	// Log is told of what goes wrong that no result shows; nil for nobody.
	Log func(error)

	room  chan struct{} // of Sessions
	pace  probe.Pace    // of each destination
	turns turns         // of jobs that were delivered again
}

// Run works until the context ends. It returns once the jobs at hand were handed back.
func (w *Worker) Run(ctx context.Context) {
	w.room = make(chan struct{}, cmp.Or(w.Sessions, 64))
	var all sync.WaitGroup
	for i, group := range w.Groups {
		for n := range shardsOf(group) * inFlight(group) {
			shard := n % shardsOf(group)
			q := &queue{Worker: w, consumer: ConsumerName(group, shard), rank: i*Shards + shard, alone: group != Any}
			all.Go(func() { q.serve(ctx) })
		}
	}
	all.Wait()
}

// queue is a shard of a group, as a worker has it: one job at a time.
type queue struct {
	*Worker
	consumer string
	alone    bool          // no other worker has jobs of the shard
	rank     int           // among those of the worker
	ackWait  time.Duration // how long a job stays with the worker without a sign of life
	last     uint64        // the number of its last delivery
}

// serve takes the jobs of the queue, one after another.
func (q *queue) serve(ctx context.Context) {
	told := ""
	for pause := time.Second; ctx.Err() == nil; pause = min(2*pause, maxPause) {
		begin := time.Now()
		err := q.take(ctx)
		if ctx.Err() != nil {
			return
		}
		if err.Error() != told {
			told = err.Error()
			q.log(fmt.Errorf("the queue %s: %w", q.consumer, err))
		}
		if time.Since(begin) > maxPause {
			pause = time.Second
		}
		probe.Pause(ctx, pause/2+rand.N(pause))
	}
}

// maxPause is the longest time between two attempts to ask for jobs, as of a queue that the
// centre has not made yet.
const maxPause = 16 * time.Second

// take handles jobs until something fails. The requests of several workers end at
// different times, so that each comes first as often as the others.
func (q *queue) take(ctx context.Context) error {
	c, err := q.JS.Consumer(ctx, fleet.JobStream, q.consumer)
	if err != nil {
		return err
	}
	q.ackWait = c.CachedInfo().Config.AckWait
	jobs, err := c.Messages(jetstream.PullMaxMessages(1), jetstream.PullExpiry(time.Minute+rand.N(time.Minute)))
	if err != nil {
		return err
	}
	defer handBack(jobs)
	for {
		msg, err := jobs.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if err := q.handle(ctx, msg); err != nil {
			q.log(err)
			_ = msg.Nak() // else it comes to another worker when AckWait is over
		}
	}
}

// handBack ends the iteration. A job that has just arrived goes to another worker.
func handBack(jobs jetstream.MessagesContext) {
	jobs.Drain()
	for {
		msg, err := jobs.Next(jetstream.NextMaxWait(time.Second))
		if err != nil {
			jobs.Stop()
			return
		}
		_ = msg.Nak()
	}
}

// handle does one job. An error hands it back.
func (q *queue) handle(ctx context.Context, msg jetstream.Msg) error {
	meta, err := msg.Metadata()
	if err != nil {
		return err
	}
	job, err := ParseJob(msg.Data())
	if err != nil {
		q.log(fmt.Errorf("job %d on %s: %w", meta.Sequence.Stream, msg.Subject(), err))
		return msg.TermWithReason("no job")
	}
	ctx, release := q.hold(ctx, msg)
	defer release()
	t := &task{queue: q, job: job, delivered: meta.NumDelivered, between: probe.Between(job.Rate), results: make(chan checked)}
	if t.again() {
		leave, ok := q.turns.take(ctx, t.rank(), q.ackWait/2)
		if !ok {
			return ctx.Err()
		}
		defer leave()
	}
	if !q.follows(meta.Sequence.Consumer) {
		t.earliest = time.Now().Add(t.between)
	}
	if err := t.run(ctx); err != nil {
		return fmt.Errorf("job %d of run %s: %w", meta.Sequence.Stream, job.Run, err)
	}
	q.last = meta.Sequence.Consumer
	if t.tooOften() {
		return msg.TermWithReason("gave up")
	}
	if err := q.acknowledge(ctx, msg); err != nil {
		q.log(fmt.Errorf("job %d of run %s is done, but the server does not say that it knows: %w", meta.Sequence.Stream, job.Run, err))
	}
	return nil
}

// follows reports whether nobody else has had the shard since this worker's last job of it.
func (q *queue) follows(delivery uint64) bool {
	return q.last+1 == delivery || q.alone && q.last > 0
}

// acknowledge waits for the server to know that a job is done. A job of which it does not
// know is done again, and each of its results counts once.
func (q *queue) acknowledge(ctx context.Context, msg jetstream.Msg) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), q.ackWait)
	defer cancel()
	for {
		each, cancel := context.WithTimeout(ctx, q.ackWait/3)
		err := msg.DoubleAck(each)
		cancel()
		if err == nil || errors.Is(err, jetstream.ErrMsgAlreadyAckd) || !probe.Pause(ctx, 100*time.Millisecond) {
			return err
		}
	}
}

// hold keeps a job with this worker while it lives. The context ends when the connection
// was lost for so long that another worker has the job.
func (q *queue) hold(ctx context.Context, msg jetstream.Msg) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	var beats sync.WaitGroup
	beats.Go(func() {
		heard := time.Now()
		for probe.Pause(ctx, q.ackWait/4) {
			if q.JS.Conn().IsConnected() && msg.InProgress() == nil {
				heard = time.Now()
			} else if time.Since(heard) > q.ackWait {
				cancel()
			}
		}
	})
	return ctx, func() { cancel(); beats.Wait() }
}

func (w *Worker) log(err error) {
	if err != nil && w.Log != nil {
		w.Log(err)
	}
}

// task is a job that is being done.
type task struct {
	*queue
	job       *Job
	delivered uint64 // how often the job was given to a worker
	check     *probe.Check
	between   time.Duration
	earliest  time.Time // for the first session with any destination
	results   chan checked
}

// again reports whether the job was given to a worker before.
func (t *task) again() bool { return t.delivered > 1 }

// tooOften reports whether the job is to be given up.
func (t *task) tooOften() bool { return t.delivered > MaxDeliver }

// rank orders the jobs that are done one after another.
func (t *task) rank() int {
	if fromTheEnd(t.delivered) {
		return -t.queue.rank
	}
	return t.queue.rank
}

// run checks all targets and publishes their results. Without an error the server has all
// of them.
func (t *task) run(ctx context.Context) error {
	refused := t.prepare(ctx)
	if t.check != nil {
		defer func() { t.log(t.check.Close()) }()
	}
	go func() {
		defer close(t.results)
		var all sync.WaitGroup
		defer all.Wait()
		room := t.width()
		for _, target := range t.order() {
			room <- struct{}{}
			all.Go(func() {
				defer func() { <-room }()
				c := checked{target, t.one(ctx, target, refused)}
				if ctx.Err() == nil {
					t.results <- c
				}
			})
		}
	}()
	return t.publish(ctx)
}

// prepare makes the check, and returns why the targets are not checked.
func (t *task) prepare(ctx context.Context) error {
	if t.tooOften() {
		return probe.Because(CauseGaveUp, fmt.Errorf("given up after %d deliveries to workers, of which none was acknowledged", MaxDeliver))
	}
	return probe.Guard(func() (err error) {
		t.check, err = t.Prepare(ctx, t.job)
		return err
	})
}

// width returns the room for targets that are begun at once.
func (t *task) width() chan struct{} {
	switch {
	case t.again():
		return make(chan struct{}, fewTargets)
	case t.between > 0: // most of them wait, and not for one another
		return make(chan struct{}, BatchSize)
	}
	return t.room
}

// order returns the targets in the order in which they are begun.
func (t *task) order() []Target {
	all := slices.Clone(t.job.Targets)
	if fromTheEnd(t.delivered) && t.again() {
		slices.Reverse(all)
	}
	return all
}

// one returns the results of a target. They are of no use if the context has ended.
func (t *task) one(ctx context.Context, target Target, refused error) []*probe.Result {
	if refused != nil {
		return t.refuse(target, refused)
	}
	parsed, err := t.check.Kind.ParseTarget(target.Text)
	switch {
	case err == nil && parsed.User != "" && len(t.job.Credentials) == 0:
		err = errLogin
	case err == nil && t.Permit != nil:
		err = t.Permit(t.job, parsed)
	}
	if err != nil {
		return t.refuse(target, err)
	}
	if t.between > 0 && !t.pace.Wait(ctx, Destination(parsed), t.between, t.earliest) {
		return nil
	}
	results := t.check.Do(ctx, parsed)
	for _, r := range results {
		t.answer(r, parsed.Canonical(), len(results))
		target.label(r)
		if t.Ended != nil {
			t.Ended(r)
		}
		if !t.job.Transcript {
			r.Transcript = nil
		}
	}
	return results
}

// Destination is what a target's shard and rate are of: its host.
func Destination(t probe.Target) string { return strings.ToLower(strings.TrimSuffix(t.Host, ".")) }

// label puts to a result what stood beside its target.
func (t Target) label(r *probe.Result) {
	r.Name = t.Name
	if t.Tag != "" && len(r.Steps) > 0 {
		r.Steps[0].Learn(probe.Text("tag", t.Tag))
	}
}

// refuse returns the result of a target that is not checked.
func (t *task) refuse(target Target, why error) []*probe.Result {
	var known *probe.Failure
	if !errors.As(why, &known) || known.Cause == nil {
		why = probe.Because(CauseRefusedJob, why)
	}
	check := probe.Check{Kind: probe.Kind{Name: t.job.Kind}, Options: &probe.Options{}}
	r := check.Record(context.Background(), probe.Target{Text: report.Clean(target.Text)}, func(r *probe.Result) error {
		return r.Run("job", func(*probe.Step) error { return why })
	})
	target.label(r)
	if t.check != nil {
		if parsed, err := t.check.Kind.ParseTarget(target.Text); err == nil {
			t.answer(r, parsed.Canonical(), 1)
		}
	}
	return []*probe.Result{r}
}

// answer says what a result answers.
func (t *task) answer(r *probe.Result, canonical string, results int) {
	if t.job.Request != "" {
		r.Request = &probe.Request{Target: canonical, Options: t.job.Request, Results: results}
	}
}

// flushAfter is how long a result waits for others to be published with.
const flushAfter = time.Second

// publish gathers results into messages and has the server store them.
func (t *task) publish(ctx context.Context) error {
	b := batch{run: t.job.Run}
	flush := time.NewTicker(flushAfter)
	defer flush.Stop()
	for count := 0; ; {
		full := false
		select {
		case c, ok := <-t.results:
			if !ok {
				if err := t.send(ctx, &b); err != nil {
					return err
				}
				if count < len(t.job.Targets) {
					return cmp.Or(ctx.Err(), errLost)
				}
				return nil
			}
			count++
			if err := b.add(c); err != nil {
				return err
			}
			full = len(b.text) > maxBody || t.again()
		case <-flush.C:
			full = true
		}
		if full {
			if err := t.send(ctx, &b); err != nil {
				return err
			}
		}
	}
}

var errLost = errors.New("the connection was lost for too long")

// batch are outcomes for one message.
type batch struct {
	run     string
	text    []byte
	tickets []string // of its targets
}

func (b *batch) add(c checked) (err error) {
	if len(b.tickets) == 0 {
		b.text = append(append(b.text[:0], b.run...), '\n')
	}
	b.tickets = append(b.tickets, c.Ticket)
	b.text, err = fit(b.text, c, maxMessage-maxBody-4<<10)
	return err
}

// send publishes what was gathered, until the server has it. A message is known again by
// the targets in it, so one that was stored before is stored once. Who was not given the
// targets does not know their tickets, and can store nothing in its place.
func (t *task) send(ctx context.Context, b *batch) error {
	if len(b.tickets) == 0 {
		return nil
	}
	msg := nats.NewMsg(resultSubject(b.run, t.Place))
	msg.Data = pack(b.text)
	id := messageID(b.run, fmt.Sprint(b.tickets))
	b.tickets = b.tickets[:0]
	return publish(ctx, t.JS, msg, id, t.log)
}
