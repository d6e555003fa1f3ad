//go:build unix

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mailprobe/internal/history"
)

// TestCourierInterrupted: an interrupt of a run whose receiver never answers ends the
// courier, too, and the message is kept.
func TestCourierInterrupted(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	dir := t.TempDir()
	file := filepath.Join(dir, "checks.yaml")
	text := fmt.Sprintf("notify: {webhook: \"http://%s\"}\nchecks: [{name: a, kind: smtp, target: \"127.0.0.1:1\", alert_after: 1}]\n", listener.Addr())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "check", "--state", dir, file)
	cmd.Args[0] = "mailprobe"
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := listener.Accept() // the courier is there
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	for buffer := make([]byte, 4096); err == nil; {
		_, err = conn.Read(buffer)
	}
	if e, ok := err.(net.Error); ok && e.Timeout() {
		t.Error("the courier goes on")
	}
	store, err := history.Open(t.Context(), filepath.Join(dir, history.FileName), history.Options{File: file})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	eventually(t, "the message is kept", func() bool {
		waits, err := store.Waiting(t.Context())
		return err == nil && len(waits) == 1
	})
	if want := "mailprobe: interrupted; what was not sent is kept and tried again\n"; said.String() != want {
		t.Errorf("the run said %q", said.String())
	}
}

// TestCourierConfirmed: a receiver that takes its time may confirm a message after an
// interrupt, so that it is not sent again.
func TestCourierConfirmed(t *testing.T) {
	asked := make(chan bool, 1)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		asked <- true
		time.Sleep(aftermath + 500*time.Millisecond)
	}))
	defer web.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "checks.yaml")
	text := fmt.Sprintf("notify: {webhook: %q}\nchecks: [{name: a, kind: smtp, target: \"127.0.0.1:1\", alert_after: 1}]\n", web.URL)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, serverCommand(t, dir, file))
	select {
	case <-asked:
	case <-time.After(time.Minute):
		t.Fatal("nothing is sent")
	}
	s.end(t, syscall.SIGTERM)
	store, err := history.Open(t.Context(), filepath.Join(dir, "state", history.FileName), history.Options{
		File: file, Now: func() time.Time { return time.Now().Add(time.Hour) }, // then all is due
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	eventually(t, "the message is not sent again", func() bool {
		left, err := store.Pending(t.Context())
		return err == nil && len(left) == 0
	})
}

// TestCourierIsForRuns: it tells its caller what it is.
func TestCourierIsForRuns(t *testing.T) {
	var out, said strings.Builder
	if code := run([]string{"courier"}, strings.NewReader(""), &out, &said); code != 3 || !strings.Contains(said.String(), "`mailprobe check`") {
		t.Errorf("%d %s", code, said.String())
	}
}
