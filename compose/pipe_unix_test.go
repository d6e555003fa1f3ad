//go:build unix

package compose

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe can be read only once, and is sent all the same.
func TestPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- os.WriteFile(name, []byte("Subject: x\n\nthrough a pipe"), 0o600) }()
	d := Draft{File: name}
	if _, text := d.make(t, ""); text != "Subject: x\r\n\r\nthrough a pipe\r\n" {
		t.Error(text)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
