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

// errForeign tells that a file is a sound database of something else.
var errForeign = errors.New("it is a database, but no history of mailprobe")

// isDamage tells whether the file can be of no more use.
func isDamage(err error) bool {
	return errors.Is(err, errForeign) || hasCode(err, codeCorrupt) || hasCode(err, codeNotADB) || lacksColumn(err)
}

// lacksColumn reports whether a name is missing that the version of the schema has:
// the text that SQLite keeps of a table has been damaged.
func lacksColumn(err error) bool {
	return hasCode(err, codeError) && strings.Contains(err.Error(), "no such")
}

// filesNeeded is how many files SQLite opens for a database.
const filesNeeded = 8

// explain says why SQLite could not open a file, which it does not say itself: most
// likely because this process may open no more of them.
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

// replace sets the damaged file aside and begins a new one. Of several processes
// that find the damage at once one does so, and the others use the new file. seen is
// the file that is damaged, nil where it could not be opened.
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
		_ = s.db.Close() // what it could still say is known
	}
	if seen == nil || s.isReplaced() {
		if err := s.connect(ctx); !isDamage(err) { // another process has replaced it
			return cmp.Or(err, s.enrol(ctx))
		}
	}
	aside, err := setAside(s.path, s.options.Now())
	if err != nil {
		return fmt.Errorf("%w; it cannot be set aside: %w", damage, err)
	}
	s.notice = fmt.Sprintf("the history was damaged (%v); it was set aside as %s and a new one begun", damage, aside)
	if err := create(s.path); err != nil {
		return err
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	if errors.Is(damage, errForeign) {
		return s.enrol(ctx)
	}
	s.notice += "; " + salvage(ctx, filepath.Join(filepath.Dir(s.path), aside), s.db, s.options.Now())
	return s.enrol(ctx)
}

// setAside renames the database and the files that belong to it, and returns the
// new name.
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
