package main

import (
	"io"
	"net"
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

// TestPromptAtTerminal: a password is asked for at the terminal of the program, wherever
// its streams come from and go to, and Ctrl-C works there as well.
func TestPromptAtTerminal(t *testing.T) {
	for typed, want := range map[string]string{
		"wonderland\n": "connection refused",
		"\x03":         "interrupted",
	} {
		near, far := openTerminal(t, 80, 24)
		cmd := exec.CommandContext(t.Context(), "mailprobe", "pop3", "alice@127.0.0.1:1")
		var out strings.Builder
		cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = &out, &out, []*os.File{far}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		question := make([]byte, len("Password of alice at 127.0.0.1: "))
		if _, err := io.ReadFull(near, question); err != nil || !strings.HasSuffix(string(question), ": ") {
			t.Fatalf("asked is %q, %v", question, err)
		}
		for begin := time.Now(); echoes(t, far); time.Sleep(time.Millisecond) {
			if time.Since(begin) > time.Minute {
				t.Fatal("what is typed is shown")
			}
		}
		if _, err := near.WriteString(typed); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil || !strings.Contains(out.String(), want) {
			t.Errorf("%q typed: %v, shown is %q; want %q", typed, err, &out, want)
		}
		if !echoes(t, far) {
			t.Error("the terminal shows no more what is typed")
		}
		_ = far.Close()
	}
}

// TestNoPassword: without a terminal a user without a password is an error before
// anything is connected.
func TestNoPassword(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	const lacks = "mailprobe: no password for alice: give it with --password-file, --password-env, --password-command or --netrc\n"
	addr := l.Addr().String()
	for want, args := range map[string][]string{
		lacks:       {"smtp", "-u", "alice", addr},
		lacks + " ": {"imap", "alice@" + addr},
		strings.ReplaceAll(lacks, "--", "--fetch-"): {"deliver", "--to=alice@example.org", "--via=smtp://" + addr, "--fetch=pop3://alice@" + addr},
		strings.ReplaceAll(lacks, "--", "--via-"):   {"deliver", "--to=alice@example.org", "--via=smtp://alice@" + addr, "--fetch=pop3://" + addr},
		"mailprobe: alice@example.org looks like a mail address, and the target is a server: did you mean --mx and --to alice@example.org, with the target example.org?\n": {"smtp", "alice@example.org"},
	} {
		cmd := exec.CommandContext(t.Context(), "mailprobe", args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 3 || string(out) != strings.TrimSuffix(want, " ") {
			t.Errorf("%q: exit %d, %q", args, code, out)
		}
	}
	_ = l.(*net.TCPListener).SetDeadline(time.Now())
	if conn, err := l.Accept(); err == nil {
		_ = conn.Close()
		t.Error("somebody connected")
	}
}
