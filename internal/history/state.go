package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"mailprobe/probe"
)

// State is what is known of a check between runs: what has been announced, and what is
// not yet certain enough to be.
type State struct {
	// Name is the name of the check.
	Name string `json:"-"`
	// Status is the status that was announced last.
	Status probe.Status `json:"status"`
	// Step is the step that the announced status is about, and Causes are the names of
	// its causes, that of the verdict first. Both are empty for OK, and in states written
	// by versions that did not store them.
	Step   string   `json:"step,omitempty"`
	Causes []string `json:"causes,omitempty"`
	// Since is when the announced status began.
	Since time.Time `json:"since,omitzero"`
	// Pending is a status that was seen Count times in a row and is not announced yet,
	// first at PendingSince; if it is the announced one, PendingStep and PendingCause
	// differ. With Count 0 there is none.
	Pending      probe.Status `json:"pending"`
	PendingStep  string       `json:"pending_step,omitempty"`
	PendingCause string       `json:"pending_cause,omitempty"`
	Count        int          `json:"count,omitempty"`
	PendingSince time.Time    `json:"pending_since,omitzero"`
	// LastRun is when the check ran last; LastStatus and LastSummary are the outcome.
	LastRun     time.Time    `json:"last_run,omitzero"`
	LastStatus  probe.Status `json:"last_status"`
	LastSummary string       `json:"last_summary,omitempty"`
	// Summary is the summary of the announced status.
	Summary string `json:"summary,omitempty"`
	// Announced is when the status was announced, Reminded when it was last repeated.
	Announced time.Time `json:"announced,omitzero"`
	Reminded  time.Time `json:"reminded,omitzero"`
	// Incident is the ID of the open incident, empty if there is none.
	Incident string `json:"incident,omitempty"`
	// Expected is when the next run of the check should have ended at the latest; zero if
	// that is not known. After it, what is known of the check is out of date.
	Expected time.Time `json:"expected,omitzero"`
	// Group is the group of the check in its file, empty for none.
	Group string `json:"group,omitempty"`
	// Silenced is why nothing bad was announced in the last run, nil where the check was not
	// silenced.
	Silenced *probe.Silenced `json:"silenced,omitempty"`
	// Memo is for the caller's own use.
	Memo json.RawMessage `json:"memo,omitempty"`
	// Version is the store's: leave it as States returned it, 0 in a new state. By it a
	// batch is refused that is based on outdated states.
	Version int64 `json:"-"`

	unowned bool // whether it belongs to no file yet
}

// Committed returns the state as States returns it after it was committed.
func (s State) Committed() State {
	s.Version, s.unowned = s.Version+1, false
	return s
}

// ErrStale means that another process has changed a state since it was read. Nothing of
// the batch was written: read the states again and decide again.
var ErrStale = errors.New("another process has changed the state of a check in the meantime")

// States returns the states of the checks of Options.File by name, and where it has none
// of a name the state that belongs to no file, which committing assigns to Options.File. A
// database that is found to be damaged is replaced, as by Commit.
func (s *Store) States(ctx context.Context) (map[string]State, error) {
	seen := s.current()
	states, err := s.states(ctx)
	if isDamage(err) && !s.options.ReadOnly {
		if err = s.replace(ctx, seen, err); err == nil {
			return s.states(ctx)
		}
	}
	return states, err
}

func (s *Store) states(ctx context.Context) (map[string]State, error) {
	states := map[string]State{}
	err := s.query(ctx, func(rows *sql.Rows) error {
		var state State
		var text string
		if err := rows.Scan(&state.Name, &state.Version, &text, &state.unowned); err != nil {
			return err
		}
		// A state that cannot be read counts as new.
		_ = json.Unmarshal([]byte(text), &state)
		states[state.Name] = state
		return nil
	}, `SELECT name, version, state, file = 0 AND ?1 <> 0 FROM state WHERE ?1 = 0 OR file IN (0, ?1) ORDER BY file`, s.owner.Load())
	return states, err
}

// putStates writes states, each on condition that its version is still the one that was
// read. A state that does not exist is written regardless of its version: the database it
// was read from has been replaced.
func putStates(ctx context.Context, tx *sql.Tx, owner int64, states []State) error {
	if len(states) == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // a context that can be cancelled costs a goroutine per statement
	put, err := tx.PrepareContext(ctx, `INSERT INTO state (file, name, version, state) VALUES (?4, ?1, ?2 + 1, ?3)
		ON CONFLICT (file, name) DO UPDATE SET version = version + 1, state = ?3 WHERE version = ?2`)
	if err != nil {
		return err
	}
	defer func() { _ = put.Close() }() // the transaction's end closes it too
	for _, state := range states {
		text, err := json.Marshal(state)
		if err != nil {
			return err
		}
		done, err := put.ExecContext(ctx, state.Name, state.Version, string(text), owner)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("%s: %w", state.Name, ErrStale))
		}
		if state.unowned {
			if err := takeOver(ctx, tx, owner, state.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Standing is the current state and schedule of a check.
type Standing struct {
	// Expected is State.Expected.
	Expected time.Time
	// Group is the group of the check in its file, Title the title of that file; empty for
	// none.
	Group, Title string
	// Silenced is State.Silenced.
	Silenced *probe.Silenced
}

// Standings returns what is known of the checks of all files, by name. Of checks with the
// same name, the one with the latest Expected counts.
func (s *Store) Standings(ctx context.Context) (map[string]Standing, error) {
	all := map[string]Standing{}
	return all, s.query(ctx, func(rows *sql.Rows) error {
		var state State
		var text, title string
		if err := rows.Scan(&state.Name, &text, &title); err != nil {
			return err
		}
		known, ok := all[state.Name]
		if json.Unmarshal([]byte(text), &state) == nil && (!ok || state.Expected.After(known.Expected)) {
			all[state.Name] = Standing{state.Expected, state.Group, title, state.Silenced}
		}
		return nil
	}, `SELECT name, state, coalesce(title, '') FROM state LEFT JOIN file ON id = file`)
}
