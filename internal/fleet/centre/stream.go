package centre

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/bulk"
)

const (
	// waiting is how many batches of one place wait at most. The server refuses more, and
	// the agent keeps them.
	waiting = 64
	// maxWaiting bounds the batches of all places, in bytes.
	maxWaiting = 512 << 20
	// maxBulk bounds the results of bulk runs, in bytes.
	maxBulk = 2 << 30
	// duplicates is how long the server knows the ID of a batch.
	duplicates = 10 * time.Minute
	// ackWait is how long a batch may take until it is recorded before it is given out again: also
	// how long those wait that a centre had which was killed.
	ackWait = 20 * time.Second
)

// makeStreams makes the stream of results, or changes it to what it has to be.
func (c *Centre) makeStreams(ctx context.Context) error {
	err := fleet.MakeStream(ctx, c.js, jetstream.StreamConfig{
		Name: fleet.ResultStream, Description: "results of places, until the centre has recorded them",
		Subjects: []string{fleet.ResultSubject + ".*"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage, Replicas: c.replicas(),
		Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, MaxMsgsPerSubject: waiting, MaxBytes: maxWaiting,
		MaxMsgSize: maxPayload, Duplicates: duplicates,
	})
	if err != nil {
		return err
	}
	return bulk.Setup(ctx, c.js, c.bulkLimits())
}

// bulkLimits are those of bulk runs. A nats-server of its own has limits of its own.
func (c *Centre) bulkLimits() bulk.Limits {
	l := bulk.Limits{Replicas: c.replicas()}
	if c.server != nil {
		l.Bytes = maxBulk
	}
	return l
}

// replicas is on how many servers the streams are: three where there are as many.
func (c *Centre) replicas() int {
	if len(c.conn.Servers()) >= 3 {
		return 3
	}
	return 1
}

// makeConsumers makes those of a place, and returns that of its results: each place has its
// own, so that none keeps another waiting.
func (c *Centre) makeConsumers(ctx context.Context, place string) (jetstream.Consumer, error) {
	if err := bulk.AddQueues(ctx, c.js, c.bulkLimits(), place); err != nil {
		return nil, err
	}
	return c.js.CreateOrUpdateConsumer(ctx, fleet.ResultStream, jetstream.ConsumerConfig{
		Durable: consumerName(place), FilterSubject: fleet.ResultSubject + "." + place,
		MemoryStorage: true, // what was not acknowledged stays in the stream, and comes again
		AckPolicy:     jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: waiting, MaxWaiting: 8,
	})
}

func consumerName(place string) string { return "place-" + place }

// forget removes what a place has in the stream, and its consumer.
func (c *Centre) forget(place string) {
	ctx, cancel := context.WithTimeout(context.Background(), authTimeout*time.Second)
	defer cancel()
	stream, err := c.js.Stream(ctx, fleet.ResultStream)
	if err == nil {
		err = stream.Purge(ctx, jetstream.WithPurgeSubject(fleet.ResultSubject+"."+place))
	}
	if err == nil {
		err = c.js.DeleteConsumer(ctx, fleet.ResultStream, consumerName(place))
	}
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		c.told.tell("forget: "+place, fmt.Errorf("fleet: what %s has left in the stream cannot be removed: %w", place, err))
	}
}
