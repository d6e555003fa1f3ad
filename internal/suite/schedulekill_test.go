//go:build unix

package suite

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// mailHost is where the checks of a scheduler that is killed ask how the server is.
const mailHost = "MAILPROBE_TEST_SCHEDULE"

// TestScheduledProcess is the process that TestScheduleKill kills. By itself it does
// nothing.
func TestScheduledProcess(t *testing.T) {
	address := os.Getenv(mailHost)
	if address == "" {
		return
	}
	f := reporting(func(string) probe.Status {
		answer, err := http.Get(address + "/up")
		if err != nil || answer.Body.Close() != nil || answer.StatusCode == http.StatusOK {
			return probe.OK
		}
		return probe.Critical
	})
	dir := os.Getenv("MAILPROBE_TEST_STATE")
	s := f.parse(t, killedFile(address))
	lock, err := s.LockServer(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	store, err := history.Open(t.Context(), filepath.Join(dir, history.FileName), s.History())
	if err != nil {
		t.Fatal(err)
	}
	_ = scheduleIn(t, dir, s, ScheduleOptions{Store: store}, false)
	select {} // until it is killed
}

// killedFile is a file of five checks that are told at once.
func killedFile(address string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "defaults: {alert_after: 1, every: 1s}\nnotify: {webhook: {url: \"%s/hook\", timeout: 500ms, attempts: 1}}\nchecks:\n", address)
	for i := range 5 {
		fmt.Fprintf(&b, "  - {name: c%d, kind: fake, target: h%d}\n", i, i)
	}
	return b.String()
}

// TestScheduleKill kills a scheduler at random moments while its server goes up and down.
// Afterwards no incident is there twice or lost, and each event was told: once, or again with
// the same identifier and the mark of a repetition.
func TestScheduleKill(t *testing.T) {
	var up atomic.Bool
	up.Store(true)
	var mu sync.Mutex
	seen := map[string]notify.Message{}
	unmarked := 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/up" {
			if !up.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return
		}
		var m notify.Message
		if json.NewDecoder(r.Body).Decode(&m) != nil {
			return // the sender was killed half-way
		}
		mu.Lock()
		defer mu.Unlock()
		if _, again := seen[m.ID]; again && !m.Repeated {
			unmarked++
		}
		seen[m.ID] = m
	}))
	defer web.Close()
	dir := t.TempDir()
	runs := 8
	if os.Getenv("MAILPROBE_NIGHTLY") != "" {
		runs = 200
	}
	for i := range runs + 1 {
		up.Store(i%2 == 1 || i == runs)
		cmd := exec.Command(os.Args[0], "-test.run", "^TestScheduledProcess$")
		cmd.Env = append(os.Environ(), mailHost+"="+web.URL, "MAILPROBE_TEST_STATE="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = cmd.Process.Kill() }()
		if i < runs {
			time.Sleep(time.Second + time.Duration(rand.Int64N(int64(2*time.Second))))
		} else { // what the last one left, and what waits for the end of a claim, is told
			eventually(t, "nothing left to send", func() bool { return leftToSend(t, dir) == 0 })
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	mu.Lock()
	defer mu.Unlock()
	told := map[string]int{}
	for _, m := range seen {
		for _, e := range m.Events {
			told[e.Incident+" "+string(e.Kind)]++
		}
	}
	incidents := incidentsOf(t, dir)
	for _, i := range incidents {
		for _, kind := range []notify.EventKind{notify.Failure, notify.Recovery} {
			if n := told[i.ID+" "+string(kind)]; n != 1 {
				t.Errorf("told %d times: %s of %s", n, kind, i.Name)
			}
			delete(told, i.ID+" "+string(kind))
		}
	}
	if len(incidents) == 0 || len(told) > 0 || unmarked > 0 {
		t.Errorf("%d incidents, told beside them %v, %d repeated without a mark", len(incidents), told, unmarked)
	}
	t.Logf("%d incidents, %d messages", len(incidents), len(seen))
}

// leftToSend is how many messages wait, one more while an incident is open.
func leftToSend(t *testing.T, dir string) int {
	store := openedIn(t, dir)
	defer func() { _ = store.Close() }()
	pending, err := store.Pending(t.Context())
	incidents, err2 := store.Incidents(t.Context(), history.Filter{})
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	n := len(pending)
	for _, i := range incidents {
		if i.Open() {
			n++
		}
	}
	return n
}

func openedIn(t *testing.T, dir string) *history.Store {
	store, err := history.Open(t.Context(), filepath.Join(dir, history.FileName), history.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func incidentsOf(t *testing.T, dir string) []history.Incident {
	store := openedIn(t, dir)
	defer func() { _ = store.Close() }()
	incidents, err := store.Incidents(t.Context(), history.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return incidents
}

// TestLockServer: a server waits for a run, refuses to be a second one, and takes over from
// one that was killed while its messages are still being sent.
func TestLockServer(t *testing.T) {
	s, dir := &Suite{Name: "checks.yaml"}, t.TempDir()
	run, err := s.Lock(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { _ = run.Close() })
	held, err := s.LockServer(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, lock := range []func() (*os.File, error){
		func() (*os.File, error) { return s.Lock(t.Context(), dir, false) },
		func() (*os.File, error) { return s.LockServer(t.Context(), dir) },
	} {
		var by *Running
		if _, err := lock(); !errors.As(err, &by) || !by.Server || by.PID != os.Getpid() || by.Error() != fmt.Sprintf("mailprobe serve runs these checks (process %d)", os.Getpid()) {
			t.Errorf("%v", err)
		}
	}
	gone := exec.Command(os.Args[0], "-test.run", "^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := held.WriteAt(fmt.Appendf(nil, "%-31s\n", fmt.Sprintf("%d %d serve", gone.Process.Pid, time.Now().Unix())), 0); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(time.Second, func() { _ = held.Close() })
	again, err := s.LockServer(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}

// eventually waits for something to be so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in a minute: %s", what)
		}
	}
}
