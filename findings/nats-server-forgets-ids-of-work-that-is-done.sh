#!/usr/bin/env bash
# nats-server v2.15.2 with nats.go v1.55.0 (Go), JetStream with a file store.
#
# A stream knows messages again by their Nats-Msg-Id within its duplicate window, here an
# hour, and publishing one twice is answered as a duplicate. The IDs are read from the stored
# messages when the server starts. A work queue removes a message when it is acknowledged, so
# after an orderly restart the ID of work that is done is new: published again, it is
# stored and done again. In a stream that keeps its messages the ID is known as before.
set -eu
folder=$(mktemp -d "${TMPDIR:-/tmp}/finding.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'END'
module finding
go 1.26
require (
	github.com/nats-io/nats-server/v2 v2.15.2
	github.com/nats-io/nats.go v1.55.0
)
END
cat >main.go <<'END'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var ctx = context.Background()

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// start starts the server on what the folder holds.
func start() (*server.Server, jetstream.JetStream) {
	s := must(server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: "store"}))
	go s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		panic("it does not start")
	}
	return s, must(jetstream.New(must(nats.Connect(s.ClientURL()))))
}

func publish(js jetstream.JetStream, subject, when string) {
	ack := must(js.Publish(ctx, subject, []byte("x"), jetstream.WithMsgID("1")))
	fmt.Printf("%s %s: duplicate %v\n", subject, when, ack.Duplicate)
}

func main() {
	s, js := start()
	for name, retention := range map[string]jetstream.RetentionPolicy{"queue": jetstream.WorkQueuePolicy, "log": jetstream.LimitsPolicy} {
		must(js.CreateStream(ctx, jetstream.StreamConfig{Name: name, Subjects: []string{name}, Retention: retention, Duplicates: time.Hour}))
		publish(js, name, "at first")
		c := must(js.CreateConsumer(ctx, name, jetstream.ConsumerConfig{Durable: "worker", AckPolicy: jetstream.AckExplicitPolicy}))
		if err := must(c.Next()).DoubleAck(ctx); err != nil {
			panic(err)
		}
		publish(js, name, "when it is done")
	}
	s.Shutdown()
	s.WaitForShutdown()
	s, js = start()
	publish(js, "queue", "after a restart")
	publish(js, "log", "after a restart")
	s.Shutdown()
	os.Exit(0)
}
END
GOFLAGS=-mod=mod go run . >seen
sort seen
for line in 'queue at first: duplicate false' 'queue when it is done: duplicate true' 'queue after a restart: duplicate false' 'log after a restart: duplicate true'; do
	grep -qF "$line" seen || { echo "changed: $line"; exit 1; }
done
