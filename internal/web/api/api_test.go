package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/push"
	"mailprobe/internal/suite"
	"mailprobe/mailtest"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// The tokens of the checks below.
const (
	backupToken = "backup-0123456789abcdef"
	loopToken   = "loop-0123456789abcdef"
	hookToken   = "hook-0123456789abcdef"
)

// world is the API of a scheduler that runs checks against a mail host.
type world struct {
	*API
	t      *testing.T
	url    string
	target string // the mail host
	logs   []string
	stop   func() // ends the scheduler
}

// newWorld starts the checks and the API, and waits until each check that runs has run.
func newWorld(t *testing.T) *world {
	t.Helper()
	host, err := mailtest.Start(mailtest.Config{Accounts: []mailtest.Account{{User: "alice", Password: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	target := host.SMTPURL()
	file := fmt.Sprintf(`
title: mail of example.org
defaults: {tls: "off", alert_after: 1}
checks:
  - {name: mx, kind: smtp, target: %[1]q, group: servers, tags: [mail], every: 1h}
  - {name: several, kind: smtp, targets: [%[1]q, "smtp://127.0.0.1:1"], every: 1h}
  - {name: recipient, kind: smtp, target: %[1]q, to: nobody@example.net, from: a@example.org, every: 1h}
  - {name: backup, kind: push, every: 1d, token: %[2]s}
  - {name: loop, kind: push, every: 1d, token: %[3]s}
  - {name: hook, kind: push, every: 1d, token: %[4]s}
groups: {servers: {}}
maintenance: [{every: "sun 02:00-04:00", only: mx, reason: updates}]
`, target, backupToken, loopToken, hookToken)
	s, problems := suite.Parse("checks.yaml", []byte(file), []probe.Kind{smtpcheck.Kind(), push.Kind()})
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	store, err := history.Open(t.Context(), filepath.Join(t.TempDir(), history.FileName), s.History())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, target: target}
	scheduler := suite.NewScheduler(suite.ScheduleOptions{Suite: s, Store: store, Runner: suite.Runner{Jobs: 8, PerHost: 8}, Dir: t.TempDir()})
	w.API = New(Config{Scheduler: scheduler, Store: store, Log: func(err error) { w.logs = append(w.logs, err.Error()) }})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- scheduler.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	mux := http.NewServeMux()
	w.Register(mux)
	server := httptest.NewServer(mux)
	w.url = server.URL + root
	t.Cleanup(func() {
		server.Close()
		w.stop()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	w.settle()
	return w
}

// settle waits until each check that runs has run, and what it found is recorded.
func (w *world) settle() {
	w.t.Helper()
	for range 300 {
		waiting := 0
		for _, i := range w.Scheduler.Items() {
			if _, passive := i.Passive(); !passive && i.State.LastRun.IsZero() {
				waiting++
			}
		}
		if waiting == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.t.Fatal("the checks do not run")
}

// reply is what was answered.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request: a method and a path below /api/v1 with its parameters, and the
// body, which is JSON where it begins with a brace.
func (w *world) ask(request, body string, header ...string) reply {
	w.t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if token := []byte("0123456789abcdef"); bytes.Contains(text, token) {
		w.t.Errorf("%s: a token is in %s", request, text)
	}
	return reply{response.StatusCode, response.Header, text}
}

// into decodes an answer.
func (r reply) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
}

// openIncident returns the identifier of an incident that goes on.
func (w *world) openIncident() string {
	w.t.Helper()
	var all struct{ Incidents []struct{ ID, Name string } }
	w.ask("GET /incidents?open=true&limit=1", "").into(w.t, &all)
	if len(all.Incidents) != 1 {
		w.t.Fatal("there is no incident")
	}
	return all.Incidents[0].ID
}

// TestPush: reports become results of their check, by every way in which they come, and
// a token is worth no more than some pushes a minute.
func TestPush(t *testing.T) {
	w := newWorld(t)
	status := func() string {
		var c struct {
			Status, Cause, Summary string
			Latest                 []struct{ Elapsed float64 }
		}
		w.ask("GET /checks/backup", "").into(t, &c)
		text := c.Status + " " + c.Cause + " " + c.Summary
		if len(c.Latest) > 0 && c.Latest[0].Elapsed > 1 {
			text += fmt.Sprint(" in ", c.Latest[0].Elapsed, " s")
		}
		return text
	}
	if got := status(); got != "UNKNOWN  " {
		t.Errorf("before any push it stands at %s", got)
	}
	for _, c := range []struct{ request, body, want string }{
		{"GET /push/" + backupToken + "?status=up&msg=OK&ping=25000", "", "OK  push: OK in 25 s"},
		{"POST /push/" + backupToken + "/fail", "it broke\nno space left\n", "CRITICAL push-failed push: no space left"},
		{"HEAD /push/" + backupToken, "", "OK  push: it reported OK"},
		{"POST /push/" + backupToken + "/7", "", "CRITICAL push-failed push: exit code 7"},
		{"POST /push/" + backupToken, `{"status": "warning", "msg": "token=` + backupToken + `"}`, "WARNING push-failed push: token=***"},
	} {
		if r := w.ask(c.request, c.body); r.status != 200 || !strings.HasPrefix(c.request, "HEAD") && strings.TrimSpace(string(r.body)) != "{\n  \"ok\": true\n}" {
			t.Errorf("%s: %d %s", c.request, r.status, r.body)
		}
		if got := status(); got != c.want {
			t.Errorf("after %s it stands at %s, want %s", c.request, got, c.want)
		}
	}
	wrong := w.ask("GET /push/no-such-token-0123456789", "")
	nowhere := w.ask("GET /nowhere", "")
	if wrong.status != 404 || !bytes.Equal(wrong.body, nowhere.body) {
		t.Errorf("an unknown token is answered by %d %s, and nothing by %s", wrong.status, wrong.body, nowhere.body)
	}
	if taken := w.flood(loopToken, 4*pushBurst); taken < pushBurst || taken > pushBurst+2 {
		t.Errorf("%d of %d pushes at once are taken", taken, 4*pushBurst)
	}
	if r := w.ask("GET /push/"+loopToken+"/start", ""); r.status != 429 || r.header.Get("Retry-After") != "6" {
		t.Errorf("the next is answered by %d %s", r.status, r.body)
	}
}

// flood sends many pushes at once, and returns how many are taken.
func (w *world) flood(token string, count int) int {
	var taken atomic.Int64
	var all sync.WaitGroup
	for range count {
		all.Go(func() {
			if w.ask("POST /push/"+token+"/start", "").status == 200 {
				taken.Add(1)
			}
		})
	}
	all.Wait()
	return int(taken.Load())
}

// TestRun: a check runs when it is asked to, and the answer waits for its outcome.
func TestRun(t *testing.T) {
	w := newWorld(t)
	var before, after struct {
		LastRun time.Time `json:"last_run"`
		Latest  []struct{ Check string }
	}
	w.ask("GET /checks/mx", "").into(t, &before)
	r := w.ask("POST /run/mx?wait=20s", "")
	r.into(t, &after)
	if r.status != 200 || !after.LastRun.After(before.LastRun) || len(after.Latest) != 1 || after.Latest[0].Check != "smtp" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := w.ask("POST /run/several%20smtp:%2F%2F127.0.0.1:1", ""); r.status != 202 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// TestSilence: checks are silenced, an incident is taken on, and both end.
func TestSilence(t *testing.T) {
	w := newWorld(t)
	r := w.ask("POST /silences", `{"word": "mail", "for": "2h", "by": "alice", "reason": "new disk"}`)
	location := r.header.Get("Location")
	if r.status != 201 || !strings.HasPrefix(location, "silences/") {
		t.Fatalf("%d %s at %q", r.status, r.body, location)
	}
	incident := w.openIncident()
	if r := w.ask("POST /incidents/"+incident+"/ack", `{"reason": "on it"}`, "Authorization", "Basic Ym9iOng="); r.status != 201 || !strings.Contains(string(r.body), `"by": "bob"`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	var list suite.SilenceList
	w.ask("GET /silences", "").into(t, &list)
	if len(list.Silences) != 1 || len(list.Acknowledged) != 1 || len(list.Maintenance) != 1 {
		t.Errorf("%+v", list)
	}
	for _, request := range []string{"DELETE /" + location, "DELETE /incidents/" + incident + "/ack"} {
		if r := w.ask(request, ""); r.status != 204 || len(r.body) > 0 {
			t.Errorf("%s: %d %s", request, r.status, r.body)
		}
		if r := w.ask(request, ""); r.status != 404 {
			t.Errorf("%s again: %d %s", request, r.status, r.body)
		}
	}
}

// TestConditional: what a client has already is not sent again.
func TestConditional(t *testing.T) {
	w := newWorld(t)
	first := w.ask("GET /checks", "")
	if r := w.ask("GET /checks", "", "If-None-Match", `"x", `+first.header.Get("ETag")); r.status != 304 || len(r.body) > 0 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := w.ask("GET /checks?only=backup", "", "If-None-Match", first.header.Get("ETag")); r.status != 200 {
		t.Errorf("another answer has the same tag: %d", r.status)
	}
}

// TestPages: the pages of results are all results, each once, also where several are of
// one moment.
func TestPages(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	store, err := history.Open(t.Context(), filepath.Join(t.TempDir(), history.FileName), history.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	var batch history.Batch
	for i := range 40 {
		at := now.Add(-time.Duration(i/8) * time.Minute) // eight of a moment
		batch.Entries = append(batch.Entries, history.Entry{Name: "mx", Result: &probe.Result{
			Check: "smtp", Target: fmt.Sprint("t", i%8), Start: at, Status: probe.OK, Steps: []probe.Step{{Name: "connect", Status: probe.OK}},
		}})
	}
	if err := store.Commit(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	New(Config{Store: store, Now: func() time.Time { return now }}).Register(mux)
	for _, limit := range []int{1, 3, 8, 11, 40, 100} {
		seen, pages := map[string]bool{}, 0
		for after := ""; ; pages++ {
			answer := httptest.NewRecorder()
			mux.ServeHTTP(answer, httptest.NewRequest("GET", fmt.Sprintf("%s/results?check=mx&limit=%d&after=%s", root, limit, after), nil))
			var page struct {
				Results []struct{ Start, Target string }
				Next    string
			}
			if err := json.Unmarshal(answer.Body.Bytes(), &page); err != nil || answer.Code != 200 || len(page.Results) > limit {
				t.Fatalf("%d %s, %v", answer.Code, answer.Body, err)
			}
			for _, r := range page.Results {
				if seen[r.Start+r.Target] {
					t.Fatalf("%d at once: %s is there twice", limit, r)
				}
				seen[r.Start+r.Target] = true
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if want := (40+limit-1)/limit - 1; len(seen) != 40 || pages != want {
			t.Errorf("%d at once: %d results on %d pages, want %d", limit, len(seen), pages+1, want+1)
		}
	}
}
