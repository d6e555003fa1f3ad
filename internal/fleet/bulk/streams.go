package bulk

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/internal/fleet"
)

// Shards is how many shards the targets for any place are in, and so how many workers can work
// for them side by side. Those for one place are in one: it has one worker.
const Shards = 16

// shardsOf returns how many shards the targets of a place or group are in.
func shardsOf(group string) int {
	if group == Any {
		return Shards
	}
	return 1
}

// inFlight returns how many jobs of a shard are done at a time: one, so that all targets of a
// host are with one worker, and of a place several, all of which its one worker has.
func inFlight(group string) int {
	if group == Any {
		return 1
	}
	return 4
}

// Any is the group that every place is in.
const Any = fleet.AnyPlace

// MaxDeliver is how often a job is given to a worker before it is given up.
const MaxDeliver = 3

// Limits configure the streams. The zero value is usable.
type Limits struct {
	// Replicas is on how many servers of a cluster each message is; 0 for one.
	Replicas int
	// Jobs is how many jobs wait at most, over all runs; 0 for 2000. Who submits waits for room.
	Jobs int64
	// Bytes is how large the results of all runs may grow; 0 for any size. Workers wait for room.
	Bytes int64
	// Keep is how long results are kept, and with them what a run can be resumed by; 0 for 7 days.
	Keep time.Duration
	// AckWait is how long after a worker's last sign of life its job is given to another; 0
	// for 30 s.
	AckWait time.Duration
}

// maxQueue bounds all jobs that wait, in bytes.
const maxQueue = 256 << 20

// dedupe is how long the server knows a job again that is submitted twice.
const dedupe = 24 * time.Hour

// Setup makes the streams and the queues of Any, or changes them to the limits.
func Setup(ctx context.Context, js jetstream.JetStream, l Limits) error {
	for _, config := range l.streams() {
		if err := fleet.MakeStream(ctx, js, config); err != nil {
			return fmt.Errorf("stream %s: %w", config.Name, err)
		}
	}
	return AddQueues(ctx, js, l, Any)
}

// AddQueues makes the queues of a place or a group, or changes them to the limits.
func AddQueues(ctx context.Context, js jetstream.JetStream, l Limits, group string) error {
	if !IsName(group) {
		return fmt.Errorf("%q cannot be the name of a place or a group", group)
	}
	for shard := range shardsOf(group) {
		if _, err := js.CreateOrUpdateConsumer(ctx, fleet.JobStream, l.consumer(group, shard)); err != nil {
			return fmt.Errorf("consumer %s: %w", ConsumerName(group, shard), err)
		}
	}
	return nil
}

func (l Limits) streams() []jetstream.StreamConfig {
	jobs := jetstream.StreamConfig{
		Name: fleet.JobStream, Description: "targets of bulk runs that wait for a worker",
		Subjects: []string{fleet.JobSubject + ".>"}, Retention: jetstream.WorkQueuePolicy,
		Discard: jetstream.DiscardNew, MaxMsgs: or(l.Jobs, 2000), MaxBytes: maxQueue, Duplicates: dedupe, MaxMsgSize: maxMessage,
	}
	results := jetstream.StreamConfig{
		Name: fleet.BulkStream, Description: "results of bulk runs",
		Subjects: []string{fleet.BulkSubject + ".>"}, Discard: jetstream.DiscardNew, MaxBytes: or(l.Bytes, -1),
		MaxAge: or(l.Keep, 7*24*time.Hour), MaxMsgSize: maxMessage,
	}
	jobs.Replicas, results.Replicas = max(l.Replicas, 1), max(l.Replicas, 1)
	return []jetstream.StreamConfig{jobs, results}
}

// consumer is that of a shard. It redelivers for ever: a worker gives a job up itself, so
// that its targets have a result.
func (l Limits) consumer(group string, shard int) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable: ConsumerName(group, shard), FilterSubject: jobSubject(group, shard), AckPolicy: jetstream.AckExplicitPolicy,
		MaxAckPending: inFlight(group), MaxDeliver: -1, AckWait: or(l.AckWait, 30*time.Second),
	}
}

func or[T int64 | time.Duration](value, otherwise T) T {
	if value == 0 {
		return otherwise
	}
	return value
}

// ConsumerName returns the name of the consumer of a shard.
func ConsumerName(group string, shard int) string { return fmt.Sprintf("%s-%d", group, shard) }

func jobSubject(group string, shard int) string {
	return fmt.Sprintf("%s.%s.%d", fleet.JobSubject, group, shard)
}

func resultSubject(run, place string) string { return fleet.BulkSubject + "." + run + "." + place }

// shardOf returns the shard of a destination, which never changes.
func shardOf(destination string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(destination))
	return int(h.Sum32() % Shards)
}

// WorkerSubjects are what a worker at a place publishes to, besides its own inbox: the
// permissions that it needs. groups are the place, what it is in, and Any.
func WorkerSubjects(place string, groups []string) []string {
	all := []string{fleet.BulkSubject + ".*." + place}
	for _, group := range groups {
		for shard := range shardsOf(group) {
			consumer := fleet.JobStream + "." + ConsumerName(group, shard)
			all = append(all, "$JS.API.CONSUMER.INFO."+consumer, "$JS.API.CONSUMER.MSG.NEXT."+consumer, "$JS.ACK."+consumer+".>")
		}
	}
	return all
}

// SubmitterSubjects are what a submitter publishes to, besides its own inbox: the
// permissions that it needs.
func SubmitterSubjects() []string {
	return []string{
		fleet.JobSubject + ".>",
		"$JS.API.STREAM.INFO." + fleet.JobStream, "$JS.API.CONSUMER.INFO." + fleet.JobStream + ".*",
		"$JS.API.STREAM.INFO." + fleet.BulkStream, "$JS.API.CONSUMER.CREATE." + fleet.BulkStream + ".>",
		"$JS.API.CONSUMER.INFO." + fleet.BulkStream + ".*", "$JS.API.CONSUMER.MSG.NEXT." + fleet.BulkStream + ".*",
		"$JS.API.CONSUMER.DELETE." + fleet.BulkStream + ".*",
	}
}
