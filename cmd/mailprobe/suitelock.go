package main

import (
	"context"
	"errors"
	"os"
	"time"

	"mailprobe/internal/suite"
)

// lockSuite takes the lock of a file of checks, and with --lock wait waits for another run
// to end: but for none that is stuck, or else whoever starts a run every five minutes
// would in the end have a crowd of them, and for no server, which does not end.
func (f *suiteFlags) lockSuite(ctx context.Context, s *suite.Suite, dir string) (*os.File, error) {
	for {
		lock, err := s.Lock(ctx, dir, false)
		var by *suite.Running
		if f.lock != "wait" || !errors.As(err, &by) || by.Server || ctx.Err() != nil || f.stuckSince(s, by) > 0 {
			return lock, err
		}
		waiting, stop := ctx, context.CancelFunc(func() {})
		if f.deadline > 0 && !by.Since.IsZero() {
			waiting, stop = context.WithTimeout(ctx, -f.stuckSince(s, by)+time.Second)
		}
		lock, err = s.Lock(waiting, dir, true)
		stop()
		if !errors.Is(err, suite.ErrRunning) {
			return lock, err
		}
	}
}

// stuckSince returns for how long another run has taken longer than it can; less than 0
// while it may go on, as a server always may.
func (f *suiteFlags) stuckSince(s *suite.Suite, by *suite.Running) time.Duration {
	if f.deadline <= 0 || by.Since.IsZero() || by.Server {
		return -1
	}
	return time.Since(by.Since) - s.Longest(f.deadline)
}
