//go:build unix

package suite

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// lockPoll is how often a run that waits looks whether the other has ended.
const lockPoll = 200 * time.Millisecond

// lock takes the lock of a file, which ends with the process at the latest. It
// waits for another who has it, or else returns ErrRunning.
func lock(ctx context.Context, name string, wait bool) (unlock func(), err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() { _ = f.Close() }, nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return nil, errors.Join(err, f.Close())
		case !wait:
			return nil, errors.Join(ErrRunning, f.Close())
		case !pause(ctx, lockPoll):
			return nil, errors.Join(ErrRunning, f.Close())
		}
	}
}
