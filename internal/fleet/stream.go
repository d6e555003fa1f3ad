package fleet

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// MakeStream makes a stream, or changes it to what it has to be. A cluster that has just
// started may still be without a leader, or miss servers: that is tried again until the context ends.
func MakeStream(ctx context.Context, js jetstream.JetStream, config jetstream.StreamConfig) error {
	for {
		_, err := js.CreateOrUpdateStream(ctx, config)
		if err == nil || !isStarting(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(startPause):
		}
	}
}

// startPause is the time between attempts while a cluster starts.
const startPause = 250 * time.Millisecond

// errNoPeers is the code of nats-server for a cluster with too few servers for the copies that
// are asked for (JSClusterNoPeersErrF in its errors.json).
const errNoPeers jetstream.ErrorCode = 10005

// isStarting reports whether an error of the server may be over in a moment.
func isStarting(err error) bool {
	refused := new(jetstream.APIError)
	return errors.As(err, &refused) && (refused.ErrorCode == errNoPeers || refused.Code == http.StatusServiceUnavailable &&
		refused.ErrorCode != jetstream.JSErrCodeJetStreamNotEnabled && refused.ErrorCode != jetstream.JSErrCodeJetStreamNotEnabledForAccount)
}
