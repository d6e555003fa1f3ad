package suite

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// kindsOf returns the kinds of the events of a report, with the checks.
func kindsOf(r *Report) string {
	var all []string
	for _, e := range r.Events {
		all = append(all, string(e.Kind)+" "+e.Check)
	}
	return strings.Join(all, ", ")
}

// TestSilencedRun: a check that is silenced goes on being recorded, its results do not
// count, and what is still wrong when that ends is announced with why it was not before.
func TestSilencedRun(t *testing.T) {
	runs := newRuns(t)
	bad := map[string]bool{}
	out := filepath.Join(t.TempDir(), "messages")
	s := flip(bad).parse(t, `
defaults: {alert_after: 1}
checks:
  - {name: a, kind: fake, target: a}
  - {name: b, kind: fake, target: b}
notify: {command: cat >> `+out+`}
`)
	bad["a"] = true
	if got := kindsOf(runs.run(s)); got != "failure a" {
		t.Fatalf("before: %q", got)
	}
	set, err := s.Silence(t.Context(), runs.store, NewSilence{"a", 12 * time.Minute, "alice", "new disk"}, runs.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Silence(t.Context(), runs.store, NewSilence{"b", 12 * time.Minute, "bob", "new RAM"}, runs.now); err != nil {
		t.Fatal(err)
	}
	bad["a"], bad["b"] = false, true
	r := runs.run(s)
	if got := kindsOf(r); got != "recovery a" {
		t.Fatalf("within: %q", got)
	}
	if e := r.Events[0]; e.Silence == nil || e.Silence.Ended || e.Silence.ID != set.ID || !strings.Contains(e.Text(), " by alice: new disk\n") {
		t.Errorf("%+v\n%s", e.Silence, e.Text())
	}
	if text := r.Overview(nil); !strings.Contains(text, "CRITICAL: b (silenced)") || r.Status != probe.Critical || r.audible() != probe.OK {
		t.Errorf("%s, %s\n%s", r.Status, r.audible(), text)
	}
	for range 2 {
		if got := kindsOf(runs.run(s)); got != "" {
			t.Errorf("within: %q", got)
		}
	}
	r = runs.run(s)
	if got := kindsOf(r); got != "failure b" {
		t.Fatalf("after: %q", got)
	}
	e := r.Events[0]
	if e.Silence == nil || !e.Silence.Ended || e.At.Sub(e.Since) != 15*time.Minute || !strings.Contains(e.Text(), "silenced  until now by bob: new RAM\n") {
		t.Errorf("%s, %+v\n%s", e.At.Sub(e.Since), e.Silence, e.Text())
	}
	if sent, err := os.ReadFile(out); err != nil || !strings.Contains(string(sent), `"silence":{"id":"2","until":"2026-11-02T03:17:00Z","by":"bob","reason":"new RAM","ended":true}`) {
		t.Errorf("sent was %s, %v", sent, err)
	}
	states, err := runs.store.States(t.Context())
	if err != nil || states["b"].Silenced != nil || memoOf(states["b"]).Held != nil {
		t.Errorf("%+v, %v", states["b"], err)
	}
	days, err := runs.store.Days(t.Context(), history.Filter{})
	if err != nil || len(days) != 2 {
		t.Fatalf("%+v, %v", days, err)
	}
	if a, b := sumOf(days[0]), sumOf(days[1]); a.Silenced != 3 || a.Critical != 1 || a.OK != 1 || b.Silenced != 3 || b.Critical != 1 {
		t.Errorf("counted are %+v and %+v", a, b)
	}
	failures, _, err := runs.store.Failures(t.Context(), history.Filter{Name: "b"}, 10)
	if err != nil || len(failures) != 4 || failures[0].Result.Silenced != nil || failures[1].Result.Silenced == nil || failures[3].Result.Silenced.By != "bob" {
		t.Errorf("%+v, %v", failures, err)
	}
}

func sumOf(s history.SeriesDays) (sum history.Counts) {
	for _, d := range s.Days {
		sum.Merge(d.Counts)
	}
	return sum
}

// TestAcknowledgedRun: nobody is reminded of what is acknowledged, until that is withdrawn.
func TestAcknowledgedRun(t *testing.T) {
	runs := newRuns(t)
	runs.o.Remind = 5 * time.Minute
	bad := map[string]bool{"a": true}
	s := flip(bad).parse(t, "checks: [{name: a, kind: fake, target: a, alert_after: 1}]")
	for i, want := range []string{"failure a", "reminder a", "", "", "reminder a", "", "recovery a"} {
		var err error
		switch i {
		case 2, 5:
			_, err = s.Acknowledge(t.Context(), runs.store, "a", "alice", "on it", runs.now)
		case 4:
			_, err = s.EndSilence(t.Context(), runs.store, "a", "alice", runs.now)
		case 6:
			bad["a"] = false
		}
		if got := kindsOf(runs.run(s)); got != want || err != nil {
			t.Errorf("run %d: %q, want %q; %v", i, got, want, err)
		}
	}
	all, err := runs.store.Acknowledged(t.Context())
	if err != nil || len(all) != 0 {
		t.Errorf("of a closed incident: %+v, %v", all, err)
	}
}

// TestPublishedSilenced: what is published otherwise is announced once the silence has
// ended, and not if it is what it was by then.
func TestPublishedSilenced(t *testing.T) {
	for last, want := range map[string]string{"two": "one>two", "one": ""} {
		runs := newRuns(t)
		record := ""
		f := &fake{check: func(_ context.Context, _ string, r *probe.Result) error {
			return r.Run("look", func(s *probe.Step) error {
				s.Learn(probe.Text("spf", record).As(probe.Published))
				return nil
			})
		}}
		s := f.parse(t, "checks: [{name: a, kind: fake, target: x}]")
		for i, now := range []string{"one", "two", "two", last} {
			record = now
			if i == 1 {
				if _, err := s.Silence(t.Context(), runs.store, NewSilence{"a", 9 * time.Minute, "alice", "new SPF"}, runs.now); err != nil {
					t.Fatal(err)
				}
			}
			r, got := runs.run(s), ""
			for _, e := range r.Events {
				got = e.Changes[0].Was + ">" + e.Changes[0].Now
				if e.Kind != notify.Published || e.Silence == nil || !e.Silence.Ended {
					t.Errorf("%+v", e)
				}
			}
			if i < 3 && got != "" || i == 3 && got != want {
				t.Errorf("%s at the end: announced is %q in run %d", last, got, i)
			}
		}
	}
}

// TestMaintenanceRun: the windows of the file hold without a history, too; the heartbeat
// does not fail because of what is in maintenance.
func TestMaintenanceRun(t *testing.T) {
	var called []string
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { called = append(called, r.URL.Path) }))
	defer web.Close()
	s := flip(map[string]bool{"a": true}).parse(t, `
defaults: {alert_after: 1}
checks: [{name: a, kind: fake, target: a}, {name: b, kind: fake, target: b}]
maintenance: {every: mon 03:00-03:10, timezone: UTC, only: a, reason: backup}
heartbeat: `+web.URL+"/beat\n")
	for _, withHistory := range []bool{true, false} {
		called = nil
		runs := newRuns(t)
		if !withHistory {
			runs.o.Store = nil
		}
		for i, want := range []string{"", "", "failure a"} {
			if got := kindsOf(runs.run(s)); got != want {
				t.Errorf("with a history %t: run %d announces %q, want %q", withHistory, i, got, want)
			}
		}
		if got := strings.Join(called, " "); got != "/beat/start /beat/0 /beat/start /beat/0 /beat/start /beat/2" {
			t.Errorf("with a history %t: called was %s", withHistory, got)
		}
	}
}

// TestSilencedWhileRunning: a silence that is set while a check is running holds for its
// outcome; a history that cannot be read silences nothing and is a problem.
func TestSilencedWhileRunning(t *testing.T) {
	runs := newRuns(t)
	var s *Suite
	f := &fake{check: func(ctx context.Context, _ string, r *probe.Result) error {
		_, err := s.Silence(ctx, runs.store, NewSilence{"a", time.Hour, "alice", "now"}, runs.now)
		return r.Run("look", func(*probe.Step) error { return errors.Join(err, errors.New("down")) })
	}}
	s = f.parse(t, "checks: [{name: a, kind: fake, target: a, alert_after: 1}]")
	if got := kindsOf(runs.run(s)); got != "" {
		t.Errorf("announced is %q", got)
	}
	_ = runs.store.Close()
	if q, err := s.ReadSilences(t.Context(), runs.store, runs.now); err == nil || q == nil || q.Of(s.Items()[0], runs.now) != nil {
		t.Errorf("%+v, %v", q, err)
	}
}
