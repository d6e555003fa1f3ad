package suite

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mailprobe/internal/history"
)

// smallDisk is a folder with room for 768 KiB.
func smallDisk(t *testing.T) string {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=768k"); err != nil {
		if os.Getenv("MAILPROBE_REAL") == "require" {
			t.Fatal(err)
		}
		t.Skipf("a disk to fill cannot be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fillDisk takes all the room of a small disk, with a file that it returns.
func fillDisk(dir string) string {
	junk := filepath.Join(dir, "junk")
	_ = os.WriteFile(junk, make([]byte, 1<<20), 0o600) // as far as there is room
	return junk
}

// TestLockOnFullDisk: since when a lock is held can be seen where it cannot be written.
func TestLockOnFullDisk(t *testing.T) {
	dir := smallDisk(t)
	for _, name := range []string{"new.yaml", "old.yaml"} {
		s := &Suite{Name: name}
		if name == "old.yaml" { // it has been run when there was room
			if err := os.Remove(filepath.Join(dir, "junk")); err != nil {
				t.Fatal(err)
			}
			held, err := s.Lock(t.Context(), dir, false)
			if err != nil {
				t.Fatal(err)
			}
			_ = held.Close()
		}
		fillDisk(dir)
		held, err := s.Lock(t.Context(), dir, false)
		if err != nil {
			t.Fatal(err)
		}
		var by *Running
		_, err = s.Lock(t.Context(), dir, false)
		_ = held.Close()
		if !errors.As(err, &by) || by.Since.IsZero() || time.Since(by.Since) > time.Minute || (by.PID != 0) != (name == "old.yaml") {
			t.Errorf("%s: %+v, %v", name, by, err)
		}
	}
}

// TestFullDisk: on a full disk a failure that was reported before is not told again; one
// that begins there, and the end of it, are reported once each, also when there is room
// again.
func TestFullDisk(t *testing.T) {
	dir := smallDisk(t)
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(dir, "none")) // the room set aside must do
	hook := &receiver{}
	web := httptest.NewServer(hook)
	defer web.Close()
	bad := map[string]bool{"a": true}
	s := flip(bad).parse(t, "checks: [{name: a, kind: fake, target: a}, {name: b, kind: fake, target: b}]\nnotify: {webhook: \""+web.URL+"\"}")
	s.Name = filepath.Join(dir, "checks.yaml")
	if err := os.WriteFile(s.Name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	var told, problems []string
	var printed int
	runs := func(n int) {
		t.Helper()
		for range n {
			o := s.History()
			o.Now = func() time.Time { return now }
			store, err := history.Open(t.Context(), filepath.Join(dir, history.FileName), o)
			if err != nil {
				t.Fatal(err)
			}
			r := run(t, s, Options{Store: store, Now: o.Now, Dir: dir})
			_ = store.Close()
			if r.Announcement() != "" {
				printed++
			}
			if !r.Known {
				problems = append(problems, fmt.Sprint(errors.Join(r.Problems...)))
			}
			now = now.Add(5 * time.Minute)
		}
		told = append(told, strings.Join(hook.words(), " "))
	}
	runs(3)
	junk := fillDisk(dir)
	runs(3)
	bad["b"] = true
	runs(3)
	bad["a"] = false
	runs(3)
	if err := os.Remove(junk); err != nil {
		t.Fatal(err)
	}
	runs(3)
	equal(t, "told after each time", told, []string{
		"failure", "failure", "failure failure", "failure failure recovery", "failure failure recovery",
	})
	all := strings.Join(problems, "\n")
	if strings.Count(all, "the run could not be recorded: history: the disk is full") != 1 || strings.Contains(all, "4874") {
		t.Errorf("problems told:\n%s", all)
	}
	if printed != 3 {
		t.Errorf("%d announcements were printed", printed)
	}
}
