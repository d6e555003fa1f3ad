//go:build !unix

package history

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// staleLock is the age from which a lock counts as that of a killed process.
const staleLock = 30 * time.Second

// lockFile creates a directory as an exclusive lock, which only one process can do.
// Files cannot be locked, and a shared lock is none.
func lockFile(ctx context.Context, name string, alone bool) (unlock func(), err error) {
	if !alone {
		return func() {}, nil
	}
	err = untilFree(ctx, name, func() (bool, error) {
		err := os.Mkdir(name, 0o700)
		if !errors.Is(err, fs.ErrExist) {
			return true, err
		}
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > staleLock {
			_ = os.Remove(name)
		}
		return false, nil
	}, 50*time.Millisecond)
	return func() { _ = os.Remove(name) }, err
}
