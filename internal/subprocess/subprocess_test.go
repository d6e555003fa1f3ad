//go:build unix

package subprocess

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// prompt is more than any of these commands takes that does not wait for what it
// left behind.
const prompt = 10 * time.Second

func TestRun(t *testing.T) {
	for _, test := range []struct {
		line, stdin, out, err string
	}{
		{"echo secret", "", "secret\n", ""},
		{"cat", "text", "text", ""},
		{"true", strings.Repeat("x", 1<<20), "", ""}, // it does not read
		{"sleep 300 & echo secret", "", "secret\n", ""},
		{"(sleep 300 &); exit 0", "", "", ""},
		{"sleep 300 & echo no >&2; exit 3", "", "", "the command failed: exit status 3: no"},
		{"echo no >&2; kill -9 $$", "", "", "the command failed: signal: killed: no"},
		{"yes", "", "", "the command prints more than 100 bytes"},
		{"trap '' PIPE; while :; do echo yes; done", "", "", "the command prints more than 100 bytes"},
		{"yes >&2", "", "", "the command prints more than 262144 bytes of complaints"},
		{"trap '' PIPE; while :; do echo yes >&2; done", "", "", "the command prints more than 262144 bytes of complaints"},
		{"head -c 262144 /dev/zero >&2; echo secret", "", "secret\n", ""},
		{"sleep 300 & sleep 300", "", "", "the command did not end within 2s: stopped"},
		{"sleep 300 | cat", "", "", "the command did not end within 2s: stopped"},
	} {
		t.Run(test.line, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			c := Shell(test.line)
			c.Stdin, c.MaxOutput = test.stdin, 100
			begin := time.Now()
			out, err := c.Run(ctx)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if took := time.Since(begin); took > prompt {
				t.Errorf("it takes %s", took)
			}
			if got != test.err || test.err == "" && out != test.out {
				t.Errorf("%.50q, %q; want %q, %q", out, got, test.out, test.err)
			}
		})
	}
}

// TestPipeIsFree: who reads where complaints go need not wait for a process that a
// command left behind.
func TestPipeIsFree(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := Shell("echo no >&2; sleep 300 &")
	c.Stderr = w
	if _, err := c.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	_ = r.SetReadDeadline(time.Now().Add(prompt))
	if said, err := io.ReadAll(r); err != nil || string(said) != "no\n" {
		t.Errorf("%q, %v", said, err)
	}
}

// TestComplaintsBounded: of the complaints that go on to somebody else there is an end,
// too.
func TestComplaintsBounded(t *testing.T) {
	var said bytes.Buffer
	c := Shell("yes >&2")
	c.Stderr = &said
	if _, err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "bytes of complaints") || said.Len() > maxStderr {
		t.Errorf("%d bytes, %v", said.Len(), err)
	}
}

func TestCannotStart(t *testing.T) {
	dir := t.TempDir()
	for program, want := range map[string]string{
		"no-such-program-here": `there is no program "no-such-program-here" in $PATH`,
		dir:                    dir + " cannot be started: permission denied",
		dir + "/nothing":       dir + "/nothing cannot be started: no such file or directory",
	} {
		if _, err := (Command{Argv: []string{program}}).Run(t.Context()); err == nil || err.Error() != want {
			t.Errorf("%s: %v; want %s", program, err, want)
		}
	}
}

// TestGroupEnds: with a command end the processes that it started.
func TestGroupEnds(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := Shell("sleep 300 & echo $! > " + name + ".new; mv " + name + ".new " + name + "; wait").Run(ctx)
		ended <- err
	}()
	var pid int
	for begin := time.Now(); pid == 0 && time.Since(begin) < prompt; time.Sleep(10 * time.Millisecond) {
		text, _ := os.ReadFile(name)
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
	}
	if pid == 0 {
		t.Fatal("the command did not begin")
	}
	cancel()
	if err := <-ended; err == nil || err.Error() != "the command had not ended yet: stopped" {
		t.Error(err)
	}
	for begin := time.Now(); isRunning(pid); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > prompt {
			t.Fatal("a process goes on that the command had started")
		}
	}
}

// isRunning reports whether a process runs; a dead one that nobody has reaped does not.
func isRunning(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !bytes.Contains(stat, []byte(") Z "))
}
