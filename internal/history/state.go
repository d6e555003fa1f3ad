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

// State is how one check stands between runs: what has been announced of it, and
// what is not certain enough yet to be.
type State struct {
	// Name is that of the check.
	Name string `json:"-"`
	// Status is the one that was announced last.
	Status probe.Status `json:"status"`
	// Step is the step that the announced status is about, and Causes are the words
	// for why, that of the verdict first. Both are empty where all is well, and in a
	// state that was written before they were kept.
	Step   string   `json:"step,omitempty"`
	Causes []string `json:"causes,omitempty"`
	// Since is when what was announced began.
	Since time.Time `json:"since,omitzero"`
	// Pending is another status that was seen Count times in a row without being
	// announced yet, first at PendingSince; where it is the announced one, PendingStep
	// and PendingCause are what differs. Count 0 is none.
	Pending      probe.Status `json:"pending"`
	PendingStep  string       `json:"pending_step,omitempty"`
	PendingCause string       `json:"pending_cause,omitempty"`
	Count        int          `json:"count,omitempty"`
	PendingSince time.Time    `json:"pending_since,omitzero"`
	// LastRun is when the check ran last, with what outcome.
	LastRun     time.Time    `json:"last_run,omitzero"`
	LastStatus  probe.Status `json:"last_status"`
	LastSummary string       `json:"last_summary,omitempty"`
	// Summary is that of the announced status.
	Summary string `json:"summary,omitempty"`
	// Announced is when the state was last told of, Reminded when it was last
	// repeated.
	Announced time.Time `json:"announced,omitzero"`
	Reminded  time.Time `json:"reminded,omitzero"`
	// Incident is the open incident, empty where there is none.
	Incident string `json:"incident,omitempty"`
	// Expected is when the next run of the check should have ended at the latest; zero
	// where that is not known. What is known of the check is out of date then.
	Expected time.Time `json:"expected,omitzero"`
	// Group is the check's group in its file, empty for none.
	Group string `json:"group,omitempty"`
	// Memo is for whatever else the caller wants to find again.
	Memo json.RawMessage `json:"memo,omitempty"`
	// Version is the store's: leave it as States gave it, 0 in a new state. It is
	// how a batch is refused that was decided on what is no longer so.
	Version int64 `json:"-"`

	unowned bool // it is of no file yet
}

// ErrStale tells that another process has changed a state since it was read.
// Nothing of the batch was written: read the states again and decide anew.
var ErrStale = errors.New("another process has changed the state of a check in the meantime")

// States returns the states of the checks of Options.File by their names, and those
// of no file where it has none of that name: to commit one takes it over. A database that turns out
// to be damaged is set aside, as by Commit.
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
		// What cannot be read any more counts as never seen.
		_ = json.Unmarshal([]byte(text), &state)
		states[state.Name] = state
		return nil
	}, `SELECT name, version, state, file = 0 AND ?1 <> 0 FROM state WHERE ?1 = 0 OR file IN (0, ?1) ORDER BY file`, s.owner.Load())
	return states, err
}

// putStates writes states, each on condition that it is still the version that was
// read. A state that is not there is written whatever version it claims: the file
// it was read from has been replaced.
func putStates(ctx context.Context, tx *sql.Tx, owner int64, states []State) error {
	if len(states) == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // one that can end costs a goroutine for each statement
	put, err := tx.PrepareContext(ctx, `INSERT INTO state (file, name, version, state) VALUES (?4, ?1, ?2 + 1, ?3)
		ON CONFLICT (file, name) DO UPDATE SET version = version + 1, state = ?3 WHERE version = ?2`)
	if err != nil {
		return err
	}
	defer func() { _ = put.Close() }() // the end of the transaction frees it too
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

// Standing is what is known of a check beside its results.
type Standing struct {
	// Expected is until when what is known of the check is up to date; zero where that is
	// not known.
	Expected time.Time
	// Group is the check's group in its file, Title the title of that file; empty for none.
	Group, Title string
}

// Standings returns what is known of the checks of all files, by their names. Of checks
// that have the same name, the one that is expected last counts.
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
			all[state.Name] = Standing{state.Expected, state.Group, title}
		}
		return nil
	}, `SELECT name, state, coalesce(title, '') FROM state LEFT JOIN file ON id = file`)
}
