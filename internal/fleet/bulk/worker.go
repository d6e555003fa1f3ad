package bulk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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
	// Log is told of what goes wrong that no result shows; nil for nobody.
	Log func(error)

	pace pace
}

// Run works until the context ends. It returns once the jobs at hand were handed back.
func (w *Worker) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, group := range w.Groups {
		for shard := range Shards {
			all.Go(func() { w.serve(ctx, ConsumerName(group, shard)) })
		}
	}
	all.Wait()
}

// serve takes the jobs of one shard, one after another.
func (w *Worker) serve(ctx context.Context, consumer string) {
	last := shardState{}
	for ctx.Err() == nil {
		err := w.take(ctx, consumer, &last)
		if ctx.Err() == nil {
			w.log(fmt.Errorf("the queue %s: %w", consumer, err))
			probe.Pause(ctx, time.Second+rand.N(time.Second))
		}
	}
}

// shardState is what a worker remembers of a shard.
type shardState struct {
	sequence uint64 // of the last delivery that it had
	ended    time.Time
}

// take handles jobs until something fails. The requests of several workers end at
// different times, so that each comes first as often as the others.
func (w *Worker) take(ctx context.Context, consumer string, last *shardState) error {
	c, err := w.JS.Consumer(ctx, fleet.JobStream, consumer)
	if err != nil {
		return err
	}
	jobs, err := c.Messages(jetstream.PullMaxMessages(1), jetstream.PullExpiry(20*time.Second+rand.N(20*time.Second)))
	if err != nil {
		return err
	}
	defer w.handBack(jobs)
	for {
		msg, err := jobs.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		w.handle(ctx, msg, c.CachedInfo().Config.AckWait, last)
	}
}

// handBack ends the iteration. A job that has just arrived goes to another worker.
func (w *Worker) handBack(jobs jetstream.MessagesContext) {
	jobs.Drain()
	for {
		msg, err := jobs.Next(jetstream.NextMaxWait(time.Second))
		if err != nil {
			jobs.Stop()
			return
		}
		_ = msg.Nak() // else it comes to another worker when AckWait is over
	}
}

// handle does one job.
func (w *Worker) handle(ctx context.Context, msg jetstream.Msg, ackWait time.Duration, last *shardState) {
	meta, err := msg.Metadata()
	if err != nil {
		w.log(err)
		return
	}
	job, err := ParseJob(msg.Data())
	if err != nil {
		w.log(fmt.Errorf("job %d on %s: %w", meta.Sequence.Stream, msg.Subject(), err))
		w.log(msg.TermWithReason("no job"))
		return
	}
	ctx, leave := w.hold(ctx, msg, ackWait)
	defer leave()
	t := &task{Worker: w, job: job, between: between(job.Rate), results: make(chan Outcome, BatchSize), eager: meta.NumDelivered > 1}
	if last.sequence+1 != meta.Sequence.Consumer { // somebody else had the shard in between
		t.earliest = time.Now().Add(t.between)
	}
	tooOften := meta.NumDelivered > MaxDeliver
	if err := t.run(ctx, tooOften); err != nil {
		w.log(fmt.Errorf("job %d of run %s: %w", meta.Sequence.Stream, job.Run, err))
		_ = msg.Nak() // else it comes to another worker when AckWait is over
		return
	}
	last.sequence, last.ended = meta.Sequence.Consumer, time.Now()
	if tooOften {
		w.log(msg.TermWithReason("gave up"))
		return
	}
	if err := acknowledge(ctx, msg, ackWait); err != nil {
		w.log(fmt.Errorf("job %d of run %s is done, but the server does not say that it knows: %w", meta.Sequence.Stream, job.Run, err))
	}
}

// acknowledge waits for the server to know that a job is done. A job of which it does not
// know is done again, and each of its results counts once.
func acknowledge(ctx context.Context, msg jetstream.Msg, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	for {
		each, cancel := context.WithTimeout(ctx, within/3)
		err := msg.DoubleAck(each)
		cancel()
		if err == nil || errors.Is(err, jetstream.ErrMsgAlreadyAckd) || !probe.Pause(ctx, 100*time.Millisecond) {
			return err
		}
	}
}

// hold keeps a job with this worker while it lives. The context ends when the connection
// was lost for so long that another worker has the job.
func (w *Worker) hold(ctx context.Context, msg jetstream.Msg, ackWait time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	var beats sync.WaitGroup
	beats.Go(func() {
		heard := time.Now()
		for probe.Pause(ctx, ackWait/4) {
			if w.JS.Conn().IsConnected() && msg.InProgress() == nil {
				heard = time.Now()
			} else if time.Since(heard) > ackWait {
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
	*Worker
	job      *Job
	check    *probe.Check
	between  time.Duration
	earliest time.Time // for the first session with any destination
	eager    bool      // each result is published at once, as the job may end the worker again
	results  chan Outcome
}

// run checks all targets and publishes their results. Without an error the server has all
// of them.
func (t *task) run(ctx context.Context, giveUp bool) error {
	refused := error(probe.Because(CauseGaveUp, fmt.Errorf("given up after %d deliveries to workers, of which none was acknowledged", MaxDeliver)))
	if !giveUp {
		refused = probe.Guard(func() (err error) {
			t.check, err = t.Prepare(ctx, t.job)
			return err
		})
		if refused == nil {
			defer func() { t.log(t.check.Close()) }()
		}
	}
	var all sync.WaitGroup
	for _, target := range t.job.Targets {
		all.Go(func() {
			o := Outcome{Index: target.Index, Ticket: target.Ticket, Results: t.one(ctx, target, refused)}
			if ctx.Err() == nil {
				t.results <- o
			}
		})
	}
	go func() {
		all.Wait()
		close(t.results)
	}()
	return t.publish(ctx)
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
	if t.between > 0 && !t.pace.wait(ctx, Destination(parsed), t.between, t.earliest) {
		return nil
	}
	results := t.check.Do(ctx, parsed)
	for _, r := range results {
		target.label(r)
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
	return []*probe.Result{r}
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
		case o, ok := <-t.results:
			if !ok {
				if err := t.send(ctx, &b); err != nil {
					return err
				}
				if count < len(t.job.Targets) {
					return cmpErr(ctx.Err(), errLost)
				}
				return nil
			}
			count++
			if err := b.add(o); err != nil {
				return err
			}
			full = len(b.text) > maxBody || t.eager
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

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// batch are outcomes for one message.
type batch struct {
	run     string
	text    []byte
	indexes []int
}

func (b *batch) add(o Outcome) (err error) {
	if len(b.indexes) == 0 {
		b.text = fmt.Appendf(b.text[:0], `{"run":%q,"outcomes":[`, b.run)
	} else {
		b.text = append(b.text, ',')
	}
	b.indexes = append(b.indexes, o.Index)
	b.text, err = fit(b.text, o, maxMessage-maxBody-4<<10)
	return err
}

// send publishes what was gathered, until the server has it. A message is known again by
// the targets in it, so one that was stored before is stored once.
func (t *task) send(ctx context.Context, b *batch) error {
	if len(b.indexes) == 0 {
		return nil
	}
	msg := nats.NewMsg(resultSubject(b.run, t.Place))
	msg.Data = append(b.text, "]}"...)
	id := messageID(b.run, fmt.Sprint(b.indexes))
	b.indexes = b.indexes[:0]
	return publish(ctx, t.JS, msg, id, t.log)
}
