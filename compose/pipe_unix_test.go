//go:build unix

package compose

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// Files of the kernel say that they are empty.
func TestVirtualFile(t *testing.T) {
	const name = "/proc/self/stat"
	if info, err := os.Stat(name); err != nil || info.Size() != 0 {
		t.Skip("there is no such file here")
	}
	d := Draft{Body: "@" + name, Attach: []string{name + ":text/plain"}}
	_, text := d.make(t, "")
	begin := fmt.Sprintf("%d (", os.Getpid())
	attached := base64.StdEncoding.EncodeToString([]byte(begin))[:len(begin)/3*4]
	for _, want := range []string{begin, attached} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}
