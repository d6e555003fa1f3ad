package history

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
)

// Incident is a period in which a check was failing. A check has at most one open
// incident.
type Incident struct {
	// ID is from IncidentID.
	ID string
	// Name is the name of the check; Kind and Target are those of the result that opened
	// the incident.
	Name, Kind, Target string
	// Opened and Closed are when it began and ended; Closed is zero while it is open.
	Opened, Closed time.Time
	// Status is the current status, Worst the worst one of the incident.
	Status, Worst probe.Status
	// Summary describes the failure, the last one if the incident is closed.
	Summary string
	// Events are what happened, in order. Commit adds those it is given to those that
	// are stored.
	Events []Event
}

// Event is one change in an incident.
type Event struct {
	// At is when it happened.
	At time.Time
	// Kind is EventOpened or another of the constants below.
	Kind string
	// Status and Summary describe the check from then on.
	Status  probe.Status
	Summary string
	// By is the name of who acknowledged the incident, or withdrew that, with the reason as
	// the summary; empty for what a check found.
	By string
	// Result is the result that caused the event, with its transcript; nil if it is not
	// known.
	Result *probe.Result
}

// The kinds of events.
const (
	EventOpened  = "opened"
	EventWorse   = "worse"
	EventBetter  = "better"
	EventChanged = "changed"
	EventClosed  = "closed"

	// EventAcknowledged: somebody has taken the incident on. EventWithdrawn ends that.
	EventAcknowledged = "acknowledged"
	EventWithdrawn    = "withdrawn"
)

// Open reports whether the incident is ongoing.
func (i Incident) Open() bool { return i.Closed.IsZero() }

// Acknowledged returns the event by which somebody has taken the incident on, nil where
// nobody has.
func (i Incident) Acknowledged() *Event {
	for at := range slices.Backward(i.Events) {
		switch i.Events[at].Kind {
		case EventAcknowledged:
			return &i.Events[at]
		case EventWithdrawn:
			return nil
		}
	}
	return nil
}

// Duration returns how long the incident lasted, up to now if it is open; 0 if it ended
// before it began, as after a clock was set back.
func (i Incident) Duration(now time.Time) time.Duration {
	if i.Open() {
		return max(0, now.Sub(i.Opened))
	}
	return max(0, i.Closed.Sub(i.Opened))
}

// IncidentID returns the identifier of the incident that a check opened at a time. It
// depends on the arguments alone. Further words distinguish checks of the same name,
// such as the path of their file.
func IncidentID(name string, opened time.Time, further ...string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(append([]string{name}, further...), "\x00")))
	return fmt.Sprintf("%s-%016x", opened.UTC().Format("20060102T150405.000Z"), h.Sum64())
}

// putIncidents inserts or updates incidents, and adds their events.
func putIncidents(ctx context.Context, tx *sql.Tx, owner int64, incidents []Incident, p *packer) error {
	for _, i := range incidents {
		_, err := tx.ExecContext(ctx, `INSERT INTO incident (id, name, kind, target, opened, closed, worst, status, summary, file)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
			ON CONFLICT (id) DO UPDATE SET closed = ?6, worst = ?7, status = ?8, summary = ?9`,
			i.ID, i.Name, i.Kind, i.Target, millis(i.Opened), orNull(i.Closed), i.Worst, i.Status, i.Summary, owner)
		if err != nil {
			return fmt.Errorf("incident of %s: %w", i.Name, err)
		}
		for _, e := range i.Events {
			if err := putEvent(ctx, tx, i.ID, e, p); err != nil {
				return fmt.Errorf("incident of %s: %w", i.Name, err)
			}
		}
	}
	return nil
}

func putEvent(ctx context.Context, tx *sql.Tx, incident string, e Event, p *packer) error {
	var packed []byte
	if e.Result != nil {
		text, err := p.plain(e.Result)
		if err != nil {
			return err
		}
		if packed, err = p.pack(text); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO event (incident, at, kind, status, summary, author, result) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, incident, millis(e.At), e.Kind, e.Status, e.Summary, e.By, packed)
	return err
}

// millis returns a time as it is stored.
func millis(t time.Time) int64 { return t.UnixMilli() }

// fromMillis is the inverse of millis; 0 is the zero time.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// orNull returns a time as it is stored, NULL for the zero time.
func orNull(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: millis(t), Valid: !t.IsZero()}
}
