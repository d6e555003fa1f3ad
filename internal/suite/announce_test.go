package suite

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
	"mailprobe/wire"
)

// strict is a chat service that answers some texts with a code.
type strict struct {
	mu      sync.Mutex
	refuse  func(text string) int // 0 takes it
	taken   []string
	refused int
}

func (s *strict) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		if code := s.refuse(string(body)); code != 0 {
			s.refused++
			http.Error(w, "no", code)
			return
		}
	}
	s.taken = append(s.taken, string(body))
}

// runs is a series of runs of a file, five minutes apart.
type runs struct {
	t     *testing.T
	now   time.Time
	store *history.Store
	o     Options
}

func newRuns(t *testing.T) *runs {
	r := &runs{t: t, now: time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)}
	r.store = openHistory(t, func() time.Time { return r.now })
	r.o = Options{Store: r.store, Now: func() time.Time { return r.now }}
	return r
}

func (r *runs) run(s *Suite) *Report {
	r.t.Helper()
	report := run(r.t, s, r.o)
	r.now = r.now.Add(5 * time.Minute)
	return report
}

// flip is a fake whose checks are Critical where the map says so.
func flip(bad map[string]bool) *fake {
	return reporting(func(host string) probe.Status {
		if bad[host] {
			return probe.Critical
		}
		return probe.OK
	})
}

// TestRefusedForGood: a message that the receiver takes in no form is sent in full,
// shortened, and bare, and then given up; it does not hold up the others, another
// notifier is reported, and every run says so until one that comes later gets through.
func TestRefusedForGood(t *testing.T) {
	for _, code := range []int{400, 404, 413, 422} {
		chat, other := &strict{}, &receiver{}
		chat.refuse = func(text string) int {
			if strings.Contains(text, `check":"poison`) {
				return code
			}
			return 0
		}
		web, second := httptest.NewServer(chat), httptest.NewServer(other)
		defer web.Close()
		defer second.Close()
		bad := map[string]bool{"poison": true}
		s := flip(bad).parse(t, fmt.Sprintf(`
defaults: {alert_after: 1}
checks:
  - {name: poison, kind: fake, target: poison}
  - {name: fine, kind: fake, target: fine}
  - {name: third, kind: fake, target: third}
notify:
  - {name: chat, webhook: {url: "%s", template: '{"check":{{range .Events}}{{json .Check}}{{end}}}'}}
  - {name: other, webhook: "%s"}
`, web.URL, second.URL))
		r := newRuns(t)
		r.run(s)
		if chat.refused != 2 || len(chat.taken) != 0 {
			t.Errorf("%d: %d refused in the first run", code, chat.refused)
		}
		bad["fine"] = true
		report := r.run(s)
		if chat.refused != 3 || len(chat.taken) != 1 || !strings.Contains(chat.taken[0], "fine") {
			t.Errorf("%d: %d refused, taken %q: one message must not hold up the next", code, chat.refused, chat.taken)
		}
		if len(report.Unsolved) != 1 || len(r.run(s).Unsolved) != 1 {
			t.Errorf("%d: %v: one message is lost", code, report.Unsolved)
		}
		if words := other.words(); len(words) != 3 || other.messages[2].Events[0].Check != "notifier chat" {
			t.Errorf("%d: the other was told %q", code, words)
		}
		bad["third"] = true
		if left := r.run(s).Unsolved; len(left) != 0 { // what came later got through
			t.Errorf("%d: %v", code, left)
		}
	}
}

// TestMuted: a notifier that gets nothing through is reported by another, once, in every
// run on standard error, and as an open incident, until it takes something.
func TestMuted(t *testing.T) {
	chat, other := &strict{refuse: func(string) int { return 400 }}, &receiver{}
	web, second := httptest.NewServer(chat), httptest.NewServer(other)
	defer web.Close()
	defer second.Close()
	bad := map[string]bool{"a": true}
	s := flip(bad).parse(t, fmt.Sprintf("defaults: {alert_after: 1}\nchecks: [{name: a, kind: fake, target: a}, {name: b, kind: fake, target: b}]\n"+
		"notify: [{name: chat, webhook: %q}, {name: other, only: b, status: critical, webhook: %q}]", web.URL, second.URL))
	r := newRuns(t)
	var unsolved []int
	for range 4 {
		unsolved = append(unsolved, len(r.run(s).Unsolved))
	}
	equal(t, "unsolved in each run", []string{fmt.Sprint(unsolved)}, []string{"[0 1 1 1]"})
	if len(other.messages) != 1 || other.messages[0].Events[0].Check != "notifier chat" ||
		!strings.HasPrefix(other.messages[0].Events[0].Summary, "gave up 1 message; the last: the server answered 400") {
		t.Fatalf("the other was told %+v", other.messages)
	}
	if open := openIncidents(t, r.store); !strings.Contains(open, " notifier chat;") {
		t.Errorf("open are %q", open)
	}
	chat.refuse = nil
	bad["a"] = false
	if left := r.run(s).Unsolved; len(left) != 0 {
		t.Errorf("after a message got through: %v", left)
	}
	if len(other.messages) != 2 || other.messages[1].Events[0].Kind != notify.Recovery || openIncidents(t, r.store) != "" {
		t.Errorf("the other was told %+v, open are %q", other.messages, openIncidents(t, r.store))
	}
}

// openIncidents are the names of those that are open.
func openIncidents(t *testing.T, store *history.Store) string {
	t.Helper()
	all, err := store.Incidents(t.Context(), history.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, i := range all {
		if i.Open() {
			text += i.Name + ";"
		}
	}
	return text
}

// TestMutedUntilChanged: whoever changes the file has acted.
func TestMutedUntilChanged(t *testing.T) {
	web := httptest.NewServer(&strict{refuse: func(string) int { return 422 }})
	defer web.Close()
	s := flip(map[string]bool{"a": true}).parse(t, "defaults: {alert_after: 1}\nchecks: [{name: a, kind: fake, target: a}]\nnotify: {webhook: \""+web.URL+"\"}")
	s.Name = filepath.Join(t.TempDir(), "checks.yaml")
	r := newRuns(t)
	touch := func(at time.Time) {
		if err := errors.Join(os.WriteFile(s.Name, nil, 0o600), os.Chtimes(s.Name, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	touch(r.now.Add(-time.Hour))
	r.run(s)
	if n := len(r.run(s).Unsolved); n != 1 {
		t.Errorf("%d are unsolved", n)
	}
	touch(r.now)
	if left := r.run(s).Unsolved; len(left) != 0 {
		t.Errorf("after the file was changed: %v", left)
	}
}

// TestForms: what is refused for its length arrives shortened, what is refused for the
// server's words arrives without them, and both name the check.
func TestForms(t *testing.T) {
	banner := "452 full, says the <server> " + strings.Repeat("x", 300)
	f := failing(func(_ int, r *probe.Result) error {
		for range 30 {
			r.Transcript.Record(wire.Server, strings.Repeat("220 a line that a server said ", 10))
		}
		return probe.Because(causeFull, errors.New(banner))
	})
	file := "defaults: {alert_after: 1}\nchecks: [{name: a, kind: fake, target: x}]\nnotify: {webhook: \"%s\"}"
	for name, c := range map[string]struct {
		refuse func(text string) int
		runs   int
		has    []string
		lacks  []string
	}{
		"too long":   {func(text string) int { return map[bool]int{true: 413}[len(text) > 3000] }, 1, []string{"says the <server>", `"cause":"full"`}, []string{`"transcript"`}},
		"the banner": {func(text string) int { return map[bool]int{true: 400}[strings.Contains(text, "says the")] }, 2, []string{"CRITICAL a: full", `"cause":"full"`}, []string{"says the"}},
	} {
		chat := &strict{refuse: c.refuse}
		web := httptest.NewServer(chat)
		r := newRuns(t)
		for range c.runs {
			r.run(f.parse(t, fmt.Sprintf(file, web.URL)))
		}
		web.Close()
		if len(chat.taken) != 1 {
			t.Errorf("%s: taken %q", name, chat.taken)
			continue
		}
		for _, want := range c.has {
			if !strings.Contains(chat.taken[0], want) {
				t.Errorf("%s: it lacks %q: %s", name, want, chat.taken[0])
			}
		}
		for _, not := range c.lacks {
			if strings.Contains(chat.taken[0], not) {
				t.Errorf("%s: it has %q: %s", name, not, chat.taken[0])
			}
		}
	}
}

// TestBackOff: tries of a passing failure are ever further apart, up to an hour; news
// makes everything that waits go along, in order; one message at fault holds up none.
func TestBackOff(t *testing.T) {
	chat := &strict{refuse: func(string) int { return 403 }}
	web := httptest.NewServer(chat)
	defer web.Close()
	bad := map[string]bool{"a": true}
	parse := func(attempts string) *Suite {
		return flip(bad).parse(t, "defaults: {alert_after: 1}\nchecks: [{name: a, kind: fake, target: a}, {name: b, kind: fake, target: b}, {name: c, kind: fake, target: c}]\n"+
			"notify: {webhook: {"+attempts+"url: \""+web.URL+"\", template: \"{{.Subject}}\"}}")
	}
	s := parse("")
	r := newRuns(t)
	var tried []string
	for i := range 48 {
		before := chat.refused
		if report := r.run(s); len(report.Problems) == 0 {
			t.Errorf("run %d has no trouble", i)
		}
		if chat.refused > before {
			tried = append(tried, fmt.Sprint(i*5))
		}
	}
	equal(t, "minutes of the tries", tried, strings.Fields("0 5 15 35 75 135 195"))
	chat.refuse = func(text string) int { return map[bool]int{true: 500}[strings.Contains(text, " a:")] }
	s = parse("attempts: 1, ")
	bad["b"] = true
	r.run(s)
	bad["c"] = true
	r.run(s)
	if got := strings.Join(chat.taken, "; "); len(chat.taken) != 2 || !strings.Contains(chat.taken[0], " b:") || !strings.Contains(chat.taken[1], " c:") {
		t.Errorf("taken: %s", got)
	}
}

// TestTwoFilesReported: of two files in one state directory with a check and a notifier of
// the same name, one up and one down, the failure is reported, to whom the file names.
func TestTwoFilesReported(t *testing.T) {
	hooks := map[string]*receiver{"up": {}, "down": {}}
	dir := t.TempDir()
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	suites := map[string]*Suite{}
	for host, hook := range hooks {
		web := httptest.NewServer(hook)
		defer web.Close()
		s := flip(map[string]bool{"down": true}).parse(t, "defaults: {alert_after: 2}\nchecks: [{name: imap, kind: fake, target: "+host+"}]\nnotify: {webhook: \""+web.URL+"\"}")
		s.Name = filepath.Join(dir, host+".yaml")
		if err := os.WriteFile(s.Name, nil, 0o600); err != nil { // or it would count as moved
			t.Fatal(err)
		}
		suites[host] = s
	}
	for range 3 {
		for _, host := range []string{"up", "down"} {
			o := suites[host].History()
			o.Now = func() time.Time { return now }
			store, err := history.Open(t.Context(), filepath.Join(dir, history.FileName), o)
			if err != nil {
				t.Fatal(err)
			}
			run(t, suites[host], Options{Store: store, Now: o.Now})
			_ = store.Close()
		}
		now = now.Add(5 * time.Minute)
	}
	if len(hooks["up"].messages) != 0 || len(hooks["down"].messages) != 1 {
		t.Errorf("told up %+v, down %+v", hooks["up"].messages, hooks["down"].messages)
	}
}

// TestWellWhenRemembered: what failed while there was no history is reported to be over once
// there is one, to everybody who was notified of the failure; and that it goes on is reported no more.
func TestWellWhenRemembered(t *testing.T) {
	for _, was := range []probe.Status{probe.Unknown, probe.Warning, probe.Critical} {
		hook := &receiver{}
		web := httptest.NewServer(hook)
		defer web.Close()
		status := map[string]probe.Status{"ends": was, "on": was, "well": probe.OK}
		s := reporting(func(host string) probe.Status { return status[host] }).parse(t, `
defaults: {alert_after: 1}
checks: [{name: ends, kind: fake, target: ends}, {name: goes-on, kind: fake, target: on}, {name: well, kind: fake, target: well}]
notify: {webhook: "`+web.URL+`"}`)
		r := newRuns(t)
		r.o.Dir = t.TempDir()
		without := r.o
		without.Store = nil
		printed := 0
		for _, o := range []Options{without, without} {
			printed += len(run(t, s, o).Events)
		}
		status["ends"] = probe.OK
		for range 2 {
			printed += len(r.run(s).Events)
		}
		if printed != 3 {
			t.Errorf("%s: %d events were printed", was, printed)
		}
		equal(t, was.String(), hook.words(), []string{"failure", "failure", "recovery"})
	}
}
