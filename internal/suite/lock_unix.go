//go:build unix

package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"mailprobe/probe"
)

// lock locks a file. It waits for another process that has the lock, or else returns a
// *Running.
func lock(ctx context.Context, name string, as role, wait bool) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			sign(f, as)
			return f, nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return nil, errors.Join(err, f.Close())
		case !wait || !probe.Pause(ctx, lockPoll):
			probe.Pause(ctx, lockPoll) // a process that has just locked it has yet to sign
			return nil, errors.Join(holder(f), f.Close())
		}
	}
}

// sign writes the process and the time into a lock file, always as many bytes, so that it
// can be written on a full disk once it has them. Where writing fails the file's
// modification time is the time.
func sign(f *os.File, as role) {
	text := fmt.Sprintf("%d %d %s", os.Getpid(), time.Now().Unix(), as)
	if _, err := f.WriteAt(fmt.Appendf(nil, "%-*s\n", signLength-1, text), 0); err != nil {
		_ = f.Truncate(0)
		_ = os.Chtimes(f.Name(), time.Time{}, time.Now())
		return
	}
	_ = f.Truncate(signLength) // what an older mailprobe wrote
}

const signLength = 32

// lives reports whether the other's process still runs, as far as can be seen.
func (r *Running) lives() bool {
	return r.PID > 0 && !errors.Is(syscall.Kill(r.PID, 0), syscall.ESRCH)
}

// holder reads which process holds a lock.
func holder(f *os.File) *Running {
	var r Running
	var since int64
	text := make([]byte, signLength)
	n, _ := f.ReadAt(text, 0)
	if _, err := fmt.Sscanf(string(text[:n]), "%d %d", &r.PID, &since); err == nil {
		r.Since, r.Server = time.Unix(since, 0), strings.HasSuffix(strings.TrimSpace(string(text[:n])), " "+string(asServer))
	} else if info, err := f.Stat(); err == nil {
		r.Since = info.ModTime()
	}
	return &r
}
