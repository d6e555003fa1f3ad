package history

import (
	"context"
	"database/sql"
	"fmt"
)

// applicationID identifies the file as a history of mailprobe: "mprb".
const applicationID = 0x6d707262

// migrations each convert one version of the schema to the next; the file's user_version
// is how many were applied. One that has been released is never changed.
//
// Times are milliseconds since 1970, days are days since then, durations are
// microseconds, statuses the numbers of probe.Status.
var migrations = []string{
	`-- 1: results
	CREATE TABLE run (
		at INTEGER NOT NULL, elapsed INTEGER NOT NULL, results INTEGER NOT NULL, status INTEGER NOT NULL
	);
	CREATE INDEX run_at ON run (at);
	CREATE TABLE series ( -- results that belong together
		id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,
		UNIQUE (name, kind, target)
	);
	CREATE TABLE shape ( -- names and statuses of steps and facts, the same for many results
		id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE
	);
	CREATE TABLE result (
		at INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series, status INTEGER NOT NULL,
		elapsed INTEGER NOT NULL, shape INTEGER NOT NULL REFERENCES shape, numbers BLOB NOT NULL,
		PRIMARY KEY (at, series)
	) WITHOUT ROWID;
	CREATE TABLE latest ( -- the last result of a series, whole
		series INTEGER PRIMARY KEY REFERENCES series, at INTEGER NOT NULL, status INTEGER NOT NULL,
		since INTEGER NOT NULL, print INTEGER NOT NULL, kept INTEGER NOT NULL, result BLOB NOT NULL
	);
	CREATE TABLE whole ( -- results kept with texts and transcript
		series INTEGER NOT NULL REFERENCES series, at INTEGER NOT NULL, status INTEGER NOT NULL,
		change INTEGER NOT NULL, result BLOB NOT NULL,
		PRIMARY KEY (series, at)
	) WITHOUT ROWID;
	CREATE TABLE day (
		series INTEGER NOT NULL REFERENCES series, day INTEGER NOT NULL,
		unknown INTEGER NOT NULL, skipped INTEGER NOT NULL, ok INTEGER NOT NULL,
		warning INTEGER NOT NULL, critical INTEGER NOT NULL, times BLOB NOT NULL,
		PRIMARY KEY (series, day)
	) WITHOUT ROWID;`,

	`-- 2: states and incidents
	CREATE TABLE state (
		name TEXT PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL
	) WITHOUT ROWID;
	CREATE TABLE incident (
		id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,
		opened INTEGER NOT NULL, closed INTEGER, worst INTEGER NOT NULL, status INTEGER NOT NULL,
		summary TEXT NOT NULL
	) WITHOUT ROWID;
	CREATE UNIQUE INDEX incident_open ON incident (name) WHERE closed IS NULL;
	CREATE INDEX incident_opened ON incident (opened);
	CREATE TABLE event (
		seq INTEGER PRIMARY KEY, incident TEXT NOT NULL REFERENCES incident ON DELETE CASCADE,
		at INTEGER NOT NULL, kind TEXT NOT NULL, status INTEGER NOT NULL, summary TEXT NOT NULL, result BLOB,
		UNIQUE (incident, at, kind)
	);`,

	`-- 3: notifications
	CREATE TABLE notification (
		id TEXT PRIMARY KEY, notifier TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
		incident TEXT NOT NULL, created INTEGER NOT NULL, payload BLOB NOT NULL,
		due INTEGER NOT NULL, attempts INTEGER NOT NULL, error TEXT NOT NULL,
		claim TEXT NOT NULL, until INTEGER NOT NULL, handed INTEGER NOT NULL, doubt INTEGER NOT NULL,
		sent INTEGER, dropped INTEGER
	) WITHOUT ROWID;
	CREATE INDEX notification_due ON notification (due) WHERE sent IS NULL AND dropped IS NULL;`,

	`-- 4: what is done once a day
	CREATE TABLE upkeep (job TEXT PRIMARY KEY, day INTEGER NOT NULL) WITHOUT ROWID;`,

	`-- 5: what the server refused
	ALTER TABLE result ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE day ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;`,

	`-- 6: which file of checks it is of; 0 is that of none, as all was before
	CREATE TABLE file (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
	CREATE TABLE state_of_file (
		file INTEGER NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL,
		PRIMARY KEY (file, name)
	) WITHOUT ROWID;
	INSERT INTO state_of_file SELECT 0, name, version, state FROM state;
	DROP TABLE state;
	ALTER TABLE state_of_file RENAME TO state;
	ALTER TABLE incident ADD COLUMN file INTEGER NOT NULL DEFAULT 0;
	DROP INDEX incident_open;
	CREATE UNIQUE INDEX incident_open ON incident (file, name) WHERE closed IS NULL;
	ALTER TABLE notification ADD COLUMN file INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE notification ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;`,

	`-- 7: before when the results are in the sums of their days
	CREATE TABLE summed (until INTEGER NOT NULL);
	INSERT INTO summed SELECT coalesce(max(at) + 1, 0) FROM result;`,

	`-- 8: what the owner of a file of checks calls it
	ALTER TABLE file ADD COLUMN title TEXT NOT NULL DEFAULT '';`,

	`-- 9: silences, and what lies within them
	CREATE TABLE silence (
		id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
		file INTEGER NOT NULL, word TEXT NOT NULL, begin INTEGER NOT NULL, until INTEGER NOT NULL,
		author TEXT NOT NULL, reason TEXT NOT NULL, ender TEXT NOT NULL DEFAULT ''
	);
	CREATE INDEX silence_until ON silence (until);
	ALTER TABLE result ADD COLUMN silenced INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE day ADD COLUMN silenced INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE event ADD COLUMN author TEXT NOT NULL DEFAULT '';`,
}

// migrate updates the schema of the database, in one transaction.
func migrate(ctx context.Context, db *sql.DB) error {
	version, err := inspect(ctx, db)
	if err != nil || version == len(migrations) {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	// Another process may have done it in the meantime.
	if version, err = inspect(ctx, tx); err != nil {
		return err
	}
	if err := advance(ctx, tx, version, len(migrations)); err != nil {
		return err
	}
	return tx.Commit()
}

// advance applies the migrations from one version to another.
func advance(ctx context.Context, tx *sql.Tx, from, to int) error {
	for i := from; i < to; i++ {
		if _, err := tx.ExecContext(ctx, migrations[i]); err != nil {
			return fmt.Errorf("schema %d: %w", i+1, err)
		}
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, to))
	return err
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// inspect returns the version of the schema, 0 for an empty file.
func inspect(ctx context.Context, q querier) (int, error) {
	var application, version, tables int
	row := q.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`)
	if err := row.Scan(&application, &version, &tables); err != nil {
		return 0, err
	}
	switch {
	case application == 0 && version == 0 && tables == 0:
		return 0, nil
	case application != applicationID || version < 1:
		return 0, errForeign
	case version > len(migrations):
		return 0, fmt.Errorf("%w: its schema is %d, this one knows up to %d; update mailprobe or choose another --state",
			ErrNewer, version, len(migrations))
	}
	return version, nil
}
