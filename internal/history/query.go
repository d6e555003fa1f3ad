package history

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"mailprobe/probe"
)

// Filter selects what to read. The zero value selects everything.
type Filter struct {
	// Name is the name of a check; empty selects all.
	Name string
	// Since excludes what ended before it, Until what began after it; zero excludes nothing.
	// Latest and Failures take no notice of Until.
	Since, Until time.Time
}

// since returns Since as it is stored; the zero time is long before 1970.
func (f Filter) since() int64 {
	if f.Since.IsZero() {
		return 0
	}
	return millis(f.Since)
}

// until is since for Until; the zero time is after all others.
func (f Filter) until() int64 {
	if f.Until.IsZero() {
		return math.MaxInt64
	}
	return millis(f.Until)
}

// Series identifies results that belong together: by the name of the check, its kind and
// its target.
type Series struct {
	Name, Kind, Target string
}

// Latest is the latest result of one series.
type Latest struct {
	Series
	// Since is when the series took the status of the result.
	Since time.Time
	// Result is the result in full.
	Result *probe.Result
}

// Latest returns the latest result of every series, ordered by name and target. Results
// that cannot be read are left out.
func (s *Store) Latest(ctx context.Context, f Filter) ([]Latest, error) {
	var all []Latest
	err := s.query(ctx, func(rows *sql.Rows) error {
		var l Latest
		var since int64
		var packed []byte
		if err := rows.Scan(&l.Name, &l.Kind, &l.Target, &since, &packed); err != nil {
			return err
		}
		var err error
		if l.Result, err = unpack(packed); err == nil {
			l.Since = fromMillis(since)
			all = append(all, l)
		}
		return nil
	}, `SELECT name, kind, target, since, result FROM latest JOIN series ON series.id = series
		WHERE ?1 IN ('', name) AND at >= ?2 ORDER BY name, target, kind`, f.Name, f.since())
	return all, err
}

// inSeries selects what is of the name ?1, or of any if that is empty. A condition for
// series.name would have SQLite read all days, with their times, to find those of one check.
const inSeries = `series IN (SELECT id FROM series WHERE ?1 IN ('', name))`

// SeriesDays has the days of one series, in order.
type SeriesDays struct {
	Series
	Days []Day
}

// Days returns the days (UTC) of every series, ordered by name and target, from the day
// of Filter.Since on. Days without results are left out.
func (s *Store) Days(ctx context.Context, f Filter) ([]SeriesDays, error) {
	return s.Tallies(ctx, f, time.Time{})
}

// Tallies is like Days without the Times of days before a time, which are most of what is
// read. The zero time leaves none out.
func (s *Store) Tallies(ctx context.Context, f Filter, times time.Time) ([]SeriesDays, error) {
	var all []SeriesDays
	shapes := map[string][]shapeStep{}
	err := s.query(ctx, func(rows *sql.Rows) error {
		var of Series
		var at int64
		var sum Day
		var times sql.RawBytes
		var single compacted
		err := rows.Scan(&of.Name, &of.Kind, &of.Target, &at,
			&sum.Unknown, &sum.Skipped, &sum.OK, &sum.Warning, &sum.Critical, &sum.Refused, &sum.Silenced, &times,
			&single.status, &single.refused, &single.silenced, &single.micros, &single.shape, &single.numbers)
		if err != nil {
			return err
		}
		d := dayIn(&all, of, dateOf(dayOf(fromMillis(at))))
		if single.shape != "" {
			single.addTo(d, shapes)
			return nil
		}
		d.Counts = sum.Counts
		d.decode(times)
		return nil
	}, `SELECT name, kind, target, day * 86400000 AS at, unknown, skipped, ok, warning, critical, refused, silenced,
			CASE WHEN day >= ?4 / 86400000 THEN times END, 0, 0, 0, 0, '' AS shape, NULL
		FROM day JOIN series ON series.id = series
		WHERE `+inSeries+` AND day BETWEEN ?2 / 86400000 AND ?3 / 86400000
		UNION ALL
		SELECT name, kind, series.target, at, 0, 0, 0, 0, 0, 0, 0, NULL, status, refused, silenced, elapsed, shape.text, numbers
		FROM result JOIN series ON series.id = series JOIN shape ON shape.id = shape
		WHERE `+inSeries+` AND at >= max(?2 / 86400000 * 86400000, (SELECT until FROM summed)) AND at <= ?3
		ORDER BY name, target, kind, at, shape`, f.Name, f.since(), f.until(), Filter{Since: times}.since())
	return all, err
}

// dayIn returns the last day of all if it is of the series and begins at the time, and
// otherwise appends one.
func dayIn(all *[]SeriesDays, of Series, begin time.Time) *Day {
	if n := len(*all); n == 0 || (*all)[n-1].Series != of {
		*all = append(*all, SeriesDays{Series: of})
	}
	days := &(*all)[len(*all)-1].Days
	if n := len(*days); n == 0 || !(*days)[n-1].Date.Equal(begin) {
		*days = append(*days, Day{Date: begin})
	}
	return &(*days)[len(*days)-1]
}

// Hours is like Days by the hour, computed from single results.
func (s *Store) Hours(ctx context.Context, f Filter) ([]SeriesDays, error) {
	return s.Slots(ctx, f, time.Hour)
}

// Slots is like Hours in steps of another length, which divides a day.
func (s *Store) Slots(ctx context.Context, f Filter, each time.Duration) ([]SeriesDays, error) {
	var all []SeriesDays
	shapes := map[string][]shapeStep{}
	err := s.query(ctx, func(rows *sql.Rows) error {
		var of Series
		var at int64
		var r compacted
		if err := rows.Scan(&of.Name, &of.Kind, &of.Target, &at, &r.status, &r.refused, &r.silenced, &r.micros, &r.shape, &r.numbers); err != nil {
			return err
		}
		if _, err := readShape(shapes, r.shape); err != nil {
			return nil // what is damaged is left out
		}
		r.addTo(dayIn(&all, of, fromMillis(at).Truncate(each)), shapes)
		return nil
	}, `SELECT name, kind, series.target, at, status, refused, silenced, elapsed, shape.text, numbers
		FROM result JOIN series ON series.id = series JOIN shape ON shape.id = shape
		WHERE `+inSeries+` AND at BETWEEN ?2 AND ?3 ORDER BY name, series.target, kind, at`, f.Name, f.since(), f.until())
	return all, err
}

// Incidents returns the incidents that were open at some time since Filter.Since, the
// latest first, with their events.
func (s *Store) Incidents(ctx context.Context, f Filter) ([]Incident, error) {
	var all []Incident
	byID := map[string]int{}
	err := s.query(ctx, func(rows *sql.Rows) error {
		var i Incident
		var opened int64
		var closed sql.NullInt64
		err := rows.Scan(&i.ID, &i.Name, &i.Kind, &i.Target, &opened, &closed, &i.Worst, &i.Status, &i.Summary)
		i.Opened, i.Closed = fromMillis(opened), fromMillis(closed.Int64)
		byID[i.ID] = len(all)
		all = append(all, i)
		return err
	}, `SELECT id, name, kind, target, opened, closed, worst, status, summary FROM incident
		WHERE ?1 IN ('', name) AND (closed IS NULL OR closed >= ?2) AND opened <= ?3 ORDER BY opened DESC, id`, f.Name, f.since(), f.until())
	if err != nil {
		return nil, err
	}
	return all, s.events(ctx, f, func(id string, e Event) {
		if i, ok := byID[id]; ok { // another process may have opened one since
			all[i].Events = append(all[i].Events, e)
		}
	})
}

func (s *Store) events(ctx context.Context, f Filter, add func(incident string, e Event)) error {
	return s.query(ctx, scanEvent(add), selectEvents+`
		WHERE ?1 IN ('', name) AND (closed IS NULL OR closed >= ?2) AND opened <= ?3 ORDER BY incident, at, seq`,
		f.Name, f.since(), f.until())
}

// selectEvents selects what scanEvent scans.
const selectEvents = `SELECT incident, at, event.kind, event.status, event.summary, author, result
	FROM event JOIN incident ON incident.id = incident`

// scanEvent returns a function that passes the event in a row on.
func scanEvent(add func(incident string, e Event)) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var id string
		var e Event
		var at int64
		var packed []byte
		if err := rows.Scan(&id, &at, &e.Kind, &e.Status, &e.Summary, &e.By, &packed); err != nil {
			return err
		}
		e.At = fromMillis(at)
		if packed != nil {
			// The event is of use without its result.
			e.Result, _ = unpack(packed)
		}
		add(id, e)
		return nil
	}
}

// Names returns the names of all checks that have results.
func (s *Store) Names(ctx context.Context) ([]string, error) {
	var names []string
	err := s.query(ctx, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	}, `SELECT DISTINCT name FROM series ORDER BY name`)
	return names, err
}

// Run is one run of the checks.
type Run struct {
	Start   time.Time
	Elapsed time.Duration
	Results int
	// Status is the worst status of its results.
	Status probe.Status
}

// LastRun returns the latest run that is not in the future; found is false if there is
// none.
func (s *Store) LastRun(ctx context.Context) (r Run, found bool, err error) {
	err = s.query(ctx, func(rows *sql.Rows) error {
		var at, micros int64
		err := rows.Scan(&at, &micros, &r.Results, &r.Status)
		r.Start, r.Elapsed, found = fromMillis(at), time.Duration(micros)*time.Microsecond, true
		return err
	}, `SELECT at, elapsed, results, status FROM run WHERE at <= ?
		ORDER BY at DESC LIMIT 1`, millis(s.options.Now()))
	if err != nil {
		return r, false, fmt.Errorf("the last run: %w", err)
	}
	return r, found, nil
}
