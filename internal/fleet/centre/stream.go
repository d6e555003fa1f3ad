package centre

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/internal/fleet"
)

const (
	// waiting is how many batches of one place wait at most. The server refuses more, and
	// the agent keeps them.
	waiting = 64
	// maxWaiting bounds the batches of all places, in bytes.
	maxWaiting = 512 << 20
	// duplicates is how long the server knows the ID of a batch.
	duplicates = 10 * time.Minute
	// ackWait is how long a batch may take until it is recorded before it is given out again.
	ackWait = time.Minute
)

// makeStreams makes the stream of results, or changes it to what it has to be.
func (c *Centre) makeStreams(ctx context.Context) error {
	_, err := c.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: fleet.ResultStream, Description: "results of places, until the centre has recorded them",
		Subjects: []string{fleet.ResultSubject + ".*"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage, Replicas: c.replicas(),
		Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, MaxMsgsPerSubject: waiting, MaxBytes: maxWaiting,
		MaxMsgSize: maxPayload, Duplicates: duplicates,
	})
	return err
}

// replicas is on how many servers the streams are: three where there are as many.
func (c *Centre) replicas() int {
	if len(c.conn.Servers()) >= 3 {
		return 3
	}
	return 1
}

// consumer returns that of a place: each has its own, so that none keeps another waiting.
func (c *Centre) consumer(ctx context.Context, place string) (jetstream.Consumer, error) {
	return c.js.CreateOrUpdateConsumer(ctx, fleet.ResultStream, jetstream.ConsumerConfig{
		Durable: consumerName(place), FilterSubject: fleet.ResultSubject + "." + place,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: waiting, MaxWaiting: 8,
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
