package history

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"mailprobe/probe"
)

// Entry is one result of a run. Name is the name of the check in its file, as in State;
// a check with several targets has one entry per target.
type Entry struct {
	Name   string
	Result *probe.Result
}

// Batch is everything that one run changes.
type Batch struct {
	// Start is when the run began, Elapsed how long it took.
	Start   time.Time
	Elapsed time.Duration
	// Entries are the results. A second one with the same name, kind, target and
	// millisecond is ignored.
	Entries []Entry
	// Keep are those of the results that are stored in full whatever they are.
	Keep []*probe.Result
	// States are the states that changed, with their new content.
	States []State
	// Incidents are the incidents that were opened, changed or closed.
	Incidents []Incident
	// Notifications are to be sent; one whose ID exists already is ignored.
	Notifications []Notification
}

// Commit writes a batch in one transaction. It returns [ErrStale] when another process
// has changed one of the states since they were read. A database that is found to be
// damaged is replaced as by [Open], and the batch is written to the new one; Notice
// reports it.
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
