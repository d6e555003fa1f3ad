package history

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// The database has a name that another one can take: when it is damaged, it is set
// aside with the files that belong to it, one after the other. Whoever opened it
// meanwhile would pair files of the old one with files of the new one. So all that
// may open files, or delete them, is done under a lock that many can share, and to
// replace the database under one that nobody shares.

// lockPatience is how long a lock is waited for.
const lockPatience = time.Minute

// untilFree tries to take a lock until it has it.
func untilFree(ctx context.Context, name string, try func() (bool, error), pause time.Duration) error {
	for begin := time.Now(); ; {
		done, err := try()
		switch {
		case done || err != nil:
			return err
		case time.Since(begin) > lockPatience:
			return fmt.Errorf("another process has held %s for %s", name, lockPatience)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("interrupted while another process holds %s: %w", name, errInterrupted)
		case <-time.After(pause):
		}
	}
}

// errInterrupted ends the wait for a lock with its context.
var errInterrupted = errors.New("the history was not opened")

// lock locks the files of the history, shared or for this process alone. One that
// may not write to their folder reads without.
func (s *Store) lock(ctx context.Context, alone bool) (unlock func(), err error) {
	if s.frozen != nil {
		return func() {}, nil
	}
	unlock, err = lockFile(ctx, s.path+".lock", alone)
	missing := s.options.ReadOnly && errors.Is(err, fs.ErrNotExist)
	// Whoever can make no lock cannot write the history either, which says why.
	if missing || !alone && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOSPC)) {
		return func() {}, nil
	}
	return unlock, err
}

// enter keeps the database from being replaced until leave is called, and opens the
// new one where another process has replaced it before.
func (s *Store) enter(ctx context.Context) (leave func(), err error) {
	unlock, err := s.lock(ctx, false)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	if s.isReplaced() {
		s.mu.RUnlock()
		if err := s.reopen(ctx); err != nil {
			unlock()
			return nil, err
		}
		s.mu.RLock()
	}
	return func() { s.mu.RUnlock(); unlock() }, nil
}

// current returns the file that is open.
func (s *Store) current() os.FileInfo {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.file
}

// isReplaced reports whether the file is another than the one that is open.
func (s *Store) isReplaced() bool {
	if s.options.ReadOnly || s.frozen != nil {
		return false
	}
	now, err := os.Stat(s.path)
	return err != nil || !os.SameFile(now, s.file)
}

// reopen opens the file that is there now.
func (s *Store) reopen(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.isReplaced() { // another goroutine has opened it
		return nil
	}
	if err := create(s.path); err != nil {
		return err
	}
	old := s.db
	if err := s.connect(ctx); err != nil {
		return err
	}
	return errors.Join(old.Close(), s.enrol(ctx)) // in the new one the file has another number
}
