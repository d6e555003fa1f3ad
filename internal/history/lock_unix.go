//go:build unix

package history

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"mailprobe/internal/atomicfile"
)

// lockFile locks a file, shared or exclusively, and creates it if there is none. The lock
// ends with the process at the latest.
func lockFile(ctx context.Context, name string, alone bool) (unlock func(), err error) {
	if err := atomicfile.Check(name); err != nil { // opening a pipe would block
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		return nil, err
	}
	how := syscall.LOCK_SH
	if alone {
		how = syscall.LOCK_EX
	}
	err = untilFree(ctx, name, func() (bool, error) {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
			return false, nil
		}
		return true, err
	}, 2*time.Millisecond)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}
