package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// echoes reports whether a terminal shows what is typed.
func echoes(t *testing.T, tty *os.File) bool {
	t.Helper()
	settings, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return settings.Lflag&unix.ECHO != 0
}

// TestPromptInterrupted: one Ctrl-C, or another signal from the keyboard, ends a
// program that asks something, and leaves the terminal as it was.
func TestPromptInterrupted(t *testing.T) {
	list := filepath.Join(t.TempDir(), "targets")
	for _, test := range []struct {
		name, typed, question string
		hidden                bool
		args                  []string
	}{
		{"password", "\x03", "Password of alice: ", true, []string{"smtp", "-u", "alice", "127.0.0.1"}},
		{"quit", "\x1c", "Password of alice: ", true, []string{"smtp", "-u", "alice", "127.0.0.1"}},
		{"half typed", "wonder\x03", "Password of alice: ", true, []string{"smtp", "-u", "alice", "127.0.0.1"}},
		{"first file", "\x03", "Mail domain to check", false, []string{"check", "--init", list}},
	} {
		t.Run(test.name, func(t *testing.T) {
			near, far := openTerminal(t, 80, 24)
			defer func() { _ = far.Close() }()
			cmd := exec.CommandContext(t.Context(), "mailprobe", test.args...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = far, far, far
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			shown := ""
			for !strings.Contains(shown, test.question) {
				piece := make([]byte, 1024)
				n, err := near.Read(piece)
				if err != nil {
					t.Fatalf("%v after %q", err, shown)
				}
				shown += string(piece[:n])
			}
			for begin := time.Now(); test.hidden && echoes(t, far); time.Sleep(time.Millisecond) {
				if time.Since(begin) > time.Minute {
					t.Fatal("what is typed is shown")
				}
			}
			if _, err := near.WriteString(test.typed); err != nil {
				t.Fatal(err)
			}
			kill := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
			defer kill.Stop()
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 3 {
				t.Errorf("%v; want exit status 3", cmd.ProcessState)
			}
			if !echoes(t, far) {
				t.Error("the terminal shows no more what is typed")
			}
		})
	}
}
