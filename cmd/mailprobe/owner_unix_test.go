//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestForeignDefaults: the file of another user is not read.
func TestForeignDefaults(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	home := t.TempDir()
	file := filepath.Join(home, "mailprobe", "defaults.yaml")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFiles(t, filepath.Dir(file), map[string]string{"defaults.yaml": "smtp: {helo: probe.example.org}\n"})
	t.Setenv("XDG_CONFIG_HOME", home)
	for uid, want := range map[int]string{0: "probe.example.org", 12345: "mailprobe: " + file + " belongs to another user"} {
		if err := os.Chown(file, uid, -1); err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		run([]string{"smtp", "--show-options"}, strings.NewReader(""), &said, &said)
		if !strings.Contains(said.String(), want) {
			t.Errorf("of user %d: %s", uid, said.String())
		}
	}
}
