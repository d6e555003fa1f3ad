package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"mailprobe/probe"
	"mailprobe/wire"
)

// errInterrupted ends the program when it was interrupted while it asked something.
var errInterrupted = errors.New("interrupted")

// prompt returns a function that asks the user for a secret at the terminal of the
// program, wherever its input and output are redirected to.
func (a *app) prompt(ctx context.Context) func(string) (wire.Secret, error) {
	return func(question string) (wire.Secret, error) {
		tty, show, done, err := a.openTerminal()
		if err != nil {
			return "", err
		}
		defer done()
		fd := int(tty.Fd())
		if before, err := term.GetState(fd); err == nil {
			defer func() { _ = term.Restore(fd, before) }() // after an interrupt ReadPassword goes on
		}
		answer, err := a.answer(ctx, show, question, func() (string, error) {
			defer fmt.Fprintln(show) // the line end that was typed is not shown
			typed, err := term.ReadPassword(fd)
			return string(typed), err
		})
		return wire.Secret(answer), err
	}
}

// openTerminal opens the controlling terminal, or else takes standard input where that
// is a terminal. show is where questions are written; done closes what was opened.
func (a *app) openTerminal() (tty *os.File, show io.Writer, done func(), err error) {
	if a.terminal != "" {
		if tty, err := os.OpenFile(a.terminal, os.O_RDWR, 0); err == nil {
			return tty, tty, func() { _ = tty.Close() }, nil
		}
	}
	if _, ok := terminal(a.stdin); ok {
		return a.stdin.(*os.File), a.stderr, func() {}, nil
	}
	return nil, nil, nil, probe.ErrNobody
}

// answer shows a question and returns what read reads. A signal that would end the
// program ends the question at once, although nothing ends read itself, and with it
// all that goes on.
func (a *app) answer(ctx context.Context, show io.Writer, question string, read func() (string, error)) (string, error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer stop()
	type reading struct {
		text string
		err  error
	}
	done := make(chan reading, 1)
	fmt.Fprint(show, question)
	go func() {
		text, err := read()
		done <- reading{text, err}
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-ctx.Done():
		fmt.Fprintln(show)
		if a.interrupt != nil {
			a.interrupt()
		}
		return "", errInterrupted
	}
}
