package history

import (
	"context"
	"database/sql"
	"time"
)

// tiers is how many times longer than single results the days, the changes and the
// incidents are kept.
const tiers = 10

// pruneAtOnce is how many results one pruning deletes at most, or twice as many as
// the run has added: no run waits long for it, and it keeps up.
const pruneAtOnce = 2000

// prune deletes what is older than it is kept, once a day, until nothing is left to
// delete. What goes wrong with it can wait: the next run tries again.
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

// maxAdvance is by how many days a day of pruning goes beyond the one before.
const maxAdvance = 7

// nextHorizon returns the day that pruning takes for the present one. It goes on
// with the calendar, but by a few days at a time: a clock that is a year ahead for an
// hour must not cost the results of a year. A machine that was switched off for long
// keeps what it has for longer, and catches up.
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

// pruneIn tells whether nothing is left to delete that day.
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

// pruneRest deletes what is little, and notes that the day is done.
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
