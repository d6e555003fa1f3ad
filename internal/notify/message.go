package notify

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/plainjson"
	"mailprobe/probe"
)

// Message is what a notifier sends: the events of a run, or one of them. Its JSON
// names are a promise.
type Message struct {
	// ID is unique; the same message sent again has the same.
	ID string `json:"id"`
	// Time is that of the run, Host the machine it ran on.
	Time time.Time `json:"time"`
	Host string    `json:"host"`
	// Title is that of the file.
	Title string `json:"title,omitempty"`
	// Status is the worst of all checks of the file now.
	Status probe.Status `json:"status"`
	// Subject says it in a line, Text in full.
	Subject string `json:"subject"`
	Text    string `json:"text"`
	// Events are what happened.
	Events []Event `json:"events"`
	// Repeated is set where the receiver may have the message already.
	Repeated bool `json:"repeated,omitempty"`
}

// Run is what messages say about the run that sends them.
type Run struct {
	// Title is that of the file of checks.
	Title string
	// Start is when the run began.
	Start time.Time
	// Status is the worst of all checks of the file now.
	Status probe.Status
	// Overview returns the text about all checks, leaving out those that events are about.
	Overview func(events []Event) string
	// Record holds what was announced while the history could not be written.
	Record *Record
}

// Notifications returns the messages for notifiers that want some of the events. The
// errors are those of messages that cannot be made.
func (r Run) Notifications(to []*Notifier, events []Event) (all []history.Notification, problems Errors) {
	for _, n := range to {
		var wanted []Event
		for _, e := range events {
			if n.Wants(e) && !r.Record.Has(n.Name, e) {
				wanted = append(wanted, e)
			}
		}
		for _, portion := range n.portions(wanted) {
			made, err := r.notification(n, portion)
			if err == nil {
				all = append(all, made)
			}
			problems.Add(named(n, err, ""))
		}
	}
	return all, problems
}

// notification makes a message. Its identifier is made of the events in it.
func (r Run) notification(n *Notifier, events []Event) (history.Notification, error) {
	host, _ := os.Hostname()
	m := &Message{
		Time: r.Start, Host: host, Title: r.Title, Status: r.Status, Events: events,
		Subject: subject(events), Text: Announce(events) + r.Overview(events),
	}
	words := []string{n.Name}
	for _, e := range events {
		words = append(words, e.identity)
		if times := r.Record.times(n.Name, e); times > 0 {
			words = append(words, strconv.Itoa(times))
		}
	}
	m.ID = history.NotificationID(words...)
	payload, err := plainjson.Marshal(m)
	made := history.Notification{ID: m.ID, Notifier: n.Name, Kind: "events", Created: r.Start, Payload: payload}
	if len(events) == 1 {
		made.Name, made.Kind, made.Incident = events[0].Check, string(events[0].Kind), events[0].Incident
	}
	return made, err
}

// decode returns the message of a notification.
func decode(n history.Notification) (*Message, error) {
	m := &Message{}
	err := json.Unmarshal(n.Payload, m)
	m.ID, m.Repeated = n.ID, n.Doubt
	return m, err
}

// portions are the events that go into one message each.
func (n *Notifier) portions(events []Event) [][]Event {
	switch {
	case len(events) == 0:
		return nil
	case n.sender.single():
		return slices.Collect(slices.Chunk(events, 1))
	case n.Each:
		return grouped(events)
	}
	return [][]Event{events}
}

// subject returns in a line what has happened.
func subject(events []Event) string {
	if groups := grouped(events); len(groups) == 1 {
		e := groups[0][0]
		e.others = groups[0][1:]
		return fmt.Sprintf("%s %s: %s", e.headline(), e.title(), e.verdict())
	}
	var bad, good, other int
	for _, e := range events {
		switch e.Kind {
		case Recovery:
			good++
		case Published:
			other++
		default:
			bad++
		}
	}
	var parts []string
	if bad > 0 {
		parts = append(parts, probe.Count(bad, "check")+" failing")
	}
	if good > 0 {
		parts = append(parts, probe.Count(good, "check")+" recovered")
	}
	if other > 0 {
		parts = append(parts, probe.Count(other, "check")+" changed")
	}
	return strings.Join(parts, ", ")
}
