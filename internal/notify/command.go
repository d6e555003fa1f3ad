package notify

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"

	"mailprobe/internal/plainjson"
	"mailprobe/internal/settings"
	"mailprobe/internal/subprocess"
)

// command starts a program for every message, with the message as JSON on its standard
// input.
type command struct {
	subprocess.Command
}

// commandTimeout bounds a command.
const commandTimeout = time.Minute

// readCommand reads a list of words, or a line for the shell.
func (p *parser) readCommand(at settings.Pair) sender {
	words := p.Longs(at.Value, "command")
	if len(words) == 0 || strings.TrimSpace(words[0]) == "" {
		p.Fault(at.Value, "the command is empty")
		return &command{}
	}
	if at.Value.IsScalar() {
		return &command{subprocess.Shell(words[0])}
	}
	return &command{subprocess.Command{Argv: words}}
}

// limit implements sender.
func (c *command) limit() time.Duration { return commandTimeout }

// send implements sender.
func (c *command) send(ctx context.Context, m *Message, _ Network, p handover) error {
	body, err := plainjson.Marshal(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	run := c.Command
	run.Stdin = string(body) + "\n"
	if err := p.begin(); err != nil {
		return unsent{err}
	}
	_, err = run.Run(ctx)
	var exit *exec.ExitError
	switch {
	case !errors.As(err, &exit):
		return err
	case exit.ExitCode() >= exitFinal && exit.ExitCode() <= exitLastFinal:
		return refused{err}
	}
	return declined{err}
}

// The exit codes that refuse a message for good: those of sysexits.h from EX_DATAERR to
// EX_UNAVAILABLE. EX_TEMPFAIL, which mail programs return for "later", is 75.
const (
	exitFinal     = 65
	exitLastFinal = 69
)

// single implements sender.
func (c *command) single() bool { return false }
