package history

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

// older creates a file as a mailprobe with only the first migrations would.
func older(t *testing.T, version int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), FileName)
	db, err := sql.Open("sqlite", source(path))
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := advance(t.Context(), tx, 0, version); err != nil {
		t.Fatal(err)
	}
	undo := beside(t, tx, version < 5, `ALTER TABLE result ADD COLUMN refused; ALTER TABLE day ADD COLUMN refused`)
	// Every run added its results to their days.
	undoSummed := beside(t, tx, version < 7, fmt.Sprintf(`CREATE TABLE summed (until); INSERT INTO summed VALUES (%d)`, millis(time.Now())))
	undoSilenced := beside(t, tx, version < 9, `ALTER TABLE result ADD COLUMN silenced; ALTER TABLE day ADD COLUMN silenced`)
	b := Batch{Start: begin, Entries: []Entry{{"mx", result(begin, probe.Warning)}}}
	drafts, err := newDrafts(b.Entries, &packer{})
	if err := errors.Join(err, putResults(t.Context(), tx, b, drafts, &packer{}, time.Now())); err != nil {
		t.Fatal(err)
	}
	undoSilenced(`ALTER TABLE result DROP COLUMN silenced; ALTER TABLE day DROP COLUMN silenced`)
	undoSummed(`DROP TABLE summed`)
	undo(`ALTER TABLE result DROP COLUMN refused; ALTER TABLE day DROP COLUMN refused`)
	if version >= 2 {
		if _, err := tx.ExecContext(t.Context(), `INSERT INTO state (name, version, state`+strings.Repeat(", file", version/6)+`)
			VALUES ('mx', 1, '{"status":"WARNING"}'`+strings.Repeat(", 0", version/6)+`)`); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(tx.Commit(), db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// beside executes a statement if do is set, and returns a function that then executes the
// statement that undoes it.
func beside(t *testing.T, tx *sql.Tx, do bool, statement string) (undo func(string)) {
	t.Helper()
	run := func(text string) {
		if !do {
			return
		}
		if _, err := tx.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	run(statement)
	return run
}

func TestMigrate(t *testing.T) {
	for version := 1; version <= len(migrations); version++ {
		for _, readOnly := range []bool{false, true} {
			t.Run(fmt.Sprintf("from %d, read only %t", version, readOnly), func(t *testing.T) {
				s, err := Open(t.Context(), older(t, version), Options{ReadOnly: readOnly})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = s.Close() }()
				latest, err := s.Latest(t.Context(), Filter{})
				if err != nil || len(latest) != 1 || latest[0].Result.Status != probe.Warning || s.Notice() != "" {
					t.Errorf("%+v, %v, %q", latest, err, s.Notice())
				}
				states, err := s.States(t.Context())
				if err != nil || version >= 2 && states["mx"].Status != probe.Warning {
					t.Errorf("%+v, %v", states, err)
				}
				days, err := s.Days(t.Context(), Filter{})
				if err != nil || len(days) != 1 || days[0].Days[0].Warning != 1 || days[0].Days[0].Refused != 0 {
					t.Errorf("%+v, %v", days, err)
				}
				if _, err := s.Pending(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestNewer: what a newer mailprobe wrote is refused, and not changed.
func TestNewer(t *testing.T) {
	path := older(t, len(migrations))
	db, err := sql.Open("sqlite", source(path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), fmt.Sprintf("PRAGMA user_version = %d", len(migrations)+4)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), path, Options{})
	want := fmt.Sprintf("its schema is %d, this one knows up to %d", len(migrations)+4, len(migrations))
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), want) || len(asides(t, path)) > 0 {
		t.Errorf("%v", err)
	}
}
