package history

import (
	"context"
	"database/sql"
	"time"

	"mailprobe/probe"
)

// known is what the results of a run are written beside, read at once.
type known struct {
	latest map[Series]*latest
	until  int64 // results before it are in the sums of their days
	now    int64
}

// latest is what is known of the latest result of a series. Times are milliseconds.
type latest struct {
	series      int64
	found       bool // there is a result
	at, since   int64
	kept, print int64 // when the last one was kept whole, and its fingerprint
	status      probe.Status
}

// How often results are kept whole that show no change of status.
const (
	wholeFailing = time.Hour        // at the least, of a check that fails on
	wholeCause   = 10 * time.Minute // at the least, when it fails at another step or for another cause
	wholeChanged = 6 * time.Hour    // of a check that is OK with another text than before
)

// closeness is how many times longer a failure has gone on than its results kept whole
// are apart: those of the first minutes are all kept, later ones ever more rarely, so
// that a failure has some hundred results to look at however long it goes on.
const closeness = 24

// keeps reports whether a result of the same status as the one before is kept whole.
func (l latest) keeps(d draft) bool {
	age, failing := d.at-l.kept, d.at-l.since
	limit := min(wholeFailing.Milliseconds(), failing/closeness)
	switch {
	case d.Result.Status == probe.OK, d.Result.Status == probe.Skipped:
		return d.print != l.print && age >= wholeChanged.Milliseconds()
	case d.print != l.print:
		limit = min(limit, wholeCause.Milliseconds())
	}
	return age >= limit
}

// recall reads what is known of all series. A latest result that is still to come, as
// a clock that was ahead leaves it, counts as none: it must not cover those until then.
func recall(ctx context.Context, tx *sql.Tx, now time.Time) (known, error) {
	k := known{latest: map[Series]*latest{}, now: millis(now)}
	if err := tx.QueryRowContext(ctx, sumsUntil).Scan(&k.until); err != nil {
		return k, err
	}
	return k, each(ctx, tx, k.addLatest, `SELECT id, name, kind, series.target, at IS NOT NULL, coalesce(at, 0),
		coalesce(status, 0), coalesce(since, 0), coalesce(print, 0), coalesce(kept, 0)
		FROM series LEFT JOIN latest ON series = id`)
}

func (k known) addLatest(rows *sql.Rows) error {
	var s Series
	var l latest
	err := rows.Scan(&l.series, &s.Name, &s.Kind, &s.Target, &l.found, &l.at, &l.status, &l.since, &l.print, &l.kept)
	l.found = l.found && l.at <= k.now
	k.latest[s] = &l
	return err
}

// each gives every row of an answer to scan.
func each(ctx context.Context, q querier, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
