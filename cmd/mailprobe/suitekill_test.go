package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
)

// kills is how many runs are killed: a few, and many by make nightly.
var kills = nightly(10, 200)

// patience bounds the time that it takes: with the race detector a run takes ten times as
// long.
var patience = time.Duration(nightly(24, 600)) * time.Second

// nightly returns how often to repeat a test that depends on chance: more often if
// MAILPROBE_NIGHTLY is set.
func nightly(usual, night int) int {
	if os.Getenv("MAILPROBE_NIGHTLY") != "" {
		return night
	}
	return usual
}

// TestKill kills runs at random moments while the servers they check go up and
// down. Afterwards the history is whole, no incident is there twice or lost, and
// every event of every incident has been reported: once, or again only with the same
// identifier and the mark of a repetition.
func TestKill(t *testing.T) {
	told := newSink(0)
	k := newKillTest(t, told, webhook(t, told))
	killed, begin := 0, time.Now()
	for killed < kills && time.Since(begin) < patience {
		k.up.Store(rand.IntN(2) > 0)
		// Half of the kills fall into the time in which runs read, write and send.
		if k.run(t, time.Duration(rand.IntN(int(k.whole)*5/2))) {
			killed++
		}
	}
	k.up.Store(true)
	time.Sleep(claimEnds) // of what was being sent at a kill
	k.run(t, time.Minute)
	k.run(t, time.Minute)
	k.check(t)
	t.Logf("%d runs were killed; %d messages, %d of them repeated", killed, len(k.seen), k.repeated)
}

// claimEnds is when a claim of the webhook below has ended at the latest.
const claimEnds = 4 * time.Second

// killTest is a file of checks with the server and the receiver it needs.
type killTest struct {
	file, state string
	up          atomic.Bool
	whole       time.Duration // of an undisturbed run that has something to tell

	*sink
}

// sink is a receiver of webhooks.
type sink struct {
	slow time.Duration // to answer

	mu       sync.Mutex
	seen     map[string]notify.Message
	repeated int
	doubled  []string // without a mark
}

func newSink(slow time.Duration) *sink {
	return &sink{slow: slow, seen: map[string]notify.Message{}}
}

// newKillTest makes a test whose notifiers stand in the file as they are given.
func newKillTest(t *testing.T, told *sink, notify string) *killTest {
	k := &killTest{state: t.TempDir(), sink: told}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go k.serve(listener)
	var text strings.Builder
	fmt.Fprintf(&text, "defaults: {alert_after: 1, tls: \"off\", timeout: 5s}\nnotify: %s\nchecks:\n", notify)
	for i := range 5 {
		fmt.Fprintf(&text, "  - {name: c%d, kind: smtp, target: \"%s\"}\n", i, listener.Addr())
	}
	k.file = filepath.Join(t.TempDir(), "checks.yaml")
	if err := os.WriteFile(k.file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	k.up.Store(true)
	k.run(t, time.Minute) // makes the history
	k.up.Store(false)     // so that there is something to tell
	begin := time.Now()
	k.run(t, time.Minute)
	k.whole = time.Since(begin)
	return k
}

// serve is an SMTP server that refuses while it is down.
func (k *killTest) serve(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			if !k.up.Load() {
				fmt.Fprint(conn, "421 4.3.0 not now\r\n")
				return
			}
			fmt.Fprint(conn, "220 mx ESMTP\r\n")
			buffer := make([]byte, 512)
			for {
				n, err := conn.Read(buffer)
				if err != nil {
					return
				}
				if strings.HasPrefix(string(buffer[:n]), "QUIT") {
					fmt.Fprint(conn, "221 bye\r\n")
					return
				}
				fmt.Fprint(conn, "250 mx\r\n")
			}
		}()
	}
}

// webhook is the notifier that tells a sink, as the file has it.
func webhook(t *testing.T, s *sink) string {
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	return fmt.Sprintf("{webhook: {url: \"%s\", timeout: 500ms, attempts: 1}}", web.URL)
}

// ServeHTTP notes what is reported.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m notify.Message
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		return // the sender was killed half-way
	}
	s.note(m)
	time.Sleep(s.slow)
}

func (s *sink) note(m notify.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.seen[m.ID]; ok {
		s.repeated++
		if !m.Repeated {
			s.doubled = append(s.doubled, m.ID)
		}
	}
	s.seen[m.ID] = m
}

// run starts the program and kills it after a time, unless it has ended.
func (k *killTest) run(t *testing.T, after time.Duration) (killed bool) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "check", "--state", k.state, k.file)
	cmd.Args[0] = "mailprobe"
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Wait()
	if said.Len() > 0 {
		t.Errorf("a run said: %s", said.String())
	}
	return cmd.ProcessState.ExitCode() < 0
}

// check holds what was reported against what the history has.
func (k *killTest) check(t *testing.T) {
	store, err := history.Open(t.Context(), filepath.Join(k.state, history.FileName), history.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if store.Notice() != "" {
		t.Error(store.Notice())
	}
	pending, err := store.Pending(t.Context())
	if err != nil || len(pending) > 0 {
		t.Errorf("%d notifications are left, %v", len(pending), err)
	}
	if len(k.doubled) > 0 {
		t.Errorf("sent twice without a mark: %q", k.doubled)
	}
	told := map[string]int{}
	for _, m := range k.seen {
		for _, e := range m.Events {
			told[e.Incident+" "+string(e.Kind)]++
		}
	}
	incidents, err := store.Incidents(t.Context(), history.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	checkIncidents(t, incidents, told)
	for what, n := range told {
		t.Errorf("told %d times more than it was: %s", n, what)
	}
}

// checkIncidents demands that each is over, overlaps no other of its check, and was
// told once; what was reported is taken off the list.
func checkIncidents(t *testing.T, incidents []history.Incident, told map[string]int) {
	if len(incidents) == 0 {
		t.Error("there was no incident: the test is blind")
	}
	slices.SortFunc(incidents, func(a, b history.Incident) int { return a.Opened.Compare(b.Opened) })
	last := map[string]time.Time{}
	for _, i := range incidents {
		if i.Open() || i.Opened.Before(last[i.Name]) {
			t.Errorf("incident %s of %s, opened %s, closed %s, the one before %s", i.ID, i.Name, i.Opened, i.Closed, last[i.Name])
		}
		last[i.Name] = i.Closed
		for _, kind := range []notify.EventKind{notify.Failure, notify.Recovery} {
			what := i.ID + " " + string(kind)
			if told[what] != 1 {
				t.Errorf("told %d times: %s", told[what], what)
			}
			delete(told, what)
		}
	}
}
