package suite

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// command starts a program for every message, which gets it as JSON on standard
// input.
type command struct {
	argv []string
}

// The limits of a command.
const (
	commandTimeout = time.Minute
	maxComplaint   = 1 << 10 // bytes of what it says on standard error
)

// readCommand reads a list of words, or a line for the shell.
func (p *parser) readCommand(at pair) sender {
	words := p.texts(at.value, "command")
	if len(words) == 0 || strings.TrimSpace(words[0]) == "" {
		p.fault(at.value, "the command is empty")
		return &command{}
	}
	if at.value.Kind == yaml.ScalarNode {
		words = []string{"/bin/sh", "-c", words[0]}
	}
	return &command{argv: words}
}

// limit implements sender.
func (c *command) limit() time.Duration { return commandTimeout }

// send implements sender.
func (c *command) send(ctx context.Context, m *Message, _ Network, handOver func() error) error {
	body, err := marshal(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	complaint := &head{limit: maxComplaint}
	cmd := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(append(body, '\n')), complaint
	cmd.WaitDelay = time.Second
	if err := handOver(); err != nil {
		return err
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the command failed: %w %s", err, strings.TrimSpace(complaint.String()))
	}
	return nil
}

// head keeps the beginning of what is written to it.
type head struct {
	bytes.Buffer
	limit int
}

// Write never fails.
func (h *head) Write(p []byte) (int, error) {
	h.Buffer.Write(p[:min(len(p), max(0, h.limit-h.Len()))])
	return len(p), nil
}
