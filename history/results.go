package history

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"mailprobe/probe"
)

// How often results are kept whole that show no change of status.
const (
	wholeFailing = time.Hour
	wholeChanged = 6 * time.Hour
)

// The statements that are carried out for each result.
const (
	findSeries = `SELECT id FROM series WHERE name = ? AND kind = ? AND target = ?`
	addSeries  = `INSERT INTO series (name, kind, target) VALUES (?, ?, ?) RETURNING id`
	findShape  = `SELECT id FROM shape WHERE text = ?`
	addShape   = `INSERT INTO shape (text) VALUES (?) RETURNING id`
	addResult  = `INSERT INTO result (at, series, status, elapsed, shape, numbers) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	findLatest = `SELECT at, status, since, print, kept FROM latest WHERE series = ?`
	putLatest  = `INSERT INTO latest (series, at, status, since, print, kept, result) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
		ON CONFLICT DO UPDATE SET at = ?2, status = ?3, since = ?4, print = ?5, kept = ?6, result = ?7`
	addWhole = `INSERT INTO whole (series, at, status, change, result) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	findDay  = `SELECT unknown, skipped, ok, warning, critical, times FROM day WHERE series = ? AND day = ?`
	putDay   = `INSERT INTO day (series, day, unknown, skipped, ok, warning, critical, times) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
		ON CONFLICT DO UPDATE SET unknown = ?3, skipped = ?4, ok = ?5, warning = ?6, critical = ?7, times = ?8`
)

// writer puts the results of a run into a transaction.
type writer struct {
	ctx        context.Context
	tx         *sql.Tx
	statements map[string]*sql.Stmt
	shapes     map[string]int64
	*packer
}

func putResults(ctx context.Context, tx *sql.Tx, b Batch, p *packer) error {
	w := &writer{ctx, tx, map[string]*sql.Stmt{}, map[string]int64{}, p}
	defer w.close()
	var worst []probe.Status
	for _, e := range b.Entries {
		if err := w.put(e); err != nil {
			return err
		}
		worst = append(worst, e.Result.Status)
	}
	if b.Start.IsZero() {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO run (at, elapsed, results, status) VALUES (?, ?, ?, ?)`,
		millis(b.Start), micros(b.Elapsed), len(b.Entries), probe.Worst(worst...))
	return err
}

func (w *writer) close() {
	for _, s := range w.statements {
		_ = s.Close() // the end of the transaction frees it too
	}
}

// prepared returns a statement, which is prepared once for all results.
func (w *writer) prepared(query string) (*sql.Stmt, error) {
	if s := w.statements[query]; s != nil {
		return s, nil
	}
	s, err := w.tx.PrepareContext(w.ctx, query)
	if err == nil {
		w.statements[query] = s
	}
	return s, err
}

// exec returns how many rows the statement changed.
func (w *writer) exec(query string, args ...any) (int64, error) {
	s, err := w.prepared(query)
	if err != nil {
		return 0, err
	}
	done, err := s.ExecContext(w.ctx, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// find scans the one row there may be.
func (w *writer) find(query string, args []any, into ...any) (found bool, err error) {
	s, err := w.prepared(query)
	if err != nil {
		return false, err
	}
	err = s.QueryRowContext(w.ctx, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// intern returns the number of a row that is made where there is none.
func (w *writer) intern(find, add string, key ...any) (id int64, err error) {
	if found, err := w.find(find, key, &id); found || err != nil {
		return id, err
	}
	_, err = w.find(add, key, &id)
	return id, err
}

// put writes one result. One that is there already changes nothing.
func (w *writer) put(e Entry) error {
	r := e.Result
	series, err := w.intern(findSeries, addSeries, e.Name, r.Check, r.Target)
	if err != nil {
		return err
	}
	text, numbers, err := compact(r)
	if err != nil {
		return err
	}
	shape, known := w.shapes[text]
	if !known {
		if shape, err = w.intern(findShape, addShape, text); err != nil {
			return err
		}
		w.shapes[text] = shape
	}
	n, err := w.exec(addResult, millis(r.Start), series, r.Status, micros(r.Elapsed), shape, numbers)
	if err != nil || n == 0 {
		return err
	}
	if err := w.putWhole(series, r); err != nil {
		return err
	}
	return w.putDay(series, r)
}

// before is what is known of the latest result of a series. Times are milliseconds.
type before struct {
	at, since, kept, print int64
	status                 probe.Status
}

// putWhole writes the result as the latest of its series, unless a later one is
// there, and keeps it when it shows a change.
func (w *writer) putWhole(series int64, r *probe.Result) error {
	var b before
	found, err := w.find(findLatest, []any{series}, &b.at, &b.status, &b.since, &b.print, &b.kept)
	if err != nil {
		return err
	}
	at, print := millis(r.Start), fingerprint(r)
	changed := !found || b.status != r.Status
	if changed {
		b.since = at
	}
	if changed || b.keeps(r, print) {
		b.kept = at
		packed, err := w.pack(r)
		if err != nil {
			return err
		}
		if _, err := w.exec(addWhole, series, at, r.Status, changed, packed); err != nil {
			return err
		}
	}
	if found && b.at > at { // another process was faster
		return nil
	}
	text, err := plain(r)
	if err != nil {
		return err
	}
	_, err = w.exec(putLatest, series, at, r.Status, b.since, print, b.kept, text)
	return err
}

// keeps tells whether a result of the same status as the one before is kept whole.
func (b before) keeps(r *probe.Result, print int64) bool {
	age := time.Duration(millis(r.Start)-b.kept) * time.Millisecond
	switch r.Status {
	case probe.OK, probe.Skipped:
		return print != b.print && age >= wholeChanged
	}
	return age >= wholeFailing
}

func (w *writer) putDay(series int64, r *probe.Result) error {
	date := dayOf(r.Start)
	var d Day
	var times []byte
	_, err := w.find(findDay, []any{series, date}, &d.Unknown, &d.Skipped, &d.OK, &d.Warning, &d.Critical, &times)
	if err != nil {
		return err
	}
	d.decode(times)
	d.Add(r)
	_, err = w.exec(putDay, series, date, d.Unknown, d.Skipped, d.OK, d.Warning, d.Critical, d.encode())
	return err
}
