package bulk

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/internal/fleet"
)

// Run is a bulk run: it submits the targets and collects their results.
type Run struct {
	JS jetstream.JetStream
	// Job is what every job of the run has besides its targets. The run of its name is
	// started, or, with Resume, continued: with the same targets in the same order.
	Job Job
	// Group is the place or the group whose workers do it.
	Group string
	// Resume has the results that there are already given out first.
	Resume bool
	// Secret is what the tickets of the run are made of. Who does not know it, and was not
	// given a target, cannot answer for it. Resuming needs the same.
	Secret []byte
	// Emit is called with the outcome of each target, once, one after another.
	Emit func(Outcome) error
	// Flush is called after the outcomes of a message, and after those that need no worker;
	// nil for nobody.
	Flush func() error
	// Watch is called now and then with how many targets have their outcome, and how many
	// there are so far. Nil for nobody.
	Watch func(done, of int)
	// Log is told of what the user has to know; nil for nobody.
	Log func(error)

	// idle is how long no result comes before it is looked whether there is a job at all; 0 for
	// 15 s.
	idle time.Duration

	results jetstream.MessagesContext
	last    uint64 // the number of the last message of them

	told    bool // that nobody takes jobs
	keyOnce sync.Once
	key     []byte

	mu        sync.Mutex
	done      indexSet
	submitted int  // targets so far
	whole     bool // there are no more
	tally     Tally
	heard     int      // messages with results
	salt      string   // of the IDs of messages
	texts     []uint32 // of a run that is resumed: what the targets with an outcome were
}

// Tally counts what became of a run.
type Tally struct {
	// Targets is how many there were, Done how many have their outcome.
	Targets, Done int
	// Repeated are outcomes of targets that had one already.
	Repeated int
	// Refused are messages and outcomes that were not accepted, Why the first reason.
	Refused int
	Why     error
}

// Do runs until every target has its outcome.
func (r *Run) Do(ctx context.Context, targets iter.Seq[Target]) (Tally, error) {
	if !IsName(r.Job.Run) {
		return Tally{}, fmt.Errorf("%q cannot be the name of a run; up to 64 letters, digits, - and _ would be right", r.Job.Run)
	}
	if err := r.checkGroup(ctx); err != nil {
		return Tally{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	waiting, err := r.subscribe(ctx)
	if err != nil {
		return Tally{}, err
	}
	defer func() { r.results.Stop() }()
	if err := r.catchUp(ctx, waiting); err != nil {
		return r.tally, err
	}
	failed := make(chan error, 1)
	go func() {
		err := r.submit(ctx, targets)
		if err != nil {
			cancel()
		}
		failed <- err
	}()
	err = r.collect(ctx)
	cancel()
	if broken := <-failed; broken != nil && !errors.Is(broken, context.Canceled) {
		err = broken
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tally, err
}

// checkGroup reports a group that has no queue.
func (r *Run) checkGroup(ctx context.Context) error {
	_, err := r.JS.Consumer(ctx, fleet.JobStream, ConsumerName(r.Group, 0))
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound) && IsName(r.Group):
		return fmt.Errorf("the centre knows no place and no group %q", r.Group)
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return errors.New("this server has no queue for bulk runs; a centre (mailprobe serve --fleet) makes it")
	}
	return err
}

// readAhead is how many messages of results are fetched before they are needed: of up to
// maxMessage each.
const readAhead = 8

// subscribe begins to read the results of the run behind those that were read, and returns how many
// messages of them there are by now.
func (r *Run) subscribe(ctx context.Context) (waiting uint64, err error) {
	c, err := r.JS.OrderedConsumer(ctx, fleet.BulkStream, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{resultSubject(r.Job.Run, "*")}, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: r.last + 1,
	})
	if err != nil {
		return 0, err
	}
	waiting = c.CachedInfo().NumPending
	results, err := c.Messages(jetstream.PullMaxMessages(readAhead))
	if err != nil {
		return 0, err
	}
	if r.results != nil {
		r.results.Stop()
	}
	r.results = results
	return waiting, nil
}

// catchUp gives out what there was before. Where nothing waits in the queue any more, what is
// missing is submitted under new IDs: under the old ones the server would take it for done.
func (r *Run) catchUp(ctx context.Context, waiting uint64) error {
	if !r.Resume {
		if waiting > 0 {
			return fmt.Errorf("there are results of a run %s already; --resume %[1]s continues it", r.Job.Run)
		}
		return nil
	}
	found := waiting
	for ; waiting > 0; waiting-- {
		msg, err := r.results.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if err := r.take(msg); err != nil {
			return err
		}
	}
	queued, err := r.queued(ctx)
	if err == nil && found == 0 && queued == 0 {
		r.log(fmt.Errorf("no result of a run %s is kept, and nothing of it waits, so all of its targets are checked; results are kept for 7 days", r.Job.Run))
	}
	if queued == 0 {
		r.salt = time.Now().UTC().Format(time.RFC3339Nano)
	}
	return err
}

// queued returns how many jobs wait for the group, or are with a worker, of all runs.
func (r *Run) queued(ctx context.Context) (int, error) {
	s, err := r.JS.Stream(ctx, fleet.JobStream)
	if err != nil {
		return 0, err
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(fleet.JobSubject+"."+r.Group+".>"))
	if err != nil {
		return 0, err
	}
	n := 0
	for _, each := range info.State.Subjects {
		n += int(each)
	}
	return n, nil
}

// collect gives out results until every target has one.
func (r *Run) collect(ctx context.Context) error {
	heard, watched, idle := time.Now(), time.Time{}, or(r.idle, 15*time.Second)
	for !r.complete() {
		msg, err := r.results.Next(jetstream.NextMaxWait(200 * time.Millisecond))
		switch {
		case err == nil:
			heard = time.Now()
			err = r.take(msg)
		case errors.Is(err, nats.ErrTimeout):
			err = nil
			if time.Since(heard) > idle {
				err, heard = r.look(ctx), time.Now()
			}
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if r.Watch != nil && time.Since(watched) > 200*time.Millisecond {
			watched = time.Now()
			r.watch()
		}
	}
	return nil
}

func (r *Run) watch() {
	r.mu.Lock()
	done, of := r.done.count, r.submitted
	r.mu.Unlock()
	r.Watch(done, of)
}

// complete reports whether every target has its outcome.
func (r *Run) complete() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.Targets, r.tally.Done = r.submitted, r.done.count
	return r.whole && r.done.count >= r.submitted
}

// look finds out why no results come. What was reading them may have died with its server, which
// is noticed late if at all, so they are subscribed to anew. A worker acknowledges a job when its
// results are stored: those of a job that is not in the queue are there.
func (r *Run) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	r.mu.Lock()
	whole, heard := r.whole, r.heard
	r.mu.Unlock()
	queued, err := r.queued(ctx)
	if err != nil {
		return nil // the server is away; the connection is made again
	}
	waiting, err := r.subscribe(ctx)
	if err != nil {
		return nil
	}
	r.mu.Lock()
	missing := r.submitted - r.done.count
	r.mu.Unlock()
	if queued > 0 && heard == 0 && !r.told {
		r.told = true
		r.log(r.nobody(ctx, queued))
	}
	if queued > 0 || !whole || waiting > 0 {
		return nil
	}
	return fmt.Errorf("%d targets have no result, and no job waits for them: a worker acknowledged a job that it had not done, or the results were removed; --resume %s checks them", missing, r.Job.Run)
}

// nobody says who does not take the jobs.
func (r *Run) nobody(ctx context.Context, queued int) error {
	asking := 0
	for shard := range shardsOf(r.Group) {
		if c, err := r.JS.Consumer(ctx, fleet.JobStream, ConsumerName(r.Group, shard)); err == nil {
			asking += c.CachedInfo().NumWaiting
		}
	}
	why := "and no agent asks for any: mailprobe fleet list shows which are there"
	if asking > 0 {
		why = "though agents ask for jobs; those before may take long"
	}
	return fmt.Errorf("no result of place %s yet, where %d jobs wait, %s; Ctrl-C leaves the run, and --resume %s continues it", r.Group, queued, why, r.Job.Run)
}

func (r *Run) log(err error) {
	if r.Log != nil {
		r.Log(err)
	}
}

// take gives out the outcomes of a message.
func (r *Run) take(msg jetstream.Msg) error {
	meta, err := msg.Metadata()
	if err != nil {
		return err
	}
	r.last = meta.Sequence.Stream
	return r.receive(msg.Subject()[len(resultSubject(r.Job.Run, "")):], msg.Data())
}

// receive gives out the outcomes that a place has sent, those that are right and new.
func (r *Run) receive(place string, data []byte) (failed error) {
	r.mu.Lock()
	r.heard++
	r.mu.Unlock()
	err := parseOutcomes(data, r.Job.Run, func(o Outcome) {
		o.Place = place
		if err := r.accept(o); failed == nil {
			failed = err
		}
	})
	if err != nil {
		r.refuse(place, err)
	}
	return cmp.Or(failed, r.flush())
}

func (r *Run) flush() error {
	if r.Flush == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Flush()
}

// accept gives out an outcome, if it is right and the first of its target.
func (r *Run) accept(o Outcome) error {
	if err := r.judge(&o); err != nil {
		r.refuse(o.Place, err)
		return nil
	}
	return r.emit(o)
}

func (r *Run) emit(o Outcome) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.done.add(o.Index) {
		r.tally.Repeated++
		return nil
	}
	if r.Resume {
		r.remember(o)
	}
	return r.Emit(o)
}

// judge returns what is wrong with an outcome.
func (r *Run) judge(o *Outcome) error {
	r.mu.Lock()
	end := r.submitted
	if r.Resume && !r.whole {
		end = MaxTargets
	}
	r.mu.Unlock()
	switch {
	case o.Index < 0 || o.Index >= end:
		return fmt.Errorf("target %d is none of the run", o.Index)
	case len(o.Ticket) != ticketLength || !hmac.Equal([]byte(o.Ticket[:proofLength]), []byte(r.proof(o.Index))):
		return fmt.Errorf("target %d was not given to this worker", o.Index)
	}
	for _, each := range o.Answers {
		if each.Check != r.Job.Kind {
			return fmt.Errorf("target %d has a result of another check", o.Index)
		}
	}
	return nil
}

func (r *Run) refuse(place string, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tally.Refused++; r.tally.Why == nil {
		r.tally.Why = fmt.Errorf("place %s: %w", place, why)
	}
}

// ticket is what a worker that was given a target knows of it: a proof of that, and a few bits
// by which a run that is resumed knows the target again.
func (r *Run) ticket(index int, text string) string {
	return r.proof(index) + base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, textHash(text))[1:])
}

// proofLength is the length of the first part of a ticket, ticketLength that of both.
const proofLength, ticketLength = 12, 16

// proof is a hash of the index and a key of the run. Both have a fixed length, so it takes no HMAC
// to keep others from making one.
func (r *Run) proof(index int) string {
	r.keyOnce.Do(func() {
		mac := hmac.New(sha256.New, r.Secret)
		_, _ = mac.Write([]byte(r.Job.Run))
		r.key = mac.Sum(nil)
	})
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(r.key[:sha256.Size:sha256.Size], uint64(index)))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// textHash returns 24 bits of a hash of a target.
func textHash(text string) uint32 {
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint32(sum[:]) >> 8
}

// remember keeps what an outcome of a run that is resumed says of its target.
func (r *Run) remember(o Outcome) {
	if r.whole || o.Place == "" {
		return
	}
	text, err := base64.RawURLEncoding.DecodeString(o.Ticket[proofLength:])
	if err != nil || len(text) != 3 {
		return
	}
	for len(r.texts) <= o.Index {
		r.texts = append(r.texts, make([]uint32, o.Index+1-len(r.texts))...)
	}
	r.texts[o.Index] = 1<<24 | uint32(text[0])<<16 | uint32(text[1])<<8 | uint32(text[2])
}

// same returns an error if a target is another than it was before the run was resumed.
func (r *Run) same(t Target) error {
	if t.Index < len(r.texts) && r.texts[t.Index] != 0 && r.texts[t.Index] != 1<<24|textHash(t.Text) {
		return fmt.Errorf("target %d of the list, %q, is another than when run %s began; resume it with the same list", t.Index, t.Text, r.Job.Run)
	}
	return nil
}
