package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"mailprobe/internal/cut"
	"mailprobe/internal/fleet"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// helloPause is the least time from one greeting to the next, maxWelcome bounds an answer, in
// bytes.
const (
	helloPause = 500 * time.Millisecond
	maxWelcome = 16 << 20
)

// answerWithin is how long the centre may take to answer a greeting.
const answerWithin = 5 * time.Second

// greetAll greets the centre every few seconds and when there is something new to say, until the
// context ends.
func (a *Agent) greetAll(ctx context.Context) {
	every := time.NewTicker(fleet.HelloEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		case <-a.greet:
		}
		if a.conn.IsConnected() {
			a.greeted(a.hello(ctx))
			probe.Pause(ctx, helloPause) // whatever the centre asks for
		}
	}
}

// greeted says how a greeting went. After one that failed, that the centre is there is told again.
func (a *Agent) greeted(err error) {
	if err != nil {
		a.mu.Lock()
		a.announced = false
		a.mu.Unlock()
	}
	a.told.tell("hello", err)
}

// hello greets the centre and does what it answers.
func (a *Agent) hello(ctx context.Context) error {
	a.clock.forget()
	asked := a.o.Now()
	text, err := json.Marshal(a.greeting(asked))
	if err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	answer, err := a.conn.RequestWithContext(waiting, fleet.HelloSubject+"."+a.place, text)
	answered := a.o.Now()
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, nats.ErrNoResponders):
		return errors.New("the server is there, and nobody answers as the centre: mailprobe serve --fleet does not run; results are kept")
	case err != nil:
		return fmt.Errorf("the centre does not answer, and results are kept: %w", err)
	}
	var w fleet.Welcome
	if len(answer.Data) > maxWelcome || json.Unmarshal(answer.Data, &w) != nil || w.Received.IsZero() {
		return errors.New("what the centre answers is no welcome; is its version older or newer by much?")
	}
	if a.clock.learn(asked, answered, w.Received); a.first.CompareAndSwap(false, true) {
		signal(a.greet) // with what the clock lacks
	}
	return a.heed(w)
}

// greeting is what the agent says of itself.
func (a *Agent) greeting(at time.Time) fleet.Hello {
	h := fleet.Hello{Version: a.o.Version, Process: a.process, Sent: at.Round(0)}
	h.SealKey, _ = a.state.curve.PublicKey() // of a key with a seed it always is
	if offset, ok := a.clock.offset(); ok {
		seconds := offset.Seconds()
		h.Offset = &seconds
		h.Able = append(h.Able, clockAbility(offset))
	}
	h.Spooled, h.Dropped = a.spool.stats()
	a.mu.Lock()
	defer a.mu.Unlock()
	h.Schedule, h.Refused = a.schedule, a.refused
	h.Able = append(h.Able, a.findings.Able...)
	h.Dropped += a.lost
	return h
}

// heed does what the centre answers.
func (a *Agent) heed(w fleet.Welcome) error {
	a.mu.Lock()
	a.welcomed, a.key = w.Error == "", w.Key
	a.mu.Unlock()
	if w.Schedule != nil {
		a.takeUp(w.Schedule)
		signal(a.greet) // with what was refused of it
	}
	if w.Error != "" {
		return fmt.Errorf("the centre takes no results, which are kept: %s", cut.Bytes(report.Clean(w.Error), 500))
	}
	a.announce()
	signal(a.send)
	return nil
}

// announce says that the centre is there, and what is done for it; once, and after a loss that
// was told.
func (a *Agent) announce() {
	jobs := len(a.scheduler.Items())
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.announced {
		return
	}
	a.announced = true
	text := fmt.Sprintf("connected to %s as %s: %s", a.conn.ConnectedUrlRedacted(), a.place, probe.Count(jobs, "check"))
	if n := len(a.refused); n > 0 {
		text += fmt.Sprintf(", and %d more that agent.yaml or this version does not permit", n)
	}
	a.o.Warn(errors.New(text))
}
