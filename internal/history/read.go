package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"mailprobe/probe"
)

// known is what has to be known to write the results of a run.
type known struct {
	latest map[Series]*latest
	until  int64 // results before it are included in their days
	now    int64
}

// latest describes the latest result of a series. Times are milliseconds.
type latest struct {
	series      int64
	found       bool // whether there is a result
	at, since   int64
	kept, print int64 // time and fingerprint of the last result stored in full
	status      probe.Status
}

// How often results are stored in full without a change of status.
const (
	wholeFailing = time.Hour        // at least, while a check keeps failing
	wholeCause   = 10 * time.Minute // at least, when it fails at another step or for another cause
	wholeChanged = 6 * time.Hour    // at most, when a check is OK with another text than before
)

// closeness is the ratio of the duration of a failure to the interval of its results that
// are stored in full: all of the first minutes, and later ones at growing intervals, so
// that a failure of a day has about a hundred.
const closeness = 24

// keeps reports whether a result with the status of the one before is stored in full.
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

// readKnown reads what is known of the series of the names. A latest result in the future, as a clock
// that was ahead leaves it, counts as none: it must not hide later ones until then.
func readKnown(ctx context.Context, tx *sql.Tx, names []string, now time.Time) (known, error) {
	k := known{latest: map[Series]*latest{}, now: millis(now)}
	if err := tx.QueryRowContext(ctx, sumsUntil).Scan(&k.until); err != nil {
		return k, err
	}
	list, err := json.Marshal(names)
	if err != nil {
		return k, err
	}
	return k, each(ctx, tx, k.addLatest, `SELECT id, name, kind, series.target, at IS NOT NULL, coalesce(at, 0),
		coalesce(status, 0), coalesce(since, 0), coalesce(print, 0), coalesce(kept, 0)
		FROM series LEFT JOIN latest ON series = id WHERE name IN (SELECT value FROM json_each(?))`, string(list))
}

func (k known) addLatest(rows *sql.Rows) error {
	var s Series
	var l latest
	err := rows.Scan(&l.series, &s.Name, &s.Kind, &s.Target, &l.found, &l.at, &l.status, &l.since, &l.print, &l.kept)
	l.found = l.found && l.at <= k.now
	k.latest[s] = &l
	return err
}

// each calls scan for every row that a query returns.
func each(ctx context.Context, q querier, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err has its error
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
