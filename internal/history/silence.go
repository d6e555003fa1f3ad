package history

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"mailprobe/probe"
)

// Silence is the wish of somebody that nothing bad is announced of some checks for a time.
type Silence struct {
	// ID is assigned by AddSilence; no two silences have the same.
	ID string
	// Word is the name, the tag or the group of the checks.
	Word string
	// Begin is when it was set, Until when it ends or was ended.
	Begin, Until time.Time
	// By is the name of who set it, Reason why.
	By, Reason string
	// EndedBy is the name of who ended it early; empty where nobody did.
	EndedBy string
}

// At reports whether it holds at a time.
func (s Silence) At(t time.Time) bool { return !t.Before(s.Begin) && t.Before(s.Until) }

// AddSilence stores a silence of Options.File, and returns it with its ID.
func (s *Store) AddSilence(ctx context.Context, one Silence) (Silence, error) {
	err := s.update(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `INSERT INTO silence (file, word, begin, until, author, reason) VALUES (?, ?, ?, ?, ?, ?)`,
			s.owner.Load(), one.Word, millis(one.Begin), millis(one.Until), one.By, one.Reason)
		if err != nil {
			return err
		}
		id, err := done.LastInsertId()
		one.ID = strconv.FormatInt(id, 10)
		return err
	})
	return one, err
}

// Silences returns the silences of Options.File that end after a time, in the order they
// were set; of all files if there is none. Those that are over are kept as long as
// incidents are.
func (s *Store) Silences(ctx context.Context, after time.Time) ([]Silence, error) {
	var all []Silence
	err := s.query(ctx, func(rows *sql.Rows) error {
		var one Silence
		var begin, until int64
		err := rows.Scan(&one.ID, &one.Word, &begin, &until, &one.By, &one.Reason, &one.EndedBy)
		one.Begin, one.Until = fromMillis(begin), fromMillis(until)
		all = append(all, one)
		return err
	}, `SELECT id, word, begin, until, author, reason, ender FROM silence
		WHERE until > ?1 AND (?2 = 0 OR file = ?2) ORDER BY id`, millis(after), s.owner.Load())
	return all, err
}

// EndSilence ends a silence at a time. It reports false where none with the ID holds then.
func (s *Store) EndSilence(ctx context.Context, id string, at time.Time, by string) (ended bool, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `UPDATE silence SET until = max(begin, ?1), ender = ?2
			WHERE id = ?3 AND until > ?1 AND (?4 = 0 OR file = ?4)`, millis(at), by, id, s.owner.Load())
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		ended = n > 0
		return err
	})
	return ended, err
}

// ErrClosed means that an incident is not open, or not known.
var ErrClosed = errors.New("the incident is not open")

// AddEvent adds an event to an open incident, such as that somebody has acknowledged it. It
// returns ErrClosed where there is no such incident.
func (s *Store) AddEvent(ctx context.Context, incident string, e Event) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		var open bool
		err := tx.QueryRowContext(ctx, `SELECT closed IS NULL FROM incident WHERE id = ?1 AND (?2 = 0 OR file = ?2)`,
			incident, s.owner.Load()).Scan(&open)
		if errors.Is(err, sql.ErrNoRows) || err == nil && !open {
			return ErrClosed
		}
		if err != nil {
			return err
		}
		return putEvent(ctx, tx, incident, e, &packer{})
	})
}

// Acknowledgement is that somebody has taken an incident on.
type Acknowledgement struct {
	// Incident is its identifier, Name the name of the check.
	Incident, Name string
	// Status is that of the check then.
	Status probe.Status
	// At is when, By who, Reason why or what is being done.
	At         time.Time
	By, Reason string
}

// Acknowledged returns the open incidents of Options.File that somebody has taken on, by ID.
func (s *Store) Acknowledged(ctx context.Context) (map[string]Acknowledgement, error) {
	all := map[string]Acknowledgement{}
	return all, s.query(ctx, func(rows *sql.Rows) error {
		var a Acknowledgement
		var at int64
		var kind string
		err := rows.Scan(&a.Incident, &a.Name, &kind, &a.Status, &at, &a.By, &a.Reason)
		a.At = fromMillis(at)
		if delete(all, a.Incident); kind == EventAcknowledged {
			all[a.Incident] = a
		}
		return err
	}, `SELECT incident, name, event.kind, event.status, at, author, event.summary FROM event JOIN incident ON incident.id = incident
		WHERE closed IS NULL AND event.kind IN (?1, ?2) AND (?3 = 0 OR file = ?3) ORDER BY at, seq`,
		EventAcknowledged, EventWithdrawn, s.owner.Load())
}
