package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/internal/suite"
)

// courier sends the notifications of a run in a process of its own. A run that is
// killed while a receiver takes its time would leave a doubt whether the message has
// arrived, and the next run would send it again; the courier outlives it and records the
// outcome. It holds the lock of the run meanwhile.
type courier struct {
	suite *suite.Suite
	dir   string
	lock  *os.File
}

// errand is what a courier reads from its standard input. It answers with a list of what
// went wrong, as bytes: not all that receivers say is UTF-8.
type errand struct {
	File     string        `json:"file"`
	State    string        `json:"state"`
	Interval time.Duration `json:"interval"`
}

// courierGrace is how long a courier is waited for after an interrupt. It goes on by itself
// while a receiver may confirm what it was handed, at most notify.ConfirmFor.
const courierGrace = time.Second

// maxErrand is how many bytes an errand has at most.
const maxErrand = 64 << 10

// send starts a courier and waits for it.
func (c *courier) send(ctx context.Context, interval time.Duration) (problems []string, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	input, err := json.Marshal(errand{File: c.suite.Name, State: c.dir, Interval: interval})
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, courierName)
	cmd.Args[0] = os.Args[0]
	cmd.Stdin = bytes.NewReader(input)
	cmd.ExtraFiles = []*os.File{c.lock}
	detach(cmd)
	answer, err := outputOf(ctx, cmd)
	if err != nil {
		return nil, fmt.Errorf("the process that sends: %w", err)
	}
	var said [][]byte
	err = json.Unmarshal(answer, &said)
	for _, text := range said {
		problems = append(problems, string(text))
	}
	return problems, err
}

// outputOf runs a command that the context interrupts, and returns what it prints, unless
// it goes on for longer than courierGrace then.
func outputOf(ctx context.Context, cmd *exec.Cmd) ([]byte, error) {
	var text bytes.Buffer
	cmd.Stdout = &text
	if err := cmd.Start(); err != nil { // it has the lock once this returns
		return nil, err
	}
	ended, late := make(chan error, 1), make(chan struct{})
	go func() { ended <- cmd.Wait() }()
	defer context.AfterFunc(ctx, func() {
		time.Sleep(courierGrace)
		close(late)
	})()
	select {
	case err := <-ended:
		return text.Bytes(), err
	case <-late:
		return nil, ctx.Err()
	}
}

// courierName is the command that starts a courier.
const courierName = "courier"

// newCourier makes the hidden command of a courier.
func newCourier(a *app) *cobra.Command {
	return &cobra.Command{
		Use: courierName, Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.courier(cmd.Context()) },
	}
}

// courier carries out an errand. Problems of notifiers are its answer; an error means that
// nothing was sent.
func (a *app) courier(ctx context.Context) error {
	keepLock()
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM) // from the beginning on
	defer stop()
	if a.ownSignals != nil { // what was handed over may be confirmed after an interrupt
		a.ownSignals()
	}
	var e errand
	if err := json.NewDecoder(io.LimitReader(a.stdin, maxErrand)).Decode(&e); err != nil {
		return fmt.Errorf("this command is for `mailprobe check`, which sends by it: %w", err)
	}
	s, err := loadSuite(e.File)
	if err != nil {
		return a.shown(err)
	}
	store, err := history.Open(ctx, filepath.Join(e.State, history.FileName), s.History())
	if err != nil {
		return err
	}
	defer a.closeHistory(store)
	var answer [][]byte
	for _, err := range (notify.Outbox{Store: store, Notifiers: s.Notifiers, Interval: e.Interval}).Deliver(ctx) {
		answer = append(answer, []byte(err.Error()))
	}
	return json.NewEncoder(a.stdout).Encode(answer)
}
