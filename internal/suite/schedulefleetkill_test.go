//go:build unix

package suite

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// centreHook is where a centre that is killed sends its messages.
const centreHook = "MAILPROBE_TEST_CENTRE"

// TestCentreProcess is the process that TestCentreKill kills: it takes results from a socket
// in its state directory, and answers once they are recorded. By itself it does nothing.
func TestCentreProcess(t *testing.T) {
	hook, dir := os.Getenv(centreHook), os.Getenv("MAILPROBE_TEST_STATE")
	if hook == "" {
		return
	}
	s, faults := parsePlaces("notify: {webhook: {url: \"" + hook + "\", timeout: 500ms, attempts: 1}}\n" +
		"checks: [{name: mx, kind: fake, target: a, from: [fra, nyc, lon], every: 1s, timeout: 1s}]")
	if faults != "" {
		t.Fatal(faults)
	}
	lock, err := s.LockServer(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	centre := scheduleIn(t, dir, s, ScheduleOptions{Ask: func(string, string) {}}, false)
	_ = os.Remove(filepath.Join(dir, "socket"))
	listener, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var all []Delivered
		place := r.URL.Query().Get("place")
		centre.Heard(place, AgentReport{Version: "1.0"})
		if json.NewDecoder(r.Body).Decode(&all) != nil || centre.Deliver(r.Context(), place, all) != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
}

// sender delivers what a place finds as a stream does: in order, and each again until it is
// known to be recorded.
type sender struct {
	place string
	to    *http.Client
	sent  int
	mu    sync.Mutex
	waits []Delivered
}

func (s *sender) find(status probe.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waits = append(s.waits, Delivered{ID: "mx", Attempts: 1, Results: []*probe.Result{result(s.place, status, 0)}})
	s.sent++
}

// left is how many are not known to be recorded.
func (s *sender) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waits)
}

// send sends all that wait, some of them twice.
func (s *sender) send(ctx context.Context) {
	s.mu.Lock()
	batch := append([]Delivered(nil), s.waits...)
	s.mu.Unlock()
	text, _ := json.Marshal(batch) // plain values
	r, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://centre/?place="+s.place, bytes.NewReader(text))
	answer, err := s.to.Do(r)
	if err != nil || answer.Body.Close() != nil || answer.StatusCode != http.StatusOK {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waits = s.waits[len(batch)-rand.IntN(2)*min(len(batch), 1):] // whose answer may have been lost
}

// TestCentreKill kills a centre at random moments while three places deliver what they see of
// a server that goes up and down. Afterwards each result is there once, and each event was told
// once, or again with the mark of a repetition.
func TestCentreKill(t *testing.T) {
	var mu sync.Mutex
	seen, unmarked := map[string]notify.Message{}, 0
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
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
	dir, runs := t.TempDir(), 4
	if os.Getenv("MAILPROBE_NIGHTLY") != "" {
		runs = 50
	}
	to := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(dir, "socket"))
	}}}
	var senders []*sender
	for _, place := range []string{"fra", "nyc", "lon"} {
		senders = append(senders, &sender{place: place, to: to})
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var sending sync.WaitGroup
	for _, s := range senders {
		sending.Go(func() {
			for ctx.Err() == nil {
				s.send(ctx)
				probe.Pause(ctx, 100*time.Millisecond)
			}
		})
	}
	left := func() (n int) {
		for _, s := range senders {
			n += s.left()
		}
		return n
	}
	for i := range runs + 1 {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestCentreProcess$")
		cmd.Env = append(os.Environ(), centreHook+"="+web.URL, "MAILPROBE_TEST_STATE="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = cmd.Process.Kill() }()
		status := probe.Critical
		if i%2 == 1 || i == runs {
			status = probe.OK
		}
		until := time.Now().Add(time.Second + time.Duration(rand.Int64N(int64(2*time.Second))))
		for time.Now().Before(until) || i == 0 && len(incidentsOf(t, dir)) == 0 {
			for _, s := range senders {
				s.find(status)
			}
			time.Sleep(400 * time.Millisecond)
		}
		if i == runs {
			eventually(t, "all results taken", func() bool {
				for _, s := range senders {
					if s.left() <= 1 {
						s.find(status)
					}
				}
				time.Sleep(300 * time.Millisecond)
				return left() <= 6 && leftToSend(t, dir) == 0
			})
			cancel()
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	sending.Wait()
	holdRecorded(t, dir, senders)
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
		}
	}
	if len(incidents) == 0 || unmarked > 0 {
		t.Errorf("%d incidents, %d repeated without a mark", len(incidents), unmarked)
	}
	t.Logf("%d incidents, %d messages, %v", len(incidents), len(seen), told)
}

// holdRecorded holds the history to what was sent: all but what was still waiting is there,
// and nothing twice.
func holdRecorded(t *testing.T, dir string, senders []*sender) {
	t.Helper()
	store := openedIn(t, dir)
	defer func() { _ = store.Close() }()
	for _, s := range senders {
		days, err := store.Days(t.Context(), history.Filter{Name: "mx from " + s.place})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, series := range days {
			for _, d := range series.Days {
				n += int(d.Total())
			}
		}
		if n > s.sent || n < s.sent-s.left() {
			t.Errorf("%s: %d of %d results are there, %d waited", s.place, n, s.sent, s.left())
		}
		t.Logf("%s: %d results sent, %d there, %d waited", s.place, s.sent, n, s.left())
	}
}
