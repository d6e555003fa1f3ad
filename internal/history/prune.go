package history

import (
	"context"
	"database/sql"
	"time"
)

// tiers is how many times longer than single results days, changes of status and
// incidents are kept.
const tiers = 10

// pruneAtOnce is the maximum number of results deleted in one run, unless the run has
// added more than half as many: no run takes long, and pruning keeps up.
const pruneAtOnce = 2000

// prune deletes what is past its retention, each day until nothing is left to delete. It
// ignores errors: the next run tries again.
func (s *Store) prune(ctx context.Context, added int) {
	today := dayOf(s.options.Now())
	if s.pruned.Load() == today {
		return
	}
	done := false
	err := s.update(ctx, func(tx *sql.Tx) (err error) {
		done, err = s.pruneIn(ctx, tx, today, max(pruneAtOnce, 2*added))
		return err
	})
	if err == nil && done {
		s.pruned.Store(today)
	}
}

// maxAdvance is by how many days the horizon of pruning moves at once.
const maxAdvance = 7

// nextHorizon returns the day that pruning takes for today. It follows the calendar, but
// by a few days at a time: a clock that is a year ahead for an hour must not cost a year
// of results. A machine that was off for long keeps its results longer, and catches up.
func nextHorizon(ctx context.Context, tx *sql.Tx, today int64) (int64, error) {
	var before sql.NullInt64
	row := tx.QueryRowContext(ctx, `SELECT min(day) FROM upkeep WHERE job IN ('prune', 'horizon')`)
	if err := row.Scan(&before); err != nil {
		return 0, err
	}
	if !before.Valid {
		return today, nil
	}
	return min(today, before.Int64+maxAdvance), nil
}

// pruneIn deletes up to limit results, and reports whether nothing is left to delete.
func (s *Store) pruneIn(ctx context.Context, tx *sql.Tx, today int64, limit int) (done bool, err error) {
	row := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM upkeep WHERE job = 'prune' AND day = ?)`, today)
	if err := row.Scan(&done); done || err != nil {
		return done, err
	}
	horizon, err := nextHorizon(ctx, tx, today)
	if err != nil {
		return false, err
	}
	now := s.options.Now().Add(-time.Duration(today-horizon) * dayLength)
	keep, long := millis(now.Add(-s.options.Keep)), millis(now.Add(-tiers*s.options.Keep))
	results, err := tx.ExecContext(ctx, `DELETE FROM result WHERE (at, series) IN
		(SELECT at, series FROM result WHERE at < min(?, (SELECT until FROM summed)) ORDER BY at LIMIT ?)`, keep, limit)
	if err != nil {
		return false, err
	}
	if n, err := results.RowsAffected(); err != nil || n == int64(limit) {
		return false, err
	}
	return true, pruneRest(ctx, tx, today, horizon, keep, long)
}

// pruneRest deletes from the small tables, and records that the day is done.
func pruneRest(ctx context.Context, tx *sql.Tx, today, horizon, keep, long int64) error {
	for _, do := range []struct {
		statement string
		limit     int64
	}{
		{`DELETE FROM run WHERE at < ?`, keep},
		{`DELETE FROM whole WHERE at < ? AND NOT change`, keep},
		{`DELETE FROM whole WHERE at < ?`, long},
		{`DELETE FROM day WHERE day < ? / 86400000`, long},
		{`DELETE FROM incident WHERE closed < ?`, long},
		{`DELETE FROM silence WHERE until < ?`, long},
		{`DELETE FROM notification WHERE sent < ?1 OR dropped < ?1`, keep},
		{`INSERT INTO upkeep (job, day) VALUES ('prune', ?1) ON CONFLICT DO UPDATE SET day = ?1`, today},
		{`INSERT INTO upkeep (job, day) VALUES ('horizon', ?1) ON CONFLICT DO UPDATE SET day = ?1`, horizon},
	} {
		if _, err := tx.ExecContext(ctx, do.statement, do.limit); err != nil {
			return err
		}
	}
	return nil
}
