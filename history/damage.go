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
	"time"

	"modernc.org/sqlite"
)

// The primary result codes of SQLite that matter here (sqlite.org/rescode.html).
const (
	codeError   = 1
	codeBusy    = 5
	codeCorrupt = 11
	codeNotADB  = 26
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

func hasCode(err error, code int) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == code
}

// staleLock is the age at which the lock of a process that was killed is broken.
const staleLock = 30 * time.Second

// replace sets the damaged file aside and begins a new one. Of several processes
// that find the damage at once one does so, and the others use the new file.
func (s *Store) replace(ctx context.Context, damage error) error {
	unlock, err := lockFolder(ctx, s.path+".replacing")
	if err != nil {
		return err
	}
	defer unlock()
	if now, err := os.Stat(s.path); s.file == nil || err != nil || !os.SameFile(now, s.file) {
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

// renew replaces a database that turned out to be damaged while it was in use.
func (s *Store) renew(ctx context.Context, damage error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.db.Close() // what it could still say is known
	return s.replace(ctx, damage)
}

// lockFolder makes a folder, which only one process can.
func lockFolder(ctx context.Context, path string) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*staleLock)
	defer cancel()
	for {
		err := os.Mkdir(path, 0o700)
		if err == nil {
			return func() { _ = os.Remove(path) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > staleLock {
			_ = os.Remove(path)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("another process holds %s: %w", path, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
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
