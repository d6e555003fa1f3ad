package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// TestOnly: a run of some checks says nothing of the whole file.
func TestOnly(t *testing.T) {
	beats := 0
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { beats++ }))
	defer web.Close()
	metrics := filepath.Join(t.TempDir(), "mailprobe.prom")
	s := flip(map[string]bool{"bad": true}).parse(t, "checks: [{name: a, kind: fake, target: bad}, {name: b, kind: fake, target: x}]\nheartbeat: "+web.URL+"\ntextfile: "+metrics)
	run(t, s, Options{Store: openHistory(t, nil)})
	before, err := os.ReadFile(metrics)
	if err != nil || beats != 2 {
		t.Fatalf("%d beats, %v", beats, err)
	}
	items, err := s.Select([]string{"b"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Run(t.Context(), Options{Items: items, Store: openHistory(t, nil), Runner: Runner{Jobs: 1, PerHost: 1}})
	after, err2 := os.ReadFile(metrics)
	if err := errors.Join(err, err2); err != nil || r.Status != probe.OK || beats != 2 || string(after) != string(before) {
		t.Errorf("%v, %s, %d beats, the textfile is now\n%s", err, r.Status, beats, after)
	}
}

// TestHangingStart: a dead man's switch that does not answer at the start delays
// neither what is reported nor, by much, the end.
func TestHangingStart(t *testing.T) {
	var mu sync.Mutex
	var calls []string
	begin := time.Now()
	hold := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/start") {
			<-hold
			return
		}
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, fmt.Sprintf("%s %t", r.URL.Path, time.Since(begin) < time.Second))
	}))
	defer web.Close()
	defer close(hold)
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, fmt.Sprintf("told %t", time.Since(begin) < time.Second))
	}))
	defer hook.Close()
	s := flip(map[string]bool{"a": true}).parse(t, "defaults: {alert_after: 1}\nchecks: [{name: a, kind: fake, target: a}]\nheartbeat: "+web.URL+"/id\nnotify: {webhook: \""+hook.URL+"\"}")
	r := run(t, s, Options{Store: openHistory(t, nil)})
	equal(t, "calls", calls, []string{"told true", "/id/2 false"})
	if len(r.Problems) != 1 || time.Since(begin) > 5*time.Second {
		t.Errorf("%v after %s", r.Problems, time.Since(begin))
	}
}

// TestOneThing: ten checks that one server takes down are one section of the text, one
// message even where each event is one, and ten events for programs.
func TestOneThing(t *testing.T) {
	hook := &receiver{}
	web := httptest.NewServer(hook)
	defer web.Close()
	var file strings.Builder
	file.WriteString("defaults: {alert_after: 1}\nnotify: {each: true, webhook: \"" + web.URL + "\"}\nchecks:\n")
	for i := range 10 {
		fmt.Fprintf(&file, "  - {name: c%d, kind: fake, target: \"down:%d\"}\n", i, 100+i)
	}
	file.WriteString("  - {name: elsewhere, kind: fake, target: other}\n")
	f := &fake{check: func(_ context.Context, host string, r *probe.Result) error {
		return r.Run("look", func(*probe.Step) error { return probe.Because(causeFull, fmt.Errorf("%s:%s is full", host, r.Target)) })
	}}
	r := newRuns(t)
	report := r.run(f.parse(t, file.String()))
	slices.SortFunc(hook.messages, func(a, b notify.Message) int { return len(b.Events) - len(a.Events) })
	if len(hook.messages) != 2 || len(hook.messages[0].Events) != 10 || len(hook.messages[1].Events) != 1 {
		t.Fatalf("%d messages: %+v", len(hook.messages), hook.messages)
	}
	m := hook.messages[0]
	if want := "CRITICAL c0, c1, c2 and 7 more: look: down:down:100 is full"; m.Subject != want {
		t.Errorf("the subject is %q, want %q", m.Subject, want)
	}
	text := report.Announcement()
	if strings.Count(text, "who acts") != 2 || !strings.Contains(text, "c9 (fake down:109)") {
		t.Error(text)
	}
}

// TestManyThings: that everything fails at once, each for itself, is reported in proportion.
func TestManyThings(t *testing.T) {
	proportionate(t, 200, func(n int) {
		r := &Report{}
		events := make([]notify.Event, n)
		for i := range events {
			name := fmt.Sprint("c", i)
			item := &Item{ID: name, Check: &Check{Name: name}}
			events[i] = notify.Event{Kind: notify.Failure, Check: name, Status: probe.Critical, Target: name, Summary: name, Cause: "refused"}
			r.Outcomes = append(r.Outcomes, &Outcome{Item: item, Results: []*probe.Result{{Status: probe.Critical}}})
		}
		if sections := strings.Count(notify.Announce(events), "    cause "); sections != n {
			t.Error("what has nothing in common is grouped")
		}
		r.Overview(events)
	})
}

// TestStuckRun: a run that does not end is reported once, by notifiers and in the
// history, where the gap ends with the next run.
func TestStuckRun(t *testing.T) {
	hook := &receiver{}
	web := httptest.NewServer(hook)
	defer web.Close()
	s := flip(nil).parse(t, "checks: [{name: a, kind: fake, target: a}]\nnotify: {webhook: \""+web.URL+"\"}")
	r := newRuns(t)
	by := &Running{PID: 77, Since: r.now}
	r.now = r.now.Add(time.Hour)
	for range 3 {
		report := s.Stuck(t.Context(), r.o, by)
		if len(report.Unsolved) != 1 || !strings.Contains(report.Unsolved[0].Error(), "process 77") || report.Status != probe.Unknown {
			t.Errorf("%v, %s", report.Unsolved, report.Status)
		}
		r.now = r.now.Add(5 * time.Minute)
	}
	if open := openIncidents(t, r.store); len(hook.messages) != 1 || open != " run;" {
		t.Errorf("told %+v, open %q", hook.messages, open)
	}
	r.run(s)
	all, err := r.store.Incidents(t.Context(), history.Filter{})
	if err != nil || len(all) != 1 || !all[0].Opened.Equal(by.Since) || all[0].Duration(r.now) != 75*time.Minute {
		t.Errorf("%+v, %v", all, err)
	}
	equal(t, "told", hook.words(), []string{"failure", "recovery"})
}

// TestClockJumped: a run with the clock a year ahead, then right ones: they are due, see
// what has changed since, and the jump is said once.
func TestClockJumped(t *testing.T) {
	hook := &receiver{}
	web := httptest.NewServer(hook)
	defer web.Close()
	bad := map[string]bool{}
	s := flip(bad).parse(t, "defaults: {alert_after: 1}\nchecks: [{name: a, kind: fake, target: a, every: 1h}]\nnotify: {webhook: \""+web.URL+"\"}")
	r := newRuns(t)
	r.now = r.now.AddDate(1, 0, 0)
	if first := r.run(s); len(first.Problems) != 0 {
		t.Error(first.Problems)
	}
	r.now = r.now.AddDate(-1, 0, 0)
	bad["a"] = true
	second := r.run(s)
	if len(second.Outcomes) != 1 || len(second.Problems) != 1 || second.Known || !strings.Contains(second.Problems[0].Error(), "has jumped") {
		t.Errorf("%d outcomes, %v, known %t", len(second.Outcomes), second.Problems, second.Known)
	}
	equal(t, "told", hook.words(), []string{"failure"})
	if third := r.run(s); len(third.Problems) != 0 {
		t.Error(third.Problems)
	}
}

// TestLockSigned: who leaves learns who holds the lock since when.
func TestLockSigned(t *testing.T) {
	s, dir := &Suite{Name: "checks.yaml"}, t.TempDir()
	held, err := s.Lock(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	var by *Running
	if _, err := s.Lock(t.Context(), dir, false); !errors.As(err, &by) || by.PID != os.Getpid() || time.Since(by.Since) > time.Minute {
		t.Errorf("%+v, %v", by, err)
	}
}
