package history

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"mailprobe/probe"
)

// Incident is the time in which a check was not well, from what opened it to what
// closed it. A check has at most one that is open.
type Incident struct {
	// ID is made by IncidentID.
	ID string
	// Name is that of the check; Kind and Target are those of the result that
	// opened the incident.
	Name, Kind, Target string
	// Opened and Closed are its limits; it is open where Closed is zero.
	Opened, Closed time.Time
	// Status is the present one, Worst the worst there was.
	Status, Worst probe.Status
	// Summary says what is wrong, or was last.
	Summary string
	// Events are what happened, in order. Those that Commit is given are added
	// to those before.
	Events []Event
}

// Event is one thing that happened in an incident.
type Event struct {
	// At is when.
	At time.Time
	// Kind is what: EventOpened and so on.
	Kind string
	// Status and Summary are those of the check from then on.
	Status  probe.Status
	Summary string
	// Result is what was found, with its transcript; nil where it is not known.
	Result *probe.Result
}

// The kinds of event.
const (
	EventOpened  = "opened"
	EventWorse   = "worse"
	EventBetter  = "better"
	EventChanged = "changed"
	EventClosed  = "closed"
)

// Open tells whether the incident goes on.
func (i Incident) Open() bool { return i.Closed.IsZero() }

// Duration is how long it took, until now where it goes on; 0 where a clock that was
// set back has it end before it began.
func (i Incident) Duration(now time.Time) time.Duration {
	if i.Open() {
		return max(0, now.Sub(i.Opened))
	}
	return max(0, i.Closed.Sub(i.Opened))
}

// IncidentID makes the identifier of the incident that a check opened at a time:
// always the same one of the same words. Further words tell apart checks of the same
// name, such as the path of the file that they are in.
func IncidentID(name string, opened time.Time, further ...string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(append([]string{name}, further...), "\x00")))
	return fmt.Sprintf("%s-%016x", opened.UTC().Format("20060102T150405.000Z"), h.Sum64())
}

// putIncidents writes incidents as they are now, and adds their events.
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
	_, err := tx.ExecContext(ctx, `INSERT INTO event (incident, at, kind, status, summary, result) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, incident, millis(e.At), e.Kind, e.Status, e.Summary, packed)
	return err
}

// millis is how the database holds a time.
func millis(t time.Time) int64 { return t.UnixMilli() }

// fromMillis is the inverse of millis; 0 is the zero time.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// orNull is NULL for the zero time.
func orNull(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: millis(t), Valid: !t.IsZero()}
}
