package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/internal/fleet"
)

const (
	// sendAgain is the time after which an attempt that failed is made again.
	sendAgain = 5 * time.Second
	// takenWithin is how long the server may take to write a batch.
	takenWithin = 10 * time.Second
	// maxOffset is how far the clock may be off for results to be sent: the centre refuses
	// what is further off.
	maxOffset = 10 * time.Minute
)

// sendAll sends what the spool has whenever there may be something and the centre takes it,
// until the context ends.
func (a *Agent) sendAll(ctx context.Context) {
	again := time.NewTicker(sendAgain)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		case <-a.send:
		}
		if err := a.sendWaiting(ctx); ctx.Err() == nil {
			a.told.tell("send", err)
		}
	}
}

// sendRest sends what it can at the end.
func (a *Agent) sendRest() {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	_ = a.sendWaiting(ctx) // what is left waits for the next start
}

// sendWaiting sends the batches of the spool, the newest first.
func (a *Agent) sendWaiting(ctx context.Context) error {
	held := map[*entry]bool{}
	for a.maySend() {
		e := a.spool.newest(held)
		if e == nil {
			return nil
		}
		b, err := a.spool.read(e)
		if err != nil {
			a.o.Warn(fmt.Errorf("%d results are lost, as the file of the spool that has them is damaged: %w", e.count, err))
			if err := a.spool.done(e, true); err != nil {
				return err
			}
			continue
		}
		switch err := a.sendOne(ctx, e, b); {
		case errors.Is(err, errHeld):
			held[e] = true
		case err != nil:
			return err
		default:
			if err := a.spool.done(e, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// maySend reports whether the centre takes results.
func (a *Agent) maySend() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.welcomed && a.conn.IsConnected()
}

// errHeld: a batch cannot be sent, and stays until it is too old.
var errHeld = errors.New("it stays in the spool")

// sendOne sends a batch and waits until the server has written it.
func (a *Agent) sendOne(ctx context.Context, e *entry, b batch) error {
	if offset, known := a.clock.offset(); b.Unmeasured {
		b.Offset, b.Unmeasured = offset.Seconds(), !known
		if err := a.spool.measured(e, b); err != nil {
			return err
		}
	}
	text, err := json.Marshal(b.Batch)
	if err != nil {
		return err
	}
	if b.Offset > maxOffset.Seconds() || b.Offset < -maxOffset.Seconds() || int64(len(text)) > a.conn.MaxPayload() {
		return errHeld
	}
	ctx, cancel := context.WithTimeout(ctx, takenWithin)
	defer cancel()
	m := &nats.Msg{Subject: fleet.ResultSubject + "." + a.place, Data: text}
	if _, err = a.stream.PublishMsg(ctx, m, jetstream.WithMsgID(b.ID)); err != nil {
		return fmt.Errorf("the server does not take results, which are kept: %w", err)
	}
	return nil
}
