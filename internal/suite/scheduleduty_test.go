package suite

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/internal/notify"
)

// beats answers the requests of a heartbeat.
type beats struct {
	mu   sync.Mutex
	all  []string
	fail bool
}

// RoundTrip implements http.RoundTripper.
func (b *beats) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body) // of a test
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, r.URL.Path+" "+strings.ReplaceAll(string(body), "\n", " "))
	if b.fail {
		return nil, errors.New("unreachable")
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

// TestDuties: the heartbeat is called at the rhythm of the shortest interval and says how
// all stands, and the textfile follows what changes. What fails is said once.
func TestDuties(t *testing.T) {
	simulated(t, func(t *testing.T) {
		metrics := filepath.Join(t.TempDir(), "mailprobe.prom")
		f := flip(map[string]bool{"bad": true})
		b := &beats{}
		var w warnings
		s := schedule(t, f.parse(t, "checks: [{name: a, kind: fake, target: bad, every: 1m}, {name: b, kind: fake, target: x, every: 1h}]\nheartbeat: http://beat.example.org/id\ntextfile: "+metrics),
			ScheduleOptions{Network: notify.Network{HTTP: &http.Client{Transport: b}}, Warn: w.add})
		defer s.stop()
		time.Sleep(20 * time.Second)
		text, err := os.ReadFile(metrics)
		if err != nil || !strings.Contains(string(text), `mailprobe_run_status{file=`) || strings.Count(string(text), "mailprobe_status{") != 2 {
			t.Errorf("%v\n%s", err, text)
		}
		time.Sleep(10 * time.Minute)
		b.mu.Lock()
		if n := len(b.all); n < 9 || n > 11 || !strings.HasPrefix(b.all[n-1], "/id/2 2 checks: 1 CRITICAL, 1 OK") {
			t.Errorf("%d beats: %q", n, b.all)
		}
		b.fail = true
		b.mu.Unlock()
		if err := os.Remove(metrics); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(metrics, 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		problems := s.Stats().Problems
		w.mu.Lock()
		warned := slices.Clone(w.all)
		w.mu.Unlock()
		if len(warned) != 2 || len(problems) != 2 {
			t.Errorf("%q, %v", warned, problems)
		}
	})
}

// warnings gathers those of a scheduler.
type warnings struct {
	mu  sync.Mutex
	all []string
}

func (w *warnings) add(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, err.Error())
}

// count is how many warnings have a word.
func (w *warnings) count(word string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range w.all {
		if strings.Contains(text, word) {
			n++
		}
	}
	return n
}
