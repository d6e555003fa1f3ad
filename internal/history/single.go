package history

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"mailprobe/probe"
)

// Single is one past result.
type Single struct {
	Series
	// Result is the result. Unless Whole is set it has the names, statuses, causes, times
	// and numbers of the steps, but no texts and no transcript; and where it is silenced,
	// that alone.
	Result *probe.Result
	// Whole reports whether the result was stored in full.
	Whole bool
	// Nearest is the start of the nearest result that was stored in full; zero if there
	// is none or Whole is set.
	Nearest time.Time
	// Sparse reports whether only changes of status are kept from that time: there may
	// have been other results between this one and the time asked for.
	Sparse bool
}

// Queries for single results, and for those stored in full where single results are no
// longer kept.
const (
	singleColumns = `SELECT name, kind, series.target, result.at, result.status, refused, silenced, elapsed, shape.text, numbers,
			coalesce(whole.result, latest.result),
			(SELECT max(w.at) FROM whole AS w WHERE w.series = series.id AND w.at < result.at) AS before,
			(SELECT min(w.at) FROM whole AS w WHERE w.series = series.id AND w.at > result.at) AS after
		FROM result JOIN series ON series.id = result.series JOIN shape ON shape.id = shape
		LEFT JOIN whole ON whole.series = series.id AND whole.at = result.at
		LEFT JOIN latest ON latest.series = series.id AND latest.at = result.at`
	sparseColumns = `SELECT name, kind, series.target, whole.at, whole.status, NULL, NULL, NULL, NULL, NULL, result, NULL, NULL
		FROM whole JOIN series ON series.id = series`
	// isSparse selects results stored in full that are older than all single results.
	isSparse = `whole.at < (SELECT coalesce(min(at), 1 << 60) FROM result)`
	// isFailing selects what is neither OK nor skipped.
	isFailing = `status NOT IN (1, 2)`
	ofName    = `(SELECT id FROM series WHERE name = ?1)`
)

// At returns the results of a check at a time: for each of its targets the last one that
// began at or before it. Targets that were not checked since the result before the newest
// one, such as those no longer in the file, are left out. It returns none if the check had
// no result by then.
func (s *Store) At(ctx context.Context, name string, at time.Time) ([]Single, error) {
	var series, last, before int64
	err := s.row(ctx, []any{&series, &last, &before}, `SELECT series, at, coalesce((SELECT max(at) FROM result AS b
			WHERE b.series = result.series AND b.at < result.at), 0)
		FROM result WHERE series IN `+ofName+` AND at <= ?2 ORDER BY at DESC, series LIMIT 1`, name, millis(at))
	if errors.Is(err, sql.ErrNoRows) {
		return s.singles(ctx, sparseColumns+` WHERE series IN `+ofName+` AND whole.at <= ?2 AND `+isSparse+`
			ORDER BY whole.at DESC LIMIT 1`, name, millis(at))
	}
	if err != nil {
		return nil, err
	}
	all, err := s.singles(ctx, singleColumns+` WHERE result.series IN `+ofName+` AND result.at > ?2 AND result.at <= ?3
		ORDER BY series.target, kind, result.at`, name, before, last)
	return lastOfEach(all), err
}

// lastOfEach returns the last result of each series; all are sorted by series and time.
func lastOfEach(all []Single) []Single {
	var last []Single
	for _, one := range all {
		if n := len(last); n > 0 && last[n-1].Series == one.Series {
			last[n-1] = one
			continue
		}
		last = append(last, one)
	}
	return last
}

// Failures returns up to limit results of a check that are neither OK nor skipped, the
// latest first, and how many more there are.
func (s *Store) Failures(ctx context.Context, f Filter, limit int) (all []Single, more int, err error) {
	where := ` WHERE name = ?1 AND `
	all, err = s.singles(ctx, `SELECT * FROM (`+singleColumns+where+`result.at >= ?2 AND result.`+isFailing+`
		UNION ALL `+sparseColumns+where+`whole.at >= ?2 AND whole.`+isFailing+` AND `+isSparse+`)
		ORDER BY at DESC, target LIMIT ?3`, f.Name, f.since(), limit)
	if err != nil || len(all) < limit {
		return all, 0, err
	}
	var total int
	err = s.row(ctx, []any{&total}, `SELECT
		(SELECT count(*) FROM result WHERE series IN `+ofName+` AND at >= ?2 AND `+isFailing+`) +
		(SELECT count(*) FROM whole WHERE series IN `+ofName+` AND at >= ?2 AND `+isFailing+` AND `+isSparse+`)`,
		f.Name, f.since())
	return all, total - len(all), err
}

// singles returns the results of one of the queries above. Damaged ones are left out.
func (s *Store) singles(ctx context.Context, query string, args ...any) ([]Single, error) {
	var all []Single
	shapes := map[string][]shapeStep{}
	err := s.query(ctx, func(rows *sql.Rows) error {
		var one Single
		var r storedResult
		err := rows.Scan(&one.Name, &one.Kind, &one.Target, &r.at, &r.status, &r.refused, &r.silenced, &r.micros, &r.shape,
			&r.numbers, &r.whole, &r.before, &r.after)
		if err == nil && one.fill(r, shapes) {
			all = append(all, one)
		}
		return err
	}, query, args...)
	return all, err
}

// storedResult is a row of the queries above: with numbers, in full, or both.
type storedResult struct {
	at             int64
	status         probe.Status
	refused        sql.NullBool
	silenced       sql.NullBool
	micros         sql.NullInt64
	shape          sql.NullString
	numbers, whole []byte
	before, after  sql.NullInt64 // start of the adjacent results stored in full
}

// nearest returns the nearer one of before and after.
func (r storedResult) nearest() time.Time {
	if r.after.Valid && (!r.before.Valid || r.after.Int64-r.at < r.at-r.before.Int64) {
		return fromMillis(r.after.Int64)
	}
	return fromMillis(r.before.Int64)
}

// fill decodes the result, in full if possible, and reports whether it succeeded.
func (one *Single) fill(r storedResult, shapes map[string][]shapeStep) bool {
	one.Sparse = !r.shape.Valid
	if whole, err := unpack(r.whole); err == nil {
		one.Result, one.Whole = whole, true
		return true
	}
	if one.Sparse {
		return false
	}
	steps, err := expand(shapes, r.shape.String, r.numbers)
	one.Nearest = r.nearest()
	one.Result = &probe.Result{
		Name: one.Name, Check: one.Kind, Target: one.Target, Start: fromMillis(r.at), Status: r.status, Refused: r.refused.Bool,
		Elapsed: time.Duration(r.micros.Int64) * time.Microsecond, Steps: steps,
	}
	if r.silenced.Bool {
		one.Result.Silenced = &probe.Silenced{}
	}
	one.Result.Summary = summarize(one.Result)
	return err == nil
}

// summarize sets the cause of a result without texts, and returns its summary: the step
// that failed and the cause.
func summarize(r *probe.Result) string {
	worst := r.Worst()
	if worst == nil || probe.Worst(r.Status, probe.OK) == probe.OK {
		return ""
	}
	r.Cause = worst.Cause
	if r.Cause == nil {
		return worst.Name
	}
	return worst.Name + ": " + r.Cause.Name
}

// row scans the row that a query returns; the error is sql.ErrNoRows if there is none.
func (s *Store) row(ctx context.Context, into []any, query string, args ...any) error {
	found := false
	err := s.query(ctx, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(into...)
	}, query, args...)
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}
