//go:build unix

package main

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mailprobe/internal/history"
)

// TestServeKill kills servers at random moments, while what they check goes up and down and
// their couriers send. The next one goes on with the history: no incident is there twice or
// lost, and every event was told once, or again only with the same identifier and the mark of
// a repetition.
func TestServeKill(t *testing.T) {
	told := newSink(slowness)
	k := newKillTest(t, told, webhook(t, told))
	k.often(t)
	killed := 0
	for begin := time.Now(); killed < kills && time.Since(begin) < patience; killed++ {
		k.up.Store(killed%2 == 0)
		cmd := k.server(t)
		var said strings.Builder
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300*time.Millisecond + rand.N(2500*time.Millisecond))
		_ = cmd.Process.Kill()
		if _ = cmd.Wait(); cmd.ProcessState.ExitCode() >= 0 {
			t.Fatalf("a server ended by itself: %s\n%s", cmd.ProcessState, said.String())
		}
	}
	k.up.Store(true)
	s := startServer(t, k.server(t))
	eventually(t, "all is told and over", func() bool { return k.left(t) == 0 })
	s.end(t, syscall.SIGTERM)
	k.check(t)
	t.Logf("%d servers were killed; %d messages, %d of them repeated", killed, len(k.seen), k.repeated)
}

// often has the checks run every second.
func (k *killTest) often(t *testing.T) {
	text, err := os.ReadFile(k.file)
	if err != nil {
		t.Fatal(err)
	}
	now := strings.Replace(string(text), "defaults: {", "defaults: {every: 1s, ", 1)
	if err := os.WriteFile(k.file, []byte(now), 0o600); err != nil {
		t.Fatal(err)
	}
}

// server is `mailprobe serve` with the checks of the test.
func (k *killTest) server(t *testing.T) *exec.Cmd {
	return exec.CommandContext(t.Context(), "mailprobe", "serve", "--listen", "127.0.0.1:0", "--state", k.state, k.file)
}

// left is how many messages wait, and how many incidents are open.
func (k *killTest) left(t *testing.T) (n int) {
	t.Helper()
	store, err := history.Open(t.Context(), filepath.Join(k.state, history.FileName), history.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	incidents, err := store.Incidents(t.Context(), history.Filter{}) // whose end is there with its message
	pending, err2 := store.Pending(t.Context())
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	for _, i := range incidents {
		if i.Open() {
			n++
		}
	}
	return n + len(pending)
}
