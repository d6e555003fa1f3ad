package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"modernc.org/sqlite"

	"mailprobe/probe"
)

// The primary result codes of SQLite that matter here (sqlite.org/rescode.html).
const (
	codeError      = 1
	codeBusy       = 5
	codeCorrupt    = 11
	codeCannotOpen = 14
	codeNotADB     = 26
)

// errForeign means that a file is an intact database of another program.
var errForeign = errors.New("it is a database, but no history of mailprobe")

// isDamage reports whether the file is unusable.
func isDamage(err error) bool {
	return errors.Is(err, errForeign) || hasCode(err, codeCorrupt) || hasCode(err, codeNotADB) || lacksColumn(err)
}

// lacksColumn reports whether a name of the schema is missing: SQLite's own description
// of a table is damaged.
func lacksColumn(err error) bool {
	return hasCode(err, codeError) && strings.Contains(err.Error(), "no such")
}

// filesNeeded is how many files SQLite opens for a database.
const filesNeeded = 8

// explain adds why SQLite could not open a file, which SQLite does not report: most
// likely this process has reached its limit of open files.
func explain(err error, path string) error {
	for range filesNeeded {
		if !hasCode(err, codeCannotOpen) {
			break
		}
		f, reason := os.Open(path)
		if reason != nil {
			err = reason
		} else {
			defer func() { _ = f.Close() }()
		}
	}
	switch limit := probe.MachineLimit(err); {
	case limit != nil:
		return fmt.Errorf("%w; %s", err, limit.Hint)
	case hasCode(err, codeCannotOpen) && isReadOnly(path):
		return probe.Reword("the file system is mounted read-only", err)
	}
	return err
}

func isReadOnly(path string) bool {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		_ = f.Close()
	}
	return errors.Is(err, syscall.EROFS)
}

func hasCode(err error, code int) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == code
}

// replace renames the damaged file and creates a new one. Of several processes that find
// the damage at once one does so, and the others use the new file. seen is the damaged
// file, nil if it could not be opened.
func (s *Store) replace(ctx context.Context, seen os.FileInfo, damage error) error {
	unlock, err := s.lock(ctx, true)
	if err != nil {
		return err
	}
	defer unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != seen { // another goroutine has replaced it
		return nil
	}
	if seen != nil {
		_ = s.db.Close() // its error adds nothing
	}
	if seen == nil || s.isReplaced() {
		if err := s.connect(ctx); !isDamage(err) { // another process has replaced it
			return cmp.Or(err, s.register(ctx))
		}
	}
	aside, err := setAside(s.path, s.options.Now())
	if err != nil {
		return fmt.Errorf("%w; it cannot be renamed: %w", damage, err)
	}
	s.notice = fmt.Sprintf("the history was damaged (%v); it was renamed to %s and a new one started", damage, aside)
	if err := create(s.path); err != nil {
		return err
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	if errors.Is(damage, errForeign) {
		return s.register(ctx)
	}
	s.notice += "; " + salvage(ctx, filepath.Join(filepath.Dir(s.path), aside), s.db, s.options.Now())
	return s.register(ctx)
}

// setAside renames the database with the files that belong to it, and returns the new
// name.
func setAside(path string, now time.Time) (string, error) {
	stamp := now.UTC().Format("20060102T150405Z")
	aside := fmt.Sprintf("%s.damaged-%s", path, stamp)
	for i := 2; exists(aside); i++ {
		aside = fmt.Sprintf("%s.damaged-%s-%d", path, stamp, i)
	}
	for _, suffix := range []string{"-wal", "-shm", ""} {
		err := os.Rename(path+suffix, aside+suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return filepath.Base(aside), nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
