package centre

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/bulk"
)

// TestAccounts: jobs and results of bulk runs come from the account of who submits to that of
// places and back, each with its acknowledgement.
func TestAccounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		fra := s.join("fra")
		fra.greet(fra.hello())
		token := s.invite("alice", true)
		alice := s.newAgent("alice")
		if err := s.connect(alice, &token); err != nil {
			t.Fatal(err)
		}
		worker, _ := fleet.Streams(fra.conn)
		submitter, _ := fleet.Streams(alice.conn)
		var queue jetstream.Consumer
		until(t, "the queue is there", func() (is bool) {
			var err error
			queue, err = worker.Consumer(t.Context(), fleet.JobStream, bulk.ConsumerName("fra", 0))
			return err == nil
		})
		jobs, err := queue.Messages(jetstream.PullMaxMessages(1), jetstream.PullExpiry(5*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		defer jobs.Stop()
		if _, err := submitter.Publish(t.Context(), fleet.JobSubject+".fra.0", []byte("a job"), jetstream.WithMsgID("1")); err != nil {
			t.Fatalf("submitting: %v", err)
		}
		msg, err := jobs.Next(jetstream.NextMaxWait(10 * time.Second))
		if err != nil {
			t.Fatalf("the job: %v", err)
		}
		if _, err := msg.Metadata(); err != nil || string(msg.Data()) != "a job" || msg.Subject() != fleet.JobSubject+".fra.0" {
			t.Errorf("the job is %q on %s, %v", msg.Data(), msg.Subject(), err)
		}
		if _, err := worker.Publish(t.Context(), fleet.BulkSubject+".run.fra", []byte("a result")); err != nil {
			t.Fatalf("the result: %v", err)
		}
		if err := msg.InProgress(); err != nil {
			t.Errorf("in progress: %v", err)
		}
		if err := msg.DoubleAck(t.Context()); err != nil {
			t.Errorf("the acknowledgement: %v", err)
		}
		results, err := submitter.OrderedConsumer(t.Context(), fleet.BulkStream, jetstream.OrderedConsumerConfig{FilterSubjects: []string{fleet.BulkSubject + ".run.*"}})
		if err != nil {
			t.Fatalf("reading: %v", err)
		}
		all, err := results.Messages(jetstream.PullMaxMessages(8))
		if err != nil {
			t.Fatal(err)
		}
		defer all.Stop()
		if msg, err := all.Next(jetstream.NextMaxWait(10 * time.Second)); err != nil || string(msg.Data()) != "a result" {
			t.Errorf("the result is %v, %v", msg, err)
		}
	})
}
