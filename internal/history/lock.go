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

// A damaged database is renamed file by file and replaced by another one of the same
// name. A process that opened it meanwhile would combine files of the old one with files
// of the new one. So whatever may open or delete files holds a shared lock, and the
// replacement an exclusive one.

// lockPatience is how long to wait for a lock.
const lockPatience = time.Minute

// untilFree calls try until it succeeds.
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

// errInterrupted means that the context ended while waiting for a lock.
var errInterrupted = errors.New("the history was not opened")

// lock locks the files of the history, shared or exclusively. A process that may not
// write to the directory reads without a lock.
func (s *Store) lock(ctx context.Context, alone bool) (unlock func(), err error) {
	if s.frozen.Load() != nil {
		return func() {}, nil
	}
	unlock, err = lockFile(ctx, s.path+".lock", alone)
	missing := s.options.ReadOnly && errors.Is(err, fs.ErrNotExist)
	// Without a lock file the history cannot be written either, and that error is clearer.
	if missing || !alone && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOSPC)) {
		return func() {}, nil
	}
	return unlock, err
}

// enter prevents the replacement of the database until leave is called, and opens the
// new one if another process has replaced it.
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

// current returns the open file.
func (s *Store) current() os.FileInfo {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.file
}

// isReplaced reports whether the file at the path is no longer the open one.
func (s *Store) isReplaced() bool {
	if s.options.ReadOnly || s.frozen.Load() != nil {
		return false
	}
	now, err := os.Stat(s.path)
	return err != nil || !os.SameFile(now, s.file)
}

// reopen opens the file that is at the path now.
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
	return errors.Join(old.Close(), s.register(ctx)) // the file has another number in the new database
}
