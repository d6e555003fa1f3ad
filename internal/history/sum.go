package history

import (
	"cmp"
	"database/sql"
	"maps"
	"slices"
	"time"
)

// Results are added to their days many at once: adding each by itself would read and
// write most of the database in every run. The table summed has the time up to which
// results are included; [Store.Days] adds later ones as it reads.

// sumEvery is how long results may wait to be added.
const sumEvery = time.Hour

// The statements for days.
const (
	sumsUntil = `SELECT until FROM summed`
	setSummed = `UPDATE summed SET until = ?`
	findDay   = `SELECT unknown, skipped, ok, warning, critical, refused, silenced, times FROM day WHERE series = ? AND day = ?`
	putDay    = `INSERT INTO day (series, day, unknown, skipped, ok, warning, critical, refused, silenced, times)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
		ON CONFLICT DO UPDATE SET unknown = ?3, skipped = ?4, ok = ?5, warning = ?6, critical = ?7, refused = ?8, silenced = ?9, times = ?10`
	unsummed = `SELECT series, at, status, refused, silenced, elapsed, text, numbers FROM result JOIN shape ON shape.id = shape
		WHERE at BETWEEN (SELECT until FROM summed) AND ? ORDER BY at`
)

type seriesDay struct{ series, day int64 }

// sums has what is to be added to the days.
type sums map[seriesDay]*Day

// of returns the day of a series at a time in milliseconds.
func (s sums) of(series, at int64) *Day {
	key := seriesDay{series, dayOf(fromMillis(at))}
	if s[key] == nil {
		s[key] = &Day{}
	}
	return s[key]
}

// sumUp adds late results to their days: those older than what the days include, as
// another process or a clock that was ahead causes. Once an hour it adds all results up to
// the newest one of this run.
func (w *writer) sumUp(drafts []draft) error {
	newest := int64(0)
	for _, d := range drafts {
		newest = max(newest, d.at)
	}
	if newest-w.until >= sumEvery.Milliseconds() {
		if err := w.addUnsummed(newest); err != nil {
			return err
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(w.late), seriesDay.compare) {
		if err := w.addToDay(key, w.late[key]); err != nil {
			return err
		}
	}
	return nil
}

func (k seriesDay) compare(o seriesDay) int {
	return cmp.Or(cmp.Compare(k.series, o.series), cmp.Compare(k.day, o.day))
}

// addUnsummed adds the results up to a time that are not included yet.
func (w *writer) addUnsummed(last int64) error {
	shapes := map[string][]shapeStep{}
	err := each(w.ctx, w.tx, func(rows *sql.Rows) error {
		var series, at int64
		var r compacted
		if err := rows.Scan(&series, &at, &r.status, &r.refused, &r.silenced, &r.micros, &r.shape, &r.numbers); err != nil {
			return err
		}
		r.addTo(w.late.of(series, at), shapes)
		return nil
	}, unsummed, last)
	if err == nil {
		_, err = w.exec(setSummed, last+1)
	}
	return err
}

func (w *writer) addToDay(key seriesDay, more *Day) error {
	var d Day
	var times []byte
	_, err := w.find(findDay, []any{key.series, key.day}, &d.Unknown, &d.Skipped, &d.OK, &d.Warning, &d.Critical, &d.Refused, &d.Silenced, &times)
	if err != nil {
		return err
	}
	d.decode(times)
	d.Counts.Merge(more.Counts)
	for _, name := range slices.Sorted(maps.Keys(more.Times)) {
		if d.Times[name] != nil || len(d.Times) < maxNames {
			d.times(name).Merge(more.Times[name])
		}
	}
	_, err = w.exec(putDay, key.series, key.day, d.Unknown, d.Skipped, d.OK, d.Warning, d.Critical, d.Refused, d.Silenced, d.encode())
	return err
}

// compacted is a result as it is stored.
type compacted struct {
	verdict
	micros  int64
	shape   string
	numbers sql.RawBytes
}

// addTo adds the result to a day, unless it is damaged. It caches shapes.
func (c compacted) addTo(d *Day, shapes map[string][]shapeStep) {
	if steps, err := readShape(shapes, c.shape); err == nil {
		d.addCompact(c.verdict, time.Duration(c.micros)*time.Microsecond, steps, c.numbers)
	}
}
