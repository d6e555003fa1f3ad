package notify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// The limits of sending.
const (
	leaseMargin = 3 * time.Second     // that a claim lasts beyond what sending may take
	giveUpAfter = 14 * 24 * time.Hour // nobody wants to know of older events
	fewAttempts = 10                  // with fewer, a message is not old: the clock was wrong
	maxRefusals = 3                   // as it is, shortened, and without the server's words
)

// What becomes of a message that was not sent.
const (
	keptForLater = "; it is kept and tried again"
	givenUp      = "; it is given up"
)

// Outbox sends the notifications that wait in a history.
type Outbox struct {
	// Store is the history.
	Store *history.Store
	// Notifiers are those of the file of checks.
	Notifiers []*Notifier
	// Network is how receivers are reached.
	Network Network
	// Interval is the time between runs.
	Interval time.Duration
	// Courier sends in the place of this process, given Interval, and returns what went
	// wrong. Its error means that it could not begin; then, and where it is nil, this
	// process sends.
	Courier func(ctx context.Context, interval time.Duration) (problems []string, err error)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Deliver sends what waits to be sent, of this run and of earlier ones, and returns what
// went wrong.
func (o Outbox) Deliver(ctx context.Context) (problems Errors) {
	if o.Now == nil {
		o.Now = time.Now
	}
	pending, err := o.Store.Pending(ctx)
	problems.Add(err)
	if len(pending) > 0 && o.Courier != nil {
		said, err := o.Courier(ctx, o.Interval)
		for _, text := range said {
			problems.Add(errors.New(text))
		}
		if err == nil {
			return problems
		}
	}
	problems.Add(o.sendAll(ctx, pending)...)
	return problems
}

// sendAll sends to all notifiers at once.
func (o Outbox) sendAll(ctx context.Context, pending []history.Notification) (problems Errors) {
	queues := map[string][]history.Notification{}
	for _, n := range pending {
		queues[n.Notifier] = append(queues[n.Notifier], n)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	for name, queue := range queues {
		all.Go(func() {
			errs := o.deliverTo(ctx, name, queue)
			mu.Lock()
			defer mu.Unlock()
			problems.Add(errs...)
		})
	}
	all.Wait()
	problems.Add(o.waiting(ctx, queues)...)
	return problems
}

// waiting repeats what is wrong with notifiers whose messages are not due for another
// attempt.
func (o Outbox) waiting(ctx context.Context, tried map[string][]history.Notification) (problems []error) {
	waiting, err := o.Store.Waiting(ctx)
	problems = append(problems, err)
	for _, name := range slices.Sorted(maps.Keys(waiting)) {
		if n := o.notifier(name); n != nil && tried[name] == nil {
			problems = append(problems, named(n, errors.New(waiting[name]), keptForLater))
		}
	}
	return problems
}

func (o Outbox) notifier(name string) *Notifier {
	if i := slices.IndexFunc(o.Notifiers, func(n *Notifier) bool { return n.Name == name }); i >= 0 {
		return o.Notifiers[i]
	}
	return nil
}

// outcome is what has become of a message.
type outcome int

const (
	delivered outcome = iota // the receiver has it, or another process sends it
	rejected                 // the receiver refused this one for good; it may accept others
	deferred                 // the receiver answered, but does not accept it now
	unreached                // the receiver cannot be reached, so neither for the others
)

// deliverTo sends a notifier what waits for it, oldest first. One message that is
// refused does not hold up the others; where the receiver is down they have their
// turn in a later run.
func (o Outbox) deliverTo(ctx context.Context, name string, queue []history.Notification) []error {
	notifier := o.notifier(name)
	var errs []error
	alive, failures := false, 0
	for _, n := range queue {
		if notifier == nil {
			errs = append(errs, o.putOff(ctx, n))
			continue
		}
		claim, mine, err := o.Store.Claim(ctx, n.ID, notifier.Limit())
		if err != nil {
			return append(errs, err)
		}
		if !mine {
			continue
		}
		now, err := o.send(ctx, notifier, n, claim)
		errs = append(errs, err)
		switch now {
		case delivered, rejected:
			alive = true
		case deferred:
			failures++
		case unreached:
			return errs
		}
		if failures > 1 && !alive {
			return errs // the fault is not the message
		}
	}
	return errs
}

// putOff defers a message whose notifier is no longer in the file: it may come back.
func (o Outbox) putOff(ctx context.Context, n history.Notification) error {
	claim, mine, err := o.Store.Claim(ctx, n.ID, leaseMargin)
	if err != nil || !mine {
		return err
	}
	gone := errors.New("there is no such notifier in this file")
	if expired(n, o.Now()) {
		return o.Store.Drop(ctx, claim, gone)
	}
	return o.Store.Failed(ctx, claim, gone, o.Now().Add(history.MaxWait))
}

// expired reports whether a message is too old to be of use. One that was seldom tried
// is not: the clock was wrong when it was written, or is now.
func expired(n history.Notification, now time.Time) bool {
	return now.Sub(n.Created) > giveUpAfter && n.Attempts >= fewAttempts
}

// send sends one notification under a claim, and records the outcome. One that is
// refused for good is sent again at once, shortened.
func (o Outbox) send(ctx context.Context, notifier *Notifier, n history.Notification, claim history.Claim) (outcome, error) {
	m, err := decode(n)
	if err != nil {
		return rejected, errors.Join(err, o.Store.Drop(ctx, claim, err))
	}
	next := o.Now().Add(o.wait(n.Attempts + 1))
	sent := sync.OnceValue(func() error { return o.Store.Sent(context.WithoutCancel(ctx), claim) })
	p := handover{func() error { return o.Store.HandOver(ctx, claim) }, func() { _ = sent() }}
	err = notifier.attempt(ctx, o.Network, m.form(n.Refused), p)
	if errors.As(err, new(refused)) && n.Refused == 0 {
		n.Refused++
		err = notifier.attempt(ctx, o.Network, m.form(n.Refused), p)
	}
	ctx = context.WithoutCancel(ctx) // an interrupt ends the sending, and the outcome is still recorded
	kept := named(notifier, err, keptForLater)
	switch {
	case err == nil, errors.As(err, new(partly)):
		return delivered, errors.Join(named(notifier, err, ""), sent())
	case errors.Is(err, history.ErrLost):
		return delivered, nil // another process sends it
	case errors.As(err, new(refused)) && n.Refused+1 >= maxRefusals:
		return rejected, errors.Join(named(notifier, err, givenUp), o.Store.Drop(ctx, claim, err))
	case errors.As(err, new(refused)):
		return rejected, errors.Join(kept, o.Store.Refused(ctx, claim, n.Refused+1, err, next))
	case errors.As(err, new(uncertain)):
		return unreached, errors.Join(kept, o.Store.Doubtful(ctx, claim, err, next))
	case expired(n, o.Now()):
		return rejected, errors.Join(named(notifier, err, givenUp), o.Store.Drop(ctx, claim, err))
	case errors.As(err, new(declined)):
		return deferred, errors.Join(kept, o.Store.Failed(ctx, claim, err, next))
	}
	return unreached, errors.Join(kept, o.Store.Failed(ctx, claim, err, next))
}

// ConfirmFor is how long a receiver may take, after an interrupt, to confirm a message that
// it was handed before. To give it up at once would mean to send it twice.
const ConfirmFor = 5 * time.Second

// attempt sends a message once, within the sender's time. Until the message is handed over
// an interrupt ends it at once.
func (n *Notifier) attempt(ctx context.Context, by Network, m *Message, p handover) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	lasting, cancel := context.WithTimeout(context.WithoutCancel(ctx), n.sender.limit())
	defer cancel()
	var handed atomic.Bool
	begin := p.begin
	p.begin = func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		handed.Store(true)
		return begin()
	}
	defer context.AfterFunc(ctx, func() {
		if handed.Load() {
			probe.Pause(lasting, ConfirmFor)
		}
		cancel()
	})()
	return n.sender.send(lasting, m, by, p)
}

// SendDirectly sends events without the outbox, when the history cannot be written, and
// records them.
func (r Run) SendDirectly(ctx context.Context, by Network, n *Notifier, events []Event) (problems Errors) {
	events = slices.DeleteFunc(events, func(e Event) bool { return !n.Wants(e) })
	for _, portion := range n.portions(events) {
		made, err := r.notification(n, portion)
		if err == nil {
			err = n.sendForms(ctx, by, made)
		}
		if err == nil || errors.As(err, new(partly)) || errors.As(err, new(refused)) {
			for _, e := range portion {
				r.Record.Add(n.Name, e)
			}
		}
		problems.Add(named(n, err, ""))
	}
	return problems
}

// sendForms sends a message in the first form that is not refused.
func (n *Notifier) sendForms(ctx context.Context, by Network, made history.Notification) error {
	m, err := decode(made)
	for refusals := range maxRefusals {
		if err != nil && !errors.As(err, new(refused)) {
			return err
		}
		if err = n.attempt(ctx, by, m.form(refusals), unrecorded); err == nil {
			return nil
		}
	}
	return err
}

// wait is how long to wait after so many attempts: the interval of the runs, doubled
// each time, up to an hour.
func (o Outbox) wait(attempts int) time.Duration {
	wait := o.Interval
	for range attempts - 1 {
		wait = min(2*wait, history.MaxWait)
	}
	return wait - Slack(wait)
}

// Slack is the tolerance on intervals, because cron is not exact.
func Slack(interval time.Duration) time.Duration { return min(interval/10, 30*time.Second) }

// named adds the notifier to an error, and what becomes of the message.
func named(n *Notifier, err error, then string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("notifier %s: %s%s", n.Name, strings.TrimSpace(err.Error()), then)
}
