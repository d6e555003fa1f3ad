//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterrupted: the first signal ends the program within two seconds, whatever it
// waits for, and what nothing else can end.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "checks.yaml")
	text := "checks: [{name: a, kind: smtp, target: 127.0.0.1, user: x, password_command: sleep 60}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"a pipe as file of checks": {"check", "--state", dir, pipe},
		"a pipe to be validated":   {"check", "--validate", pipe},
		"a long validation":        {"check", "--validate", "--online", file},
		"a pipe as password":       {"smtp", "-u", "alice", "--password-file", pipe, "127.0.0.1"},
		"a pipe as certificates":   {"smtp", "--ca-file", pipe, "127.0.0.1"},
		"standard input":           {"smtp", "-"},
		"a reply to explain":       {"explain", "-"},
	} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(name+", "+signal.String(), func(t *testing.T) {
				t.Parallel()
				interruptOne(t, signal, args...)
			})
		}
	}
}

// interruptOne sends a signal to a program that waits.
func interruptOne(t *testing.T, signal os.Signal, args ...string) {
	cmd := exec.CommandContext(t.Context(), "mailprobe", args...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for range quietSamples {
		select {
		case err := <-done:
			t.Fatalf("it does not wait: %v\n%s", err, &output)
		case <-quiet(t, cmd.Process.Pid):
		}
	}
	begin := time.Now()
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	<-done
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
	said := strings.Contains(output.String(), "interrupted") || strings.Contains(output.String(), "stopped")
	if code := cmd.ProcessState.ExitCode(); code != 3 || !said {
		t.Errorf("exit status %d\n%s", code, &output)
	}
}

// quietSamples is how often a program has to be seen quiet to be one that waits.
const quietSamples = 5

// quiet returns a channel that is closed a moment after no thread of a process was running
// or waiting for a processor: on a busy machine a program may take seconds to get where it
// waits. Where the system does not show it, the moment is longer.
func quiet(t *testing.T, pid int) <-chan struct{} {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		for pause := 50 * time.Millisecond; t.Context().Err() == nil; {
			time.Sleep(pause)
			states, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
			if err != nil || len(states) == 0 {
				time.Sleep(200 * time.Millisecond)
				return
			}
			if !slices.ContainsFunc(states, isRunning) {
				return
			}
		}
	}()
	return closed
}

// isRunning reports whether a thread runs, is ready to, or waits for a disk, by its file in /proc (proc(5)).
func isRunning(file string) bool {
	text, err := os.ReadFile(file)
	_, rest, _ := strings.Cut(string(text), ") ")
	return err == nil && (strings.HasPrefix(rest, "R") || strings.HasPrefix(rest, "D"))
}
