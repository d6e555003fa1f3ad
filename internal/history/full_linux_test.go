package history

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestFullWhenOpened: a history on a full disk is reported in plain words, and can be
// read.
func TestFullWhenOpened(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k"); err != nil {
		if os.Getenv("MAILPROBE_REAL") == "require" {
			t.Fatal(err)
		}
		t.Skipf("a disk to fill cannot be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	path, file := filepath.Join(dir, FileName), filepath.Join(dir, "a.yaml")
	s := ofFile(t, path, file, "mx")
	commit(t, s, Batch{States: []State{{Name: "mx", Count: 4}}})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_ = os.WriteFile(filepath.Join(dir, "junk"), make([]byte, 1<<20), 0o600) // as far as there is room
	s, err := Open(t.Context(), path, Options{File: file, Checks: []string{"mx"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if got := stateOf(t, s, "mx"); got.Count != 4 {
		t.Errorf("the state is %+v", got)
	}
	err = s.Commit(t.Context(), Batch{States: []State{{Name: "mx", Count: 5}}})
	if !isFull(err) || err.Error() != "history: the disk is full" {
		t.Errorf("%v", err)
	}
	if err := os.Remove(filepath.Join(dir, "junk")); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), Batch{}); !isFull(err) {
		t.Errorf("tried again at once: %v", err)
	}
	s.frozen.Load().found = time.Time{} // long ago
	commit(t, s, Batch{States: []State{stateOf(t, s, "mx")}})
	if err := s.Commit(t.Context(), Batch{States: []State{{Name: "mx", Version: stateOf(t, s, "mx").Version, Count: 6}}}); err != nil {
		t.Error(err)
	}
	if got := stateOf(t, s, "mx"); got.Count != 6 {
		t.Errorf("the state is %+v", got)
	}
}
