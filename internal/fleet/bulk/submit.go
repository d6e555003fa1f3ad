package bulk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go"
)

// gather is how long targets wait at most for others of their shard.
const gather = time.Second

// submit puts all targets into the queue. Those of a list that comes slowly do not wait for
// a job to be full.
func (r *Run) submit(ctx context.Context, targets iter.Seq[Target]) error {
	var shards [Shards][]Target
	input := r.read(ctx, targets)
	for count := 0; ; count++ {
		t, ok, err := r.next(ctx, input, &shards)
		switch {
		case err != nil:
			return err
		case !ok:
			return r.finish(ctx, &shards)
		case count == MaxTargets:
			return fmt.Errorf("a run has at most %d targets", MaxTargets)
		}
		t.Index = count
		if err := r.put(ctx, &shards, t); err != nil {
			return err
		}
	}
}

// read reads the targets beside what is done with them.
func (r *Run) read(ctx context.Context, targets iter.Seq[Target]) <-chan Target {
	input := make(chan Target, BatchSize)
	go func() {
		defer close(input)
		for t := range targets {
			select {
			case input <- t:
			case <-ctx.Done():
				return
			}
		}
	}()
	return input
}

// next returns the next target; ok is false where there is none. While it waits for one it
// sends those that are there.
func (r *Run) next(ctx context.Context, input <-chan Target, shards *[Shards][]Target) (t Target, ok bool, err error) {
	select {
	case t, ok = <-input:
		return t, ok, ctx.Err()
	default:
	}
	timer := time.NewTimer(gather)
	defer timer.Stop()
	for {
		select {
		case t, ok = <-input:
			return t, ok, ctx.Err()
		case <-ctx.Done():
			return t, false, ctx.Err()
		case <-timer.C:
			if err := r.sendAll(ctx, shards); err != nil {
				return t, false, err
			}
		}
	}
}

// put adds a target to its shard, and sends that once it is full.
func (r *Run) put(ctx context.Context, shards *[Shards][]Target, t Target) error {
	r.mu.Lock()
	r.submitted = t.Index + 1
	err := r.same(t)
	r.mu.Unlock()
	if err != nil {
		return err
	}
	if t.Results != nil {
		return cmp.Or(r.emit(Outcome{Index: t.Index, Answers: answers(t.Results)}), r.flush())
	}
	t.Ticket = r.ticket(t.Index, t.Text)
	shard := shardOf(t.Destination) % shardsOf(r.Group)
	shards[shard] = append(shards[shard], t)
	if len(shards[shard]) < BatchSize {
		return nil
	}
	return r.send(ctx, shards, shard)
}

// finish sends what is left, and marks the run as whole. What it was given before must be
// within what there is now.
func (r *Run) finish(ctx context.Context, shards *[Shards][]Target) error {
	if err := r.sendAll(ctx, shards); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.whole = true
	if end := r.done.end(); end > r.submitted {
		return fmt.Errorf("run %s had %d targets at least and the list has %d; resume it with the same list", r.Job.Run, end, r.submitted)
	}
	return nil
}

func (r *Run) sendAll(ctx context.Context, shards *[Shards][]Target) error {
	for shard := range shards {
		if err := r.send(ctx, shards, shard); err != nil {
			return err
		}
	}
	return nil
}

// send puts the targets of a shard into the queue, unless all have an outcome.
func (r *Run) send(ctx context.Context, shards *[Shards][]Target, shard int) error {
	job := r.Job
	job.Targets = shards[shard]
	shards[shard] = shards[shard][:0]
	if len(job.Targets) == 0 || r.known(job.Targets) {
		return nil
	}
	text, err := json.Marshal(job)
	if err != nil {
		return err
	}
	if len(text) > maxMessage {
		return fmt.Errorf("the options and %d targets make a job of %d bytes, and one has at most %d; use shorter options", len(job.Targets), len(text), maxMessage)
	}
	msg := nats.NewMsg(jobSubject(r.Group, shard))
	msg.Data = text
	return publish(ctx, r.JS, msg, messageID(r.Group, r.salt, text), r.logUnlessFull)
}

// logUnlessFull is log but for a queue without room, which is as it should be.
func (r *Run) logUnlessFull(err error) {
	if !isFull(err) {
		r.log(err)
	}
}

// known reports whether all of some targets have their outcome.
func (r *Run) known(targets []Target) bool {
	if !r.Resume {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range targets {
		if !r.done.has(t.Index) {
			return false
		}
	}
	return true
}
