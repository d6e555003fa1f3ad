package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mailprobe/internal/history"
)

// The limits of sending.
const (
	leaseMargin  = 3 * time.Second     // that a claim lasts beyond what sending may take
	giveUpAfter  = 14 * 24 * time.Hour // nobody wants to know of older events
	fewAttempts  = 10                  // with fewer, a message is not old: the clock was wrong
	maxRefusals  = 3                   // as it is, shortened, and without the server's words
	firstWait    = 5 * time.Minute     // between two attempts, where the interval of runs is not known
	shortestWait = time.Minute
)

// notifications are the messages for all notifiers that want some of the events.
func (r *Report) notifications(events []Event) []history.Notification {
	var all []history.Notification
	told := r.told()
	for _, n := range r.Suite.Notifiers {
		var wanted []Event
		for _, e := range events {
			if n.wants(e) && !told.has(n.Name, e) {
				wanted = append(wanted, e)
			}
		}
		for _, portion := range n.portions(wanted) {
			if made, err := r.notification(n, portion); err == nil {
				all = append(all, made)
			} else {
				r.trouble(named(n, err, ""))
			}
		}
	}
	return all
}

// portions are the events that go into one message each.
func (n *Notifier) portions(events []Event) [][]Event {
	switch {
	case len(events) == 0:
		return nil
	case n.sender.single():
		var each [][]Event
		for i := range events {
			each = append(each, events[i:i+1])
		}
		return each
	case n.Each:
		return grouped(events)
	}
	return [][]Event{events}
}

// notification makes a message with an identifier of what it tells.
func (r *Report) notification(n *Notifier, events []Event) (history.Notification, error) {
	m := newMessage(r.Suite, events, r.Status, r.announce(events), r.Start)
	words := []string{n.Name}
	for _, e := range events {
		words = append(words, e.identity)
		if n := r.told().times(n.Name, e); n > 0 {
			words = append(words, strconv.Itoa(n))
		}
	}
	m.ID = history.NotificationID(words...)
	payload, err := marshal(m)
	made := history.Notification{ID: m.ID, Notifier: n.Name, Kind: "events", Created: r.Start, Payload: payload}
	if len(events) == 1 {
		made.Name, made.Kind, made.Incident = events[0].Check, string(events[0].Kind), events[0].Incident
	}
	return made, err
}

func decode(n history.Notification) (*Message, error) {
	m := &Message{}
	err := json.Unmarshal(n.Payload, m)
	m.ID, m.Repeated = n.ID, n.Doubt
	return m, err
}

// deliver sends what is to be sent, of this run and of runs before: by the courier,
// where there is one.
func (r *Report) deliver(ctx context.Context, o Options) {
	pending, err := o.Store.Pending(ctx)
	r.trouble(err)
	if len(pending) > 0 && o.Courier != nil {
		troubles, err := o.Courier(ctx, r.interval)
		for _, text := range troubles {
			r.trouble(errors.New(text))
		}
		if err == nil {
			return
		}
	}
	r.sendAll(ctx, o, pending)
}

// Deliver sends what waits to be sent, and returns what went wrong. It is what a
// courier does: interval is the time between runs.
func (s *Suite) Deliver(ctx context.Context, o Options, interval time.Duration) (troubles []string) {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Courier = nil
	r := &Report{Suite: s, Start: o.Now(), interval: interval}
	r.deliver(ctx, o)
	for _, err := range r.Troubles {
		troubles = append(troubles, err.Error())
	}
	return troubles
}

// sendAll sends to all notifiers at once.
func (r *Report) sendAll(ctx context.Context, o Options, pending []history.Notification) {
	queues := map[string][]history.Notification{}
	for _, n := range pending {
		queues[n.Notifier] = append(queues[n.Notifier], n)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	for name, queue := range queues {
		all.Go(func() {
			errs := r.deliverTo(ctx, o, name, queue)
			mu.Lock()
			defer mu.Unlock()
			for _, err := range errs {
				r.trouble(err)
			}
		})
	}
	all.Wait()
	r.waiting(ctx, o, queues)
}

// waiting keeps a trouble alive while what could not be sent is not due.
func (r *Report) waiting(ctx context.Context, o Options, tried map[string][]history.Notification) {
	waiting, err := o.Store.Waiting(ctx)
	r.trouble(err)
	for _, name := range slices.Sorted(maps.Keys(waiting)) {
		if n := r.Suite.notifier(name); n != nil && tried[name] == nil {
			r.trouble(named(n, errors.New(waiting[name]), "; it is kept and tried again"))
		}
	}
}

// fate is what has become of a message.
type fate int

const (
	through  fate = iota // the receiver has it, or another process sends it
	rejected             // the receiver refused this one for good; others may get through
	putOff               // the receiver answered, but does not take it now
	stuck                // the receiver cannot be reached: neither can it for the others
)

// deliverTo sends a notifier what waits for it, oldest first. One message that is
// refused does not hold up the others; where the receiver is down they have their
// turn in a later run.
func (r *Report) deliverTo(ctx context.Context, o Options, name string, queue []history.Notification) []error {
	notifier := r.Suite.notifier(name)
	var errs []error
	alive, failures := false, 0
	for _, n := range queue {
		if notifier == nil {
			errs = append(errs, leaveUnknown(ctx, o, n))
			continue
		}
		// Two forms may be tried under one claim.
		claim, mine, err := o.Store.Claim(ctx, n.ID, 2*notifier.sender.limit()+leaseMargin)
		if err != nil {
			return append(errs, err)
		}
		if !mine {
			continue
		}
		now, err := r.send(ctx, o, notifier, n, claim)
		errs = append(errs, err)
		switch now {
		case through, rejected:
			alive = true
		case putOff:
			failures++
		case stuck:
			return errs
		}
		if failures > 1 && !alive {
			return errs // it is not the message that is at fault
		}
	}
	return errs
}

// leaveUnknown puts off a message whose notifier the file has no more: it may come
// back.
func leaveUnknown(ctx context.Context, o Options, n history.Notification) error {
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

// send sends one notification under a claim, and notes how it went. One that is
// refused for good is sent shortened at once.
func (r *Report) send(ctx context.Context, o Options, notifier *Notifier, n history.Notification, claim history.Claim) (fate, error) {
	m, err := decode(n)
	if err != nil {
		return rejected, errors.Join(err, o.Store.Drop(ctx, claim, err))
	}
	next := o.Now().Add(r.wait(n.Attempts + 1))
	sent := sync.OnceValue(func() error { return o.Store.Sent(context.WithoutCancel(ctx), claim) })
	p := passage{func() error { return o.Store.HandOver(ctx, claim) }, func() { _ = sent() }}
	err = attempt(ctx, o, notifier, m.form(n.Refused), p)
	if errors.As(err, new(refused)) && n.Refused == 0 {
		n.Refused++
		err = attempt(ctx, o, notifier, m.form(n.Refused), p)
	}
	ctx = context.WithoutCancel(ctx) // an interrupt ends the sending, and is noted
	kept := named(notifier, err, "; it is kept and tried again")
	switch {
	case err == nil, errors.As(err, new(partly)):
		return through, errors.Join(named(notifier, err, ""), sent())
	case errors.Is(err, history.ErrLost):
		return through, nil // another process sends it
	case errors.As(err, new(refused)) && n.Refused+1 >= maxRefusals:
		return rejected, errors.Join(named(notifier, err, "; it is given up"), o.Store.Drop(ctx, claim, err))
	case errors.As(err, new(refused)):
		return rejected, errors.Join(kept, o.Store.Refused(ctx, claim, n.Refused+1, err, next))
	case errors.As(err, new(uncertain)):
		return stuck, errors.Join(kept, o.Store.Doubtful(ctx, claim, err, next))
	case expired(n, o.Now()):
		return rejected, errors.Join(named(notifier, err, "; it is given up"), o.Store.Drop(ctx, claim, err))
	case errors.As(err, new(declined)):
		return putOff, errors.Join(kept, o.Store.Failed(ctx, claim, err, next))
	}
	return stuck, errors.Join(kept, o.Store.Failed(ctx, claim, err, next))
}

// attempt sends a message once, within the sender's time.
func attempt(ctx context.Context, o Options, n *Notifier, m *Message, p passage) error {
	ctx, cancel := context.WithTimeout(ctx, n.sender.limit())
	defer cancel()
	return n.sender.send(ctx, m, o.Network, p)
}

// wait is how long to wait after so many attempts: the interval of the runs, doubled
// each time, up to an hour.
func (r *Report) wait(attempts int) time.Duration {
	wait := r.interval
	for range attempts - 1 {
		wait = min(2*wait, history.MaxWait)
	}
	return wait - slack(wait)
}

// intervalOf is the time between runs, as far as the states show.
func (r *Report) intervalOf(states map[string]history.State) time.Duration {
	var last time.Time
	for _, s := range states {
		if s.LastRun.After(last) {
			last = s.LastRun
		}
	}
	if d := r.Start.Sub(last); !last.IsZero() && d > 0 && d <= history.MaxWait {
		return max(d, shortestWait)
	}
	return firstWait
}

// named says which notifier an error is of, and what becomes of the message.
func named(n *Notifier, err error, then string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("notifier %s: %s%s", n.Name, strings.TrimSpace(err.Error()), then)
}
