package history

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"mailprobe/probe"
)

// The statements executed for each result.
const (
	addSeries = `INSERT INTO series (name, kind, target) VALUES (?, ?, ?) RETURNING id`
	findShape = `SELECT id FROM shape WHERE text = ?`
	addShape  = `INSERT INTO shape (text) VALUES (?) RETURNING id`
	addResult = `INSERT INTO result (at, series, status, elapsed, shape, numbers, refused, silenced) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	putLatest = `INSERT INTO latest (series, at, status, since, print, kept, result) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
		ON CONFLICT DO UPDATE SET at = ?2, status = ?3, since = ?4, print = ?5, kept = ?6, result = ?7`
	addWhole = `INSERT INTO whole (series, at, status, change, result) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
)

// draft is an entry encoded for writing. Drafts are made before the transaction begins,
// so that other processes wait for the writing only.
type draft struct {
	Entry
	at, print     int64
	shape         string
	numbers, text []byte
}

func newDrafts(entries []Entry, p *packer) ([]draft, error) {
	all := make([]draft, len(entries))
	for i, e := range entries {
		d := draft{Entry: e, at: millis(e.Result.Start), print: fingerprint(e.Result)}
		var errCompact, errPlain error
		d.shape, d.numbers, errCompact = compact(e.Result)
		d.text, errPlain = p.text(e.Result)
		if err := errors.Join(errCompact, errPlain); err != nil {
			return nil, err
		}
		all[i] = d
	}
	return all, nil
}

// writer writes the results of a run in a transaction.
type writer struct {
	ctx        context.Context
	tx         *sql.Tx
	statements map[string]*sql.Stmt
	shapes     map[string]int64
	late       sums // of results older than what is included in the days
	keep       []*probe.Result
	known
	*packer
}

func putResults(ctx context.Context, tx *sql.Tx, b Batch, drafts []draft, p *packer, now time.Time) error {
	names := make([]string, len(drafts))
	for i, d := range drafts {
		names[i] = d.Name
	}
	known, err := readKnown(ctx, tx, names, now)
	if err != nil {
		return err
	}
	// A context that can be cancelled costs a goroutine per statement.
	w := &writer{context.WithoutCancel(ctx), tx, map[string]*sql.Stmt{}, map[string]int64{}, sums{}, b.Keep, known, p}
	defer w.close()
	var worst []probe.Status
	for _, d := range drafts {
		if err := w.put(d); err != nil {
			return err
		}
		worst = append(worst, d.Result.Status)
	}
	if err := w.sumUp(drafts); err != nil {
		return err
	}
	if b.Start.IsZero() {
		return nil
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO run (at, elapsed, results, status) VALUES (?, ?, ?, ?)`,
		millis(b.Start), micros(b.Elapsed), len(b.Entries), probe.Worst(worst...))
	return err
}

func (w *writer) close() {
	for _, s := range w.statements {
		_ = s.Close() // the transaction's end closes it too
	}
}

// prepared returns a prepared statement, from the cache if it was used before.
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

// exec executes a statement and returns how many rows it changed.
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

// find scans the row that a query returns, and reports whether there is one.
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

// put writes one result, unless it exists.
func (w *writer) put(d draft) error {
	latest, err := w.latestOf(d)
	if err != nil {
		return err
	}
	shape, err := w.shapeID(d.shape)
	if err != nil {
		return err
	}
	r := d.Result
	n, err := w.exec(addResult, d.at, latest.series, r.Status, micros(r.Elapsed), shape, d.numbers, r.Refused, r.Silenced != nil)
	if err != nil || n == 0 {
		return err
	}
	if d.at < w.until {
		w.late.of(latest.series, d.at).Add(r)
	}
	return w.putWhole(latest, d)
}

// latestOf returns what is known of the series of a draft, and creates the series if it
// is new.
func (w *writer) latestOf(d draft) (*latest, error) {
	of := Series{d.Name, d.Result.Check, d.Result.Target}
	if l := w.latest[of]; l != nil {
		return l, nil
	}
	l := &latest{}
	_, err := w.find(addSeries, []any{of.Name, of.Kind, of.Target}, &l.series)
	w.latest[of] = l
	return l, err
}

func (w *writer) shapeID(text string) (id int64, err error) {
	if id, ok := w.shapes[text]; ok {
		return id, nil
	}
	found, err := w.find(findShape, []any{text}, &id)
	if err == nil && !found {
		_, err = w.find(addShape, []any{text}, &id)
	}
	w.shapes[text] = id
	return id, err
}

// putWhole stores the result as the latest of its series, unless there is a later one,
// and in full if it is to be kept so.
func (w *writer) putWhole(l *latest, d draft) error {
	now := *l
	changed := !l.found || l.status != d.Result.Status
	if changed {
		now.since = d.at
	}
	if changed || l.keeps(d) || slices.Contains(w.keep, d.Result) {
		now.kept, now.print = d.at, d.print
		packed, err := w.pack(d.text)
		if err != nil {
			return err
		}
		if _, err := w.exec(addWhole, l.series, d.at, d.Result.Status, changed, packed); err != nil {
			return err
		}
	}
	if l.found && l.at > d.at { // another process has written a later one
		return nil
	}
	now.found, now.at, now.status = true, d.at, d.Result.Status
	*l = now
	_, err := w.exec(putLatest, l.series, l.at, l.status, l.since, l.print, l.kept, d.text)
	return err
}
