package history

import (
	"context"
	"database/sql"
	"time"
)

// Before returns up to limit results of a check that began before a time, the latest
// first; with failing set those that are neither OK nor skipped.
func (s *Store) Before(ctx context.Context, name string, before time.Time, limit int, failing bool) ([]Single, error) {
	if failing {
		return s.failuresBefore(ctx, name, before, limit)
	}
	return s.singles(ctx, singleColumns+` WHERE result.series IN `+ofName+` AND result.at < ?2
		ORDER BY result.at DESC, series.target LIMIT ?3`, name, millis(before), limit)
}

// failuresBefore looks for failures only in days whose sums have some: results are sorted
// by time, and those of a check that seldom fails are far apart.
func (s *Store) failuresBefore(ctx context.Context, name string, before time.Time, limit int) ([]Single, error) {
	days, err := s.failingDays(ctx, name, before)
	if err != nil {
		return nil, err
	}
	var all []Single
	for _, day := range days {
		more, err := s.singles(ctx, singleColumns+` WHERE result.series IN `+ofName+` AND result.at >= ?2 AND result.at < ?3
			AND result.`+isFailing+` ORDER BY result.at DESC, series.target LIMIT ?4`,
			name, day.from, min(day.till, millis(before)), limit-len(all))
		if all = append(all, more...); err != nil || len(all) == limit {
			return all, err
		}
	}
	sparse, err := s.singles(ctx, sparseColumns+` WHERE series IN `+ofName+` AND whole.at < ?2 AND whole.`+isFailing+`
		AND `+isSparse+` ORDER BY whole.at DESC LIMIT ?3`, name, millis(before), limit-len(all))
	return append(all, sparse...), err
}

// between is a time from one millisecond up to another.
type between struct{ from, till int64 }

// failingDays returns the days, the latest first, in which a check failed, and before
// them the time that is not summed up yet.
func (s *Store) failingDays(ctx context.Context, name string, before time.Time) ([]between, error) {
	var all []between
	err := s.query(ctx, func(rows *sql.Rows) error {
		var b between
		err := rows.Scan(&b.from, &b.till)
		all = append(all, b)
		return err
	}, `SELECT until, (1 << 62) FROM summed WHERE until < ?2
		UNION ALL SELECT * FROM (SELECT DISTINCT day * 86400000, min((day + 1) * 86400000, until) FROM day, summed
			WHERE series IN `+ofName+` AND day * 86400000 < ?2 AND unknown + warning + critical > 0 ORDER BY day DESC)`, name, millis(before))
	return all, err
}

// Incident returns an incident by its ID, with its events; found is false if there is none.
func (s *Store) Incident(ctx context.Context, id string) (i Incident, found bool, err error) {
	var opened int64
	var closed sql.NullInt64
	err = s.query(ctx, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(&i.ID, &i.Name, &i.Kind, &i.Target, &opened, &closed, &i.Worst, &i.Status, &i.Summary)
	}, `SELECT id, name, kind, target, opened, closed, worst, status, summary FROM incident WHERE id = ?`, id)
	if err != nil || !found {
		return i, false, err
	}
	i.Opened, i.Closed = fromMillis(opened), fromMillis(closed.Int64)
	err = s.query(ctx, scanEvent(func(_ string, e Event) { i.Events = append(i.Events, e) }), selectEvents+`
		WHERE incident.id = ? ORDER BY at, seq`, id)
	return i, true, err
}

// RecentIncidents returns up to limit of the incidents that Incidents returns, open ones
// first, without their events.
func (s *Store) RecentIncidents(ctx context.Context, f Filter, limit int) ([]Incident, error) {
	var all []Incident
	err := s.query(ctx, func(rows *sql.Rows) error {
		var i Incident
		var opened int64
		var closed sql.NullInt64
		err := rows.Scan(&i.ID, &i.Name, &i.Kind, &i.Target, &opened, &closed, &i.Worst, &i.Status, &i.Summary)
		i.Opened, i.Closed = fromMillis(opened), fromMillis(closed.Int64)
		all = append(all, i)
		return err
	}, `SELECT id, name, kind, target, opened, closed, worst, status, summary FROM incident
		WHERE ?1 IN ('', name) AND (closed IS NULL OR closed >= ?2) AND opened <= ?3
		ORDER BY closed IS NOT NULL, opened DESC, id LIMIT ?4`, f.Name, f.since(), f.until(), limit)
	return all, err
}

// Next returns when the first result of a check after a time began; found is false if
// there is none.
func (s *Store) Next(ctx context.Context, name string, after time.Time) (at time.Time, found bool, err error) {
	err = s.query(ctx, func(rows *sql.Rows) error {
		var ms int64
		found = true
		err := rows.Scan(&ms)
		at = fromMillis(ms)
		return err
	}, `SELECT at FROM result WHERE series IN `+ofName+` AND at > ?2 ORDER BY at LIMIT 1`, name, millis(after))
	return at, found, err
}
