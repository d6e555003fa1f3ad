// Package subprocess runs the programs that mailprobe starts: those that print a
// password or a token, that take a notification, or that install a timer.
//
// None of them can hold up its caller: it ends with the context, and with it all
// the processes it started; what it leaves behind in the background is not waited
// for; and what it prints is bounded while it is read.
package subprocess

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Command is a program to run.
type Command struct {
	// Argv is the program and its arguments.
	Argv []string
	// Stdin is what the program reads.
	Stdin string
	// Stderr is where its complaints go, of which there may be 256 KiB: more ends the
	// program, unless Stderr is a terminal. With nil the beginning of them is part of
	// the error.
	Stderr io.Writer
	// MaxOutput is how many bytes it may print; one more ends it. 0 is none: its
	// output is discarded.
	MaxOutput int
	// AsksUser is set for a program that may ask something on the terminal.
	AsksUser bool
}

// Shell returns the command for a line that the shell is to interpret.
func Shell(line string) Command { return Command{Argv: []string{"/bin/sh", "-c", line}} }

// leftBehind is how long output is waited for that a process in the background
// holds open after the command itself has ended.
const leftBehind = 250 * time.Millisecond

// The limits of standard error, in bytes.
const (
	maxComplaint = 1 << 10   // that an error repeats
	maxStderr    = 256 << 10 // that a command may print
)

// Run runs the command until it ends or the context does, and returns what it
// printed. A command that ends well while a process in the background still holds
// its output has ended well.
func (c Command) Run(ctx context.Context) (stdout string, err error) {
	begin := time.Now()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	complaint := &head{limit: maxComplaint}
	out := &bounded{limit: c.MaxOutput, what: "bytes", overflow: stop}
	complaints := &bounded{limit: maxStderr, what: "bytes of complaints", overflow: stop, through: cmp.Or(c.Stderr, io.Writer(complaint))}
	cmd := exec.CommandContext(ctx, c.Argv[0], c.Argv[1:]...)
	cmd.Stdin, cmd.Stderr = strings.NewReader(c.Stdin), complaints.unlessDevice()
	if c.MaxOutput > 0 {
		cmd.Stdout = out
	}
	cmd.WaitDelay = leftBehind
	separate(cmd, c.AsksUser)
	err = cmd.Run()
	switch {
	case ctx.Err() != nil && (err != nil || out.over || complaints.over):
		err = stopped(ctx, begin)
	case errors.Is(err, exec.ErrWaitDelay):
		err = nil
	case err != nil:
		err = explain(c.Argv[0], err, complaint)
	}
	return out.kept.String(), err
}

// unlessDevice returns the device itself, such as a terminal, that is written through
// to. Anything else a command does not inherit: who reads this program's pipe would
// wait for what the command leaves behind.
func (b *bounded) unlessDevice() io.Writer {
	if f, ok := b.through.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return f
		}
	}
	return b
}

// stopped says why a command was ended.
func stopped(ctx context.Context, begin time.Time) error {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, context.DeadlineExceeded):
		deadline, _ := ctx.Deadline()
		return fmt.Errorf("the command did not end within %s: %w", roughly(deadline.Sub(begin)), ErrStopped)
	case errors.Is(cause, context.Canceled):
		return fmt.Errorf("the command had not ended yet: %w", ErrStopped)
	}
	return cause
}

// ErrStopped ends the error of a command that was ended before it was done.
var ErrStopped = errors.New("stopped")

// roughly rounds a time to what a reader wants to know of it.
func roughly(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}

// explain puts into words why a command failed.
func explain(program string, err error, complaint *head) error {
	var exit *exec.ExitError
	var path *fs.PathError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("there is no program %q in $PATH", program)
	case errors.As(err, &path):
		return fmt.Errorf("%s cannot be started: %w", path.Path, path.Err)
	case errors.As(err, &exit):
		err = fmt.Errorf("the command failed: %w", err)
	}
	if said := strings.TrimSpace(complaint.kept.String()); said != "" {
		err = fmt.Errorf("%w: %s", err, said)
	}
	return err
}

// bounded keeps what is written to it, or writes it through, up to a limit. It has no
// other method of a bytes.Buffer: io.Copy would prefer ReadFrom, which has no limit.
type bounded struct {
	kept     bytes.Buffer
	through  io.Writer // nil to keep it
	size     int
	limit    int
	what     string // that there are too many of
	over     bool
	overflow context.CancelCauseFunc
}

// Write fails once there is more than the limit.
func (b *bounded) Write(p []byte) (int, error) {
	if b.size += len(p); b.size > b.limit {
		err := fmt.Errorf("the command prints more than %d %s", b.limit, b.what)
		b.over = true
		b.overflow(err)
		return 0, err
	}
	if b.through != nil {
		return b.through.Write(p)
	}
	return b.kept.Write(p)
}

// head keeps the beginning of what is written to it.
type head struct {
	kept  bytes.Buffer
	limit int
}

// Write never fails.
func (h *head) Write(p []byte) (int, error) {
	h.kept.Write(p[:min(len(p), max(0, h.limit-h.kept.Len()))])
	return len(p), nil
}
