package history

import (
	"context"
	"database/sql"
)

// tiers is how many times longer than single results the days, the changes and the
// incidents are kept.
const tiers = 10

// pruneAtOnce bounds how many results one pruning deletes, so that no run waits
// long for it: twice what 1,000 checks a minute can add in between.
const pruneAtOnce = 20_000

// prune deletes what is older than it is kept, once a day for each process and
// until nothing is left to delete. What goes wrong with it can wait: the next run
// tries again.
func (s *Store) prune(ctx context.Context) {
	today := dayOf(s.options.Now())
	if s.pruned.Load() == today {
		return
	}
	done := false
	err := s.update(ctx, func(tx *sql.Tx) (err error) {
		done, err = s.pruneIn(ctx, tx)
		return err
	})
	if err == nil && done {
		s.pruned.Store(today)
	}
}

// pruneIn tells whether nothing is left to delete.
func (s *Store) pruneIn(ctx context.Context, tx *sql.Tx) (done bool, err error) {
	now := s.options.Now()
	keep, long := millis(now.Add(-s.options.Keep)), millis(now.Add(-tiers*s.options.Keep))
	results, err := tx.ExecContext(ctx, `DELETE FROM result WHERE (at, series) IN
		(SELECT at, series FROM result WHERE at < ? ORDER BY at LIMIT ?)`, keep, pruneAtOnce)
	if err != nil {
		return false, err
	}
	for _, old := range []struct {
		statement string
		before    int64
	}{
		{`DELETE FROM run WHERE at < ?`, keep},
		{`DELETE FROM whole WHERE at < ? AND NOT change`, keep},
		{`DELETE FROM whole WHERE at < ?`, long},
		{`DELETE FROM day WHERE day < ? / 86400000`, long},
		{`DELETE FROM incident WHERE closed < ?`, long},
		{`DELETE FROM notification WHERE sent < ?1 OR dropped < ?1`, keep},
	} {
		if _, err := tx.ExecContext(ctx, old.statement, old.before); err != nil {
			return false, err
		}
	}
	n, err := results.RowsAffected()
	return n < pruneAtOnce, err
}
