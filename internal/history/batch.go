package history

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"mailprobe/probe"
)

// Entry is one result of a run. Name is that of the check in its file, as in State;
// a check with several targets has an entry for each.
type Entry struct {
	Name   string
	Result *probe.Result
}

// Batch is everything that one run changes.
type Batch struct {
	// Start and Elapsed are those of the run.
	Start   time.Time
	Elapsed time.Duration
	// Entries are the results. A second one of the same name, kind, target and
	// millisecond counts as the same.
	Entries []Entry
	// States are those that have changed, as they are now.
	States []State
	// Incidents are those that were opened, changed or closed.
	Incidents []Incident
	// Notifications are to be sent; one whose ID is known already is left alone.
	Notifications []Notification
}

// Commit writes a batch, whole or not at all. It returns [ErrStale] when another
// process has changed one of the states since they were read, and an error of
// which [IsFull] is true when there is no room. A database that turns out to be
// damaged is set aside like one that [Open] finds, and the batch goes into the new
// one; Notice tells of it.
func (s *Store) Commit(ctx context.Context, b Batch) error {
	var p packer
	drafts, err := newDrafts(b.Entries, &p)
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	seen := s.current()
	err = s.commit(ctx, b, drafts, &p)
	if isDamage(err) && !s.options.ReadOnly {
		if err = s.replace(ctx, seen, err); err == nil {
			err = s.commit(ctx, b, drafts, &p)
		}
	}
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	s.prune(ctx, len(b.Entries))
	return nil
}

func (s *Store) commit(ctx context.Context, b Batch, drafts []draft, p *packer) error {
	owner := s.owner.Load()
	return s.update(ctx, func(tx *sql.Tx) error {
		if err := putStates(ctx, tx, owner, b.States); err != nil {
			return err
		}
		if err := putResults(ctx, tx, b, drafts, p, s.options.Now()); err != nil {
			return err
		}
		if err := putIncidents(ctx, tx, owner, b.Incidents, p); err != nil {
			return err
		}
		return putNotifications(ctx, tx, owner, b.Notifications)
	})
}
