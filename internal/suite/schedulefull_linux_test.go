package suite

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// TestScheduleFullDisk: on a disk that fills up checks go on, a failure that begins there is
// told once, that the history cannot be written is said once, and all is recorded again
// once there is room.
func TestScheduleFullDisk(t *testing.T) {
	dir := smallDisk(t)
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(dir, "none"))
	hook := &receiver{}
	web := httptest.NewServer(hook)
	defer web.Close()
	var mu sync.Mutex
	bad := false
	f := reporting(func(string) probe.Status {
		mu.Lock()
		defer mu.Unlock()
		if bad {
			return probe.Critical
		}
		return probe.OK
	})
	set := func(now bool) {
		mu.Lock()
		defer mu.Unlock()
		bad = now
	}
	suite := f.parse(t, "checks: [{name: a, kind: fake, target: a, every: 1s, alert_after: 1}]\nnotify: {webhook: \""+web.URL+"\"}")
	suite.Name = filepath.Join(dir, "checks.yaml")
	store, err := history.Open(t.Context(), filepath.Join(dir, history.FileName), suite.History())
	if err != nil {
		t.Fatal(err)
	}
	var w warnings
	s := scheduleIn(t, dir, suite, ScheduleOptions{Store: store, Warn: w.add}, false)
	defer s.stop()
	eventually(t, "a first run", func() bool { return !s.item(t, "a").State.LastRun.IsZero() })
	junk := fillDisk(dir)
	eventually(t, "a warning", func() bool { return w.count("the disk is full") > 0 })
	set(true)
	eventually(t, "a failure", func() bool { return slices.Equal(hook.words(), []string{"failure"}) })
	time.Sleep(3 * time.Second)
	if got := s.item(t, "a").Results[0].Status; got != probe.Critical {
		t.Errorf("shown as %s", got)
	}
	set(false)
	eventually(t, "a recovery", func() bool { return slices.Equal(hook.words(), []string{"failure", "recovery"}) })
	if err := os.Remove(junk); err != nil {
		t.Fatal(err)
	}
	room := time.Now()
	eventually(t, "a run that is recorded", func() bool { return s.item(t, "a").State.LastRun.After(room) })
	set(true)
	eventually(t, "another failure", func() bool { return slices.Equal(hook.words(), []string{"failure", "recovery", "failure"}) })
	if n := w.count("could not be recorded"); n != 1 {
		t.Errorf("said %d times: %q", n, w.all)
	}
}

// TestScheduleRemoved: a history that is removed while it is in use is begun anew with what
// is known, and an ongoing failure is not told again.
func TestScheduleRemoved(t *testing.T) {
	dir := t.TempDir()
	hook := &receiver{}
	web := httptest.NewServer(hook)
	defer web.Close()
	f := flip(map[string]bool{"a": true})
	suite := f.parse(t, "checks: [{name: a, kind: fake, target: a, every: 1s, alert_after: 1}]\nnotify: {webhook: \""+web.URL+"\"}")
	path := filepath.Join(dir, history.FileName)
	store, err := history.Open(t.Context(), path, suite.History())
	if err != nil {
		t.Fatal(err)
	}
	s := scheduleIn(t, dir, suite, ScheduleOptions{Store: store}, false)
	defer s.stop()
	eventually(t, "a failure", func() bool { return len(hook.words()) > 0 })
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(path + suffix)
	}
	removed := time.Now()
	eventually(t, "a run that is recorded", func() bool { return s.item(t, "a").State.LastRun.After(removed) })
	states, err := store.States(t.Context())
	if err != nil || states["a"].Status != probe.Critical || len(hook.words()) != 1 {
		t.Errorf("%v, %v, told %q", states, err, hook.words())
	}
}
