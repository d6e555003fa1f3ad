package history

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// register finds or assigns the number of Options.File, and records its title.
func (s *Store) register(ctx context.Context) error {
	if s.options.File == "" {
		return nil
	}
	var id int64
	err := s.db.QueryRowContext(ctx, `SELECT id FROM file WHERE path = ? AND title = ?`, s.options.File, s.options.Title).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = inTransaction(ctx, s.db, func(tx *sql.Tx) (err error) {
			if id, err = s.number(ctx, tx); err == nil {
				_, err = tx.ExecContext(ctx, `UPDATE file SET title = ? WHERE id = ?`, s.options.Title, id)
			}
			return err
		})
	}
	s.owner.Store(id)
	return err
}

// number assigns a number to Options.File: that of the file that was renamed to it, or a
// new one.
func (s *Store) number(ctx context.Context, tx *sql.Tx) (int64, error) {
	id, err := findFile(ctx, tx, s.options.File) // another process may have done it
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	if id, err = s.moved(ctx, tx); err != nil {
		return 0, err
	}
	if id != 0 {
		_, err = tx.ExecContext(ctx, `UPDATE file SET path = ? WHERE id = ?`, s.options.File, id)
		return id, err
	}
	done, err := tx.ExecContext(ctx, `INSERT INTO file (path) VALUES (?)`, s.options.File)
	if err != nil {
		return 0, err
	}
	return done.LastInsertId()
}

func findFile(ctx context.Context, q querier, path string) (id int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT id FROM file WHERE path = ?`, path).Scan(&id)
	return id, err
}

// moved returns the number of the file that was renamed to Options.File, 0 for none: a
// file that no longer exists and all of whose checks are in Options.Checks.
func (s *Store) moved(ctx context.Context, tx *sql.Tx) (id int64, err error) {
	names, paths, err := namesByFile(ctx, tx)
	if err != nil {
		return 0, err
	}
	for file, checks := range names {
		_, err := os.Stat(paths[file])
		foreign := slices.ContainsFunc(checks, func(name string) bool { return !slices.Contains(s.options.Checks, name) })
		if errors.Is(err, fs.ErrNotExist) && !foreign && (id == 0 || file < id) {
			id = file
		}
	}
	return id, nil
}

// namesByFile returns the names of the checks of every file, and its path. States of
// mailprobe itself, whose names begin with a blank, are left out.
func namesByFile(ctx context.Context, q querier) (names map[int64][]string, paths map[int64]string, err error) {
	names, paths = map[int64][]string{}, map[int64]string{}
	err = each(ctx, q, func(rows *sql.Rows) error {
		var id int64
		var path, name string
		err := rows.Scan(&id, &path, &name)
		if paths[id] = path; !strings.HasPrefix(name, " ") {
			names[id] = append(names[id], name)
		}
		return err
	}, `SELECT id, path, name FROM file JOIN state ON file = id ORDER BY id, name`)
	return names, paths, err
}

// Namesakes returns the paths of other existing files of checks that have checks with
// names in Options.Checks, with those names.
func (s *Store) Namesakes(ctx context.Context) (map[string][]string, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	names, paths, err := namesByFile(ctx, s.db)
	same := map[string][]string{}
	for file, checks := range names {
		path := paths[file]
		if path == s.options.File || !exists(path) {
			continue
		}
		for _, name := range checks {
			if slices.Contains(s.options.Checks, name) {
				same[path] = append(same[path], name)
			}
		}
	}
	return same, inWords(err)
}

// takeOver assigns a state that belongs to no file, and its incident, to a file.
func takeOver(ctx context.Context, tx *sql.Tx, owner int64, name string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM state WHERE file = 0 AND name = ?`, name); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE OR IGNORE incident SET file = ? WHERE file = 0 AND name = ?`, owner, name)
	return err
}
