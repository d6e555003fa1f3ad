package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/probe"
)

// The codes by which a stream says that it is full: stream_store_failed_err, with which it
// names the limit, and insufficient_resources_err.
const (
	errCodeStoreFailed  = 10077
	errCodeNoResources  = 10023
	errCodeStorageLimit = 10047
)

// isFull reports whether a stream has no room.
func isFull(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == errCodeStoreFailed || api.ErrorCode == errCodeNoResources || api.ErrorCode == errCodeStorageLimit)
}

// attemptTime is how long the server has to say that it has a message.
const attemptTime = 5 * time.Second

// publish has a stream store a message once, however long there is no room or no server.
// What is new to go wrong is told to log.
func publish(ctx context.Context, js jetstream.JetStream, msg *nats.Msg, id string, log func(error)) error {
	told := ""
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		each, cancel := context.WithTimeout(ctx, attemptTime)
		_, err := js.PublishMsg(each, msg, jetstream.WithMsgID(id))
		cancel()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, nats.ErrMaxPayload), errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrBadSubject):
			return err
		case err.Error() != told:
			told = err.Error()
			log(fmt.Errorf("%s: %w; it is tried again", msg.Subject, err))
		}
		if !probe.Pause(ctx, pause) {
			return ctx.Err()
		}
	}
}

// messageID is the Nats-Msg-Id of a message: a hash of what must be the same in one that
// counts as the same.
func messageID(of ...any) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q", of)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
