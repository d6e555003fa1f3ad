//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestInstallOverPipe: no unit is written where one of them has a name that is no file's.
func TestInstallOverPipe(t *testing.T) {
	fakeTool(t, "systemctl", "exit 0")
	for _, name := range []string{"systemd/system/mailprobe-check.service", "systemd/system/mailprobe-check.timer", "cron.d/mailprobe"} {
		i, out := newInstaller(t, false)
		pipe := filepath.Join(i.root, "etc", name)
		if err := os.MkdirAll(filepath.Dir(pipe), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		install := i.systemd
		if strings.HasPrefix(name, "cron") {
			install = i.cron
		}
		err := install(t.Context())
		left, _ := os.ReadDir(filepath.Dir(pipe))
		info, _ := os.Lstat(pipe)
		if err == nil || !strings.Contains(err.Error(), "is a named pipe") || len(left) != 1 || info.Mode().Type() != os.ModeNamedPipe {
			t.Errorf("%s: %v, there are %v, and said %q", name, err, left, out)
		}
	}
}
