package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"mailprobe/history"
)

// The limits of sending.
const (
	leaseMargin = 3 * time.Second     // that a claim lasts beyond what sending may take
	giveUpAfter = 14 * 24 * time.Hour // nobody wants to know of older events
)

// notifications are the messages for all notifiers that want some of the events.
func (r *Report) notifications() []history.Notification {
	var all []history.Notification
	for _, n := range r.Suite.Notifiers {
		var wanted []Event
		for _, e := range r.Events {
			if n.wants(e) {
				wanted = append(wanted, e)
			}
		}
		for _, events := range n.portions(wanted) {
			if made, err := r.notification(n, events); err == nil {
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
	if len(events) == 0 {
		return nil
	}
	if !n.Each {
		return [][]Event{events}
	}
	var each [][]Event
	for i := range events {
		each = append(each, events[i:i+1])
	}
	return each
}

// notification makes a message with an identifier of what it tells.
func (r *Report) notification(n *Notifier, events []Event) (history.Notification, error) {
	m := newMessage(r.Suite, events, r.Status, r.announce(events), r.Start)
	words := []string{n.Name}
	for _, e := range events {
		words = append(words, e.Incident, string(e.Kind), e.Status.String(), e.At.UTC().Format(time.RFC3339Nano))
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

// deliver sends what is to be sent, of this run and of runs before, to all
// notifiers at once.
func (r *Report) deliver(ctx context.Context, o Options) {
	pending, err := o.Store.Pending(ctx)
	r.trouble(err)
	queues := map[string][]history.Notification{}
	for _, n := range pending {
		queues[n.Notifier] = append(queues[n.Notifier], n)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	for name, queue := range queues {
		all.Go(func() {
			err := r.deliverTo(ctx, o, name, queue)
			mu.Lock()
			defer mu.Unlock()
			r.trouble(err)
		})
	}
	all.Wait()
}

// deliverTo sends a notifier what waits for it, oldest first, up to the first that
// fails: the others would fail, too, and have their turn in the next run.
func (r *Report) deliverTo(ctx context.Context, o Options, name string, queue []history.Notification) error {
	notifier := r.Suite.notifier(name)
	var missed error
	for _, n := range queue {
		lease := leaseMargin
		if notifier != nil {
			lease += notifier.sender.limit()
		}
		claim, mine, err := o.Store.Claim(ctx, n.ID, lease)
		if err != nil {
			return err
		}
		switch {
		case !mine:
			continue
		case notifier == nil:
			// Another file may share the history: it is left for that one.
			err = o.Store.Failed(ctx, claim, errors.New("there is no such notifier in this file"), o.Now())
			if o.Now().Sub(n.Created) > giveUpAfter {
				err = o.Store.Drop(ctx, claim, errors.New("there is no such notifier"))
			}
		default:
			err = send(ctx, o, notifier, n, claim)
			if errors.As(err, new(partly)) {
				missed, err = errors.Join(missed, named(notifier, err, "")), nil
			}
			err = named(notifier, err, "; it is kept and sent in the next run")
		}
		if err != nil {
			return errors.Join(missed, err)
		}
	}
	return missed
}

// send sends one notification under a claim and notes how it went.
func send(ctx context.Context, o Options, notifier *Notifier, n history.Notification, claim history.Claim) error {
	m, err := decode(n)
	if err != nil {
		return errors.Join(err, o.Store.Drop(ctx, claim, err))
	}
	sending, cancel := context.WithTimeout(ctx, notifier.sender.limit())
	defer cancel()
	err = notifier.sender.send(sending, m, o.Network, func() error { return o.Store.HandOver(ctx, claim) })
	switch {
	case err == nil, errors.As(err, new(partly)):
		return errors.Join(err, o.Store.Sent(ctx, claim))
	case errors.Is(err, history.ErrLost):
		return nil // another process sends it
	case errors.As(err, new(uncertain)):
		// The claim is left to end, so that the next attempt knows of the doubt.
		return err
	case o.Now().Sub(n.Created) > giveUpAfter:
		return errors.Join(err, o.Store.Drop(ctx, claim, err))
	}
	return errors.Join(err, o.Store.Failed(ctx, claim, err, o.Now()))
}

// named says which notifier an error is of, and what becomes of the message.
func named(n *Notifier, err error, then string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("notifier %s: %s%s", n.Name, strings.TrimSpace(err.Error()), then)
}
