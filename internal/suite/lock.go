package suite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/history"
	"mailprobe/probe"
)

// Lock ensures that only one run of the file goes on at a time: it waits for another run to
// end, or else returns a *Running. dir is the state directory. The lock is held
// until it is closed by every process that has the file; it is nil where files cannot be
// locked.
func (s *Suite) Lock(ctx context.Context, dir string, wait bool) (*os.File, error) {
	return s.lock(ctx, dir, asRun, wait)
}

// LockServer is Lock for a server, which runs the checks for as long as it has the lock. It
// waits for a run, and for what a server that was killed has left to be sent; another
// server is a *Running.
func (s *Suite) LockServer(ctx context.Context, dir string) (*os.File, error) {
	for begin := time.Now(); ; {
		lock, err := s.lock(ctx, dir, asServer, false)
		var by *Running
		if !errors.As(err, &by) || ctx.Err() != nil {
			return lock, err
		}
		if by.Server && (by.lives() || time.Since(begin) > s.Longest(0)) {
			return nil, by
		}
		probe.Pause(ctx, lockPoll)
	}
}

// lockPoll is how often who waits for a lock looks whether the other has ended.
const lockPoll = 200 * time.Millisecond

// role is what a lock file says of who has it, beside its process and since when.
type role string

const (
	asRun    role = ""
	asServer role = "serve"
)

func (s *Suite) lock(ctx context.Context, dir string, as role, wait bool) (*os.File, error) {
	name, err := s.fileName("check")
	if err != nil {
		return nil, err
	}
	if err := atomicfile.Folder(dir); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, name+".lock")
	if err := atomicfile.Check(file); err != nil {
		return nil, err
	}
	return lock(ctx, file, as, wait)
}

// key identifies the file: it is its absolute path.
func (s *Suite) key() string {
	if path, err := filepath.Abs(s.Name); err == nil {
		return path
	}
	return s.Name
}

// History are the options to open the history with, for the states of this file.
func (s *Suite) History() history.Options {
	o := history.Options{File: s.key(), Title: s.Title}
	for _, i := range s.known() {
		o.Checks = append(o.Checks, i.ID)
		for _, share := range i.shares() {
			o.Checks = append(o.Checks, share.ID)
		}
	}
	return o
}

// fileName is a name in the state directory for something of this file.
func (s *Suite) fileName(what string) (string, error) {
	path, err := filepath.Abs(s.Name)
	sum := sha256.Sum256([]byte(path))
	return what + "-" + hex.EncodeToString(sum[:6]), err
}

// Running is the error of a run that does not begin because another goes on. It is
// ErrRunning.
type Running struct {
	// PID is the other's process, 0 where it is not known, and Since when it began.
	PID   int
	Since time.Time
	// Server is set where the other is a server, which has no end of its own.
	Server bool
}

// process names the other.
func (r *Running) process() string {
	if r.PID == 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d", r.PID)
}

// Error implements error.
func (r *Running) Error() string {
	if r.Server {
		return fmt.Sprintf("mailprobe serve runs these checks (%s)", r.process())
	}
	return ErrRunning.Error()
}

// Is makes it ErrRunning.
func (*Running) Is(target error) bool { return target == ErrRunning }
