package main

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// A watched trace has a terminal for its input and output.
type watched struct {
	cmd       *exec.Cmd
	near, far *os.File
	out       lines
	read      chan struct{}
	before    unix.Termios
}

func watchTrace(t *testing.T, args ...string) *watched {
	t.Helper()
	need(t, "ping")
	w := &watched{read: make(chan struct{})}
	w.near, w.far = openTerminal(t, 80, 24)
	w.before = w.termios(t)
	w.cmd = exec.CommandContext(t.Context(), "mailprobe", append([]string{"trace", "--watch", "-n", "-i", "100ms"}, args...)...)
	w.cmd.Stdin, w.cmd.Stdout, w.cmd.Stderr = w.far, w.far, w.far
	w.cmd.Env = append(os.Environ(), "NO_COLOR=1", "TERM=xterm")
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.read)
		_, _ = io.Copy(&w.out, w.near) // it ends in EIO when nobody has the terminal any more
	}()
	w.waitFrames(t, 5)
	return w
}

// waitFrames waits until so many more frames have been drawn.
func (w *watched) waitFrames(t *testing.T, n int) {
	t.Helper()
	frames := func() int { return strings.Count(w.out.String(), "\x1b[H") }
	n += frames()
	for begun := time.Now(); frames() < n; time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatalf("%d frames in a minute: %q", frames(), w.out.String())
		}
	}
}

func (w *watched) termios(t *testing.T) unix.Termios {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(w.far.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *state
}

// end waits for the end, and returns the exit code, what was drawn on the other screen,
// and what came after it.
func (w *watched) end(t *testing.T) (code int, screen, after string) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- w.cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		_ = w.cmd.Process.Kill()
		t.Fatal("it does not end")
	}
	if now := w.termios(t); now != w.before {
		t.Errorf("the terminal is left as %+v; it was %+v", now, w.before)
	}
	_ = w.far.Close()
	<-w.read
	before, rest, opened := strings.Cut(w.out.String(), "\x1b[?1049h\x1b[?25l")
	screen, after, closed := strings.Cut(rest, "\x1b[?25h\x1b[?1049l")
	if before != "" || !opened || !closed || strings.Contains(after, "\x1b[H") {
		t.Fatalf("the other screen is not opened and closed: %q", w.out.String())
	}
	return w.cmd.ProcessState.ExitCode(), screen, after
}

// A trace is watched until q or Ctrl-C is typed; the summary follows, and the terminal
// is as it was. A signal ends it as well.
func TestTraceWatch(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*watched) error
		code int
		want string
	}{
		"q":       {func(w *watched) error { _, err := w.near.WriteString("nzq"); return err }, 0, `^OK  trace 127\.0\.0\.1, .*\r\n +reached over 1 hop, average `},
		"Ctrl-C":  {func(w *watched) error { _, err := w.near.WriteString("\x03"); return err }, 0, `^OK  trace 127\.0\.0\.1, `},
		"SIGTERM": {func(w *watched) error { return w.cmd.Process.Signal(syscall.SIGTERM) }, 0, `^OK  trace 127\.0\.0\.1, `},
		"SIGINT":  {func(w *watched) error { return w.cmd.Process.Signal(os.Interrupt) }, 0, `^OK  trace 127\.0\.0\.1, `},
	} {
		t.Run(name, func(t *testing.T) {
			w := watchTrace(t, "127.0.0.1")
			if err := c.do(w); err != nil {
				t.Fatal(err)
			}
			code, screen, after := w.end(t)
			if code != c.code || !regexp.MustCompile(c.want).MatchString(after) {
				t.Errorf("exit code %d, in the end %q", code, after)
			}
			row := regexp.MustCompile(`(?m)^  1 127\.0\.0\.1 +0% +[1-9]\d* +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ [▁▂▃▄▅▆▇█]+\x1b\[K`)
			if !row.MatchString(strings.ReplaceAll(screen, "\r", "")) {
				t.Errorf("no hop is drawn: %q", screen)
			}
		})
	}
}

// The screen follows the size of the terminal.
func TestTraceWatchResized(t *testing.T) {
	w := watchTrace(t, "127.0.0.1")
	if err := unix.IoctlSetWinsize(int(w.near.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 9, Col: 50}); err != nil {
		t.Fatal(err)
	}
	w.waitFrames(t, 5)
	if _, err := w.near.WriteString("q"); err != nil {
		t.Fatal(err)
	}
	_, screen, _ := w.end(t)
	frames := strings.Split(screen, "\x1b[H")
	widest := func(frame string) (most int) {
		for line := range strings.SplitSeq(strings.ReplaceAll(frame, "\x1b[J", ""), "\x1b[K") {
			most = max(most, utf8.RuneCountInString(strings.TrimLeft(line, "\r\n")))
		}
		return most
	}
	if first, last := widest(frames[1]), widest(frames[len(frames)-1]); len(frames) < 4 || first <= 50 || first > 80 || last > 50 {
		t.Errorf("%d frames, the first %d columns wide, the last %d", len(frames), first, last)
	}
}

// What cannot be watched is said.
func TestTraceWatchErrors(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"--watch 127.0.0.1", "--watch needs a terminal"},
	} {
		out, err := exec.Command("mailprobe", append([]string{"trace"}, strings.Fields(c.args)...)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: %v, %s", c.args, err, out)
		}
	}
	if out := onTerminal(t, 80, 24, 10*time.Second, "trace", "--watch", "127.0.0.1", "127.0.0.2"); !strings.Contains(out, "--watch shows one host only") {
		t.Errorf("two hosts: %q", out)
	}
}
