package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"mailprobe/wire"
)

// errInterrupted ends the program when it was interrupted while it asked something.
var errInterrupted = errors.New("interrupted")

// prompt returns how to ask the user for a secret, nil without a terminal.
func (a *app) prompt(ctx context.Context) func(string) (wire.Secret, error) {
	fd, ok := terminal(a.stdin)
	if !ok {
		return nil
	}
	return func(question string) (wire.Secret, error) {
		if before, err := term.GetState(fd); err == nil {
			defer func() { _ = term.Restore(fd, before) }() // where the read goes on, the echo is still off
		}
		answer, err := a.answer(ctx, question, func() (string, error) {
			defer fmt.Fprintln(a.stderr) // the line end that was typed is not shown
			typed, err := term.ReadPassword(fd)
			return string(typed), err
		})
		return wire.Secret(answer), err
	}
}

// answer shows a question and returns what read reads. A signal that would end the
// program ends the question at once, although nothing ends read itself, and with it
// all that goes on.
func (a *app) answer(ctx context.Context, question string, read func() (string, error)) (string, error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer stop()
	type reading struct {
		text string
		err  error
	}
	done := make(chan reading, 1)
	fmt.Fprint(a.stderr, question)
	go func() {
		text, err := read()
		done <- reading{text, err}
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-ctx.Done():
		fmt.Fprintln(a.stderr)
		if a.interrupt != nil {
			a.interrupt()
		}
		return "", errInterrupted
	}
}
