//go:build !unix

package history

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// staleLock is the age at which the lock of a process that was killed is broken.
const staleLock = 30 * time.Second

// lockFile makes a folder, which only one process can, where a lock is for one alone;
// files cannot be locked, and what is shared is not locked at all.
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
