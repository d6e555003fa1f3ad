package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// salvageTime is the maximum time that reading a damaged database may delay a run.
const salvageTime = 10 * time.Second

// table is a table of the database.
type table struct {
	noun, name, columns string
	sound               string // the condition for a row that makes sense
}

// salvaged are the tables without which a failure would be reported again, and its end
// not at all. Results are left out: there may be millions.
var salvaged = []table{
	{"state", "state", "file, name, version, state", "json_valid(state)"},
	{"file", "file", "id, path", "path <> ''"},
	{"incident", "incident", "file, id, name, kind, target, opened, closed, worst, status, summary", "id <> ''"},
	{"event", "event", "incident, at, kind, status, summary, author, result", "incident <> ''"},
	{"silence", "silence", "file, id, word, begin, until, author, reason, ender", "word <> ''"},
	{"notification", "notification", `file, refused, id, notifier, name, kind, incident, created, payload, due, attempts,
		error, claim, until, handed, doubt, sent, dropped`, "id <> ''"},
}

// salvage copies what can be read of the renamed database into the new one, and returns
// a text that reports what that was.
func salvage(ctx context.Context, aside string, into *sql.DB, now time.Time) string {
	ctx, cancel := context.WithTimeout(ctx, salvageTime)
	defer cancel()
	old, version, err := openAside(ctx, aside)
	if err != nil {
		return forgotten
	}
	defer func() { _ = old.Close() }() // it was opened for reading
	var kept []string
	err = inTransaction(ctx, into, func(tx *sql.Tx) error {
		for _, t := range salvaged {
			if n := t.copy(ctx, old, version, tx); n > 0 && t.name != "file" {
				kept = append(kept, plural(n, t.noun))
			}
		}
		return closeOrphans(ctx, tx, now)
	})
	if err != nil || len(kept) == 0 {
		return forgotten
	}
	text := "recovered from it: " + strings.Join(kept, ", ")
	if !strings.HasSuffix(strings.TrimSuffix(kept[0], "s"), salvaged[0].noun) {
		text += "; " + forgotten
	}
	return text
}

// forgotten reports that no state could be read.
const forgotten = "the states of the checks are lost: a failure that continues is reported again, and its end only after that"

// openAside opens a renamed database for reading, and returns the version of its schema
// as well.
func openAside(ctx context.Context, name string) (*sql.DB, int, error) {
	settings := url.Values{"mode": {"ro"}, "_pragma": {"trusted_schema(0)"}}
	if !exists(name + "-wal") {
		settings.Set("immutable", "1")
	}
	db, err := sql.Open("sqlite", dataSource(name, settings))
	if err != nil {
		return nil, 0, err
	}
	version, err := inspect(ctx, db)
	if err != nil {
		return nil, 0, errors.Join(err, db.Close())
	}
	return db, version, nil
}

// copy copies the rows of a table up to the first one that cannot be read, and returns
// how many it copied. Rows that make no sense are left out.
func (t table) copy(ctx context.Context, old *sql.DB, version int, tx *sql.Tx) (n int) {
	names := strings.Split(t.columns, ",")
	insert := fmt.Sprintf("INSERT OR IGNORE INTO %s (%s) VALUES (?%s)", t.name, t.columns, strings.Repeat(", ?", len(names)-1))
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	_ = each(ctx, old, func(rows *sql.Rows) error { // rows after an error cannot be read
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if done, err := tx.ExecContext(ctx, insert, values...); err == nil {
			added, _ := done.RowsAffected()
			n += int(added)
		}
		return nil
	}, fmt.Sprintf("SELECT %s FROM %s WHERE %s", t.columnsOf(version), t.name, t.sound))
	return n
}

// columnsOf returns the columns as a version of the schema has them: before the sixth
// there were no files, and no counts of refusals, and before the ninth no authors.
func (t table) columnsOf(version int) string {
	columns := t.columns
	if version < 9 {
		columns = strings.ReplaceAll(columns, "author,", "'',")
	}
	if version < 6 {
		columns = strings.NewReplacer("file,", "0,", "refused,", "0,").Replace(columns)
	}
	return columns
}

// closeOrphans closes open incidents that no state refers to: they would stay open
// forever and prevent others of the same check.
func closeOrphans(ctx context.Context, tx *sql.Tx, now time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE incident SET closed = max(opened, ?) WHERE closed IS NULL
		AND id NOT IN (SELECT state ->> 'incident' FROM state WHERE state ->> 'incident' IS NOT NULL)`, millis(now))
	return err
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
