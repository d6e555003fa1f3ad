// Mailprobe checks whether a mail server can be reached and works.
//
// Results go to standard output; everything else goes to standard error, one
// line, begun with "mailprobe:", in lower case, without full stop, and always
// with what to try. See ARCHITECTURE.md for how the program is built.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"mailprobe/internal/report"
	"mailprobe/probe"
)

// firstGCPercent is the GOGC value until the first collection: with Go's least heap of
// 4 MiB it lets 12 MiB accumulate. Few runs need more, and those that need less are
// spared the collections on the way there.
const firstGCPercent = 300

// gcPercent is the GOGC value after the first collection when the environment sets none.
// Checks of many targets allocate much and keep little: with Go's default of 100 the
// collector takes a tenth of their time. With 200 a thousand sessions with TLS would need
// 100 KiB each.
const gcPercent = 150

func main() {
	collectAt(firstGCPercent)
	runtime.AddCleanup(new([16]byte), afterFirst, gcPercent)
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// collectAt sets the GOGC value unless the environment sets one.
func collectAt(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// afterFirst is called after the first collection. A command may have set another
// percentage by then, which stays.
func afterFirst(percent int) {
	if now := debug.SetGCPercent(percent); now != firstGCPercent {
		debug.SetGCPercent(now)
	}
}

// run is the program: it returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	own := make(chan struct{})
	defer time.AfterFunc(signalDelay, func() { interruptible(own, cancel, stderr) }).Stop()
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, terminal: "/dev/tty", interrupt: cancel, ownSignals: func() { close(own) }}
	return a.run(ctx, args)
}

// signalDelay is the time before the program listens for signals. Until then Ctrl-C simply
// kills the process: there is no partial result to print yet. Listening starts threads,
// which costs a tenth of the time of a single check; a shorter run is spared that.
const signalDelay = 20 * time.Millisecond

// aftermath is how long after an interrupt the program may take to show what is known.
// Nothing ends the opening of a pipe that nobody writes to, or a read from a terminal.
const aftermath = 1500 * time.Millisecond

// twin is how long a second signal counts as the first one: timeout(1) sends one to the
// program and one to its process group.
const twin = 100 * time.Millisecond

// interruptible makes the first interrupt end what is going on, so that what is known
// is shown, and a little later the program, whatever it waits for. A second one ends
// the program at once. All that ends with own, once the command handles signals itself.
func interruptible(own <-chan struct{}, cancel context.CancelFunc, stderr io.Writer) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	select {
	case <-signals:
	case <-own:
		signal.Stop(signals)
		return
	}
	cancel()
	time.Sleep(twin)
	signal.Stop(signals)
	time.Sleep(aftermath)
	go fmt.Fprintln(stderr, "mailprobe: interrupted") // it might be what is waited for
	time.Sleep(10 * time.Millisecond)
	os.Exit(probe.Unknown.ExitCode())
}

// run carries out a command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := newRoot(a, args)
	root.SetArgs(args)
	if isCompletion(args) {
		completeValues(root)
	}
	if err := unknownCommand(root, args); err != nil {
		return a.usage(err)
	}
	if cmd, err := root.ExecuteContextC(ctx); err != nil {
		return max(a.usage(err), a.cannotRun(cmd, err))
	}
	if report.IsSelfContained(a.format) {
		return 0
	}
	if _, plugin := report.Problem(a.format, ""); a.noState && !plugin {
		return exitCannotRun
	}
	return a.status.ExitCode()
}
