package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/internal/notify"
	"mailprobe/mailtest"
	"mailprobe/probe"
)

// TestPartlyRefused: who is refused while others are not is named, once, and nobody
// is reported twice.
func TestPartlyRefused(t *testing.T) {
	host, err := mailtest.Start(mailtest.Config{Domains: []string{"example.org"}, Accounts: []mailtest.Account{{User: "ops", Password: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	store := openHistory(t, nil)
	f := reporting(func(string) probe.Status { return probe.Critical })
	s := f.parse(t, fmt.Sprintf("defaults: {alert_after: 1}\nchecks: [{name: a, kind: fake, target: x}]\nnotify:\n"+
		`  - email: {through: "%s", from: me@example.org, to: [gone@example.org, ops@example.org], tls: "off"}`, host.SMTPURL()))
	problems := fmt.Sprint(run(t, s, Options{Store: store}).Problems)
	if !strings.Contains(problems, "notifier email: gone@example.org is not notified: the server answered RCPT with") || strings.Contains(problems, "kept") {
		t.Error(problems)
	}
	if again := run(t, s, Options{Store: store}); len(again.Problems) > 0 || len(host.Messages("ops")) != 1 {
		t.Errorf("%v, and %d mails", again.Problems, len(host.Messages("ops")))
	}
}

// TestTroubleOnce: what fails at the start and at the end of a run is reported once.
func TestTroubleOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := reporting(nil).parse(t, "checks: [{name: a, kind: fake, target: x}]\nheartbeat: http://beat.example.org/")
		down := &http.Client{Transport: broken{}}
		if r := run(t, s, Options{Network: notify.Network{HTTP: down}}); len(r.Problems) != 1 {
			t.Error(r.Problems)
		}
	})
}

// broken is an HTTP transport on which every request fails.
type broken struct{}

func (broken) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no route to host")
}

// TestFirstRun: of what has failed since the first run nobody knows how it was before;
// where nothing can be kept, nothing is promised.
func TestFirstRun(t *testing.T) {
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	store := openHistory(t, clock)
	f := reporting(func(string) probe.Status { return probe.Critical })
	s := f.parse(t, "checks: [{name: a, kind: fake, target: x}]\nnotify: {command: 'exit 3'}")
	run(t, s, Options{Store: store, Now: clock})
	now = now.Add(5 * time.Minute)
	kept, lost := run(t, s, Options{Store: store, Now: clock}), run(t, s, Options{Now: clock})
	for r, promised := range map[*Report]bool{kept: true, lost: false} {
		if text := r.Announcement(); text == "" || strings.Contains(text, "before that") {
			t.Errorf("told: %s", text)
		}
		if text := fmt.Sprint(r.Problems); !strings.Contains(text, "exit status 3") || strings.Contains(text, "kept") != promised {
			t.Errorf("problems: %s", text)
		}
	}
}

// TestKept: what a notifier could not send is sent in the next run, once; its being
// down is reported once, too.
func TestKept(t *testing.T) {
	hook := &receiver{answer: func(n int) int {
		if n <= 2 {
			return http.StatusForbidden
		}
		return http.StatusOK
	}}
	web := httptest.NewServer(hook)
	defer web.Close()
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	store := openHistory(t, func() time.Time { return now })
	f := reporting(func(string) probe.Status { return probe.Critical })
	file := "defaults: {alert_after: 1}\nchecks: [{name: a, kind: fake, target: x}]\nnotify: {webhook: \"" + web.URL + "\"}"
	var told []bool
	for range 5 {
		r := run(t, f.parse(t, file), Options{Store: store, Now: func() time.Time { return now }})
		told = append(told, len(r.Problems) > 0 && !r.Known)
		now = now.Add(5 * time.Minute)
	}
	if fmt.Sprint(told) != "[true false false false false]" || len(hook.messages) != 1 || hook.requests != 3 {
		t.Errorf("problems told %v, %d messages by %d requests", told, len(hook.messages), hook.requests)
	}
}

// TestRepeated: a process that dies after it has handed a message over leaves a doubt.
// The next one sends it again, says so, and gives the receiver the same identifier.
func TestRepeated(t *testing.T) {
	host, err := mailtest.Start(mailtest.Config{Faults: mailtest.Faults{Refuse: true}, Accounts: []mailtest.Account{{User: "ops", Password: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	hook := &receiver{answer: func(n int) int { return []int{http.StatusForbidden, http.StatusOK}[min(n, 2)-1] }}
	web := httptest.NewServer(hook)
	defer web.Close()
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	o := Options{Now: func() time.Time { return now }}
	o.Store = openHistory(t, o.Now)
	f := reporting(func(string) probe.Status { return probe.Critical })
	file := fmt.Sprintf("defaults: {alert_after: 1}\nchecks: [{name: a, kind: fake, target: x}]\nnotify:\n  - webhook: \"%s\"\n"+
		"  - email: {through: \"%s\", from: me@example.org, to: ops@example.org, tls: \"off\"}", web.URL, host.SMTPURL())
	run(t, f.parse(t, file), o) // nothing can be sent
	now = now.Add(5 * time.Minute)
	kept, err := o.Store.Pending(t.Context())
	if err != nil || len(kept) != 2 {
		t.Fatalf("%+v, %v", kept, err)
	}
	ids := map[string]string{}
	for _, n := range kept { // a process dies with each of them
		ids[n.Notifier] = n.ID
		claim, mine, err := o.Store.Claim(t.Context(), n.ID, time.Minute)
		if err := errors.Join(err, o.Store.HandOver(t.Context(), claim)); err != nil || !mine {
			t.Fatal(mine, err)
		}
	}
	now = now.Add(5 * time.Minute)
	if err := host.SetFaults(mailtest.Faults{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if r := run(t, f.parse(t, file), o); len(r.Problems) > 0 {
			t.Error(r.Problems)
		}
	}
	if err := host.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	mails := host.Messages("ops")
	if len(mails) != 1 || len(hook.messages) != 1 {
		t.Fatalf("%d mails and %d posts", len(mails), len(hook.messages))
	}
	id := header(mails[0].Text, "Message-ID")
	if !strings.HasPrefix(id, "<"+ids["email"]+"@") || !strings.Contains(string(mails[0].Text), "(This message may have reached you before.)") {
		t.Errorf("the mail %s does not tell that it is a repetition of %s:\n%s", id, ids["email"], mails[0].Text)
	}
	if m := hook.messages[0]; !m.Repeated || m.ID != ids["webhook"] || hook.keys[0] != ids["webhook"] {
		t.Errorf("the post %s under the key %s, repeated %t, is a repetition of %s", m.ID, hook.keys[0], m.Repeated, ids["webhook"])
	}
}

// TestUnremembered: without a history every failure is reported in every run, under
// one identifier a day.
func TestUnremembered(t *testing.T) {
	hook := &receiver{}
	web := httptest.NewServer(hook)
	defer web.Close()
	f := reporting(func(string) probe.Status { return probe.Critical })
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	for range 2 {
		r := run(t, f.parse(t, "checks: [{name: a, kind: fake, target: x}]\nnotify: {webhook: \""+web.URL+"\"}"), Options{Now: func() time.Time { return now }})
		if len(r.Events) != 1 || len(r.Problems) > 0 {
			t.Errorf("events %v, problems %v", r.Events, r.Problems)
		}
		now = now.Add(5 * time.Minute)
	}
	if len(hook.messages) != 2 {
		t.Errorf("%d messages", len(hook.messages))
	}
}

// TestHeartbeat: /start at the beginning, the exit status with the report at the end.
func TestHeartbeat(t *testing.T) {
	var calls []string
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		first, _, _ := strings.Cut(string(body), "\n")
		calls = append(calls, r.URL.String()+" "+first)
	}))
	defer web.Close()
	f := reporting(func(string) probe.Status { return probe.Critical })
	dir := t.TempDir()
	metrics := filepath.Join(dir, "mailprobe.prom")
	s := f.parse(t, fmt.Sprintf("checks: [{name: a, kind: fake, target: x}, {name: b, kind: fake, target: x}]\nheartbeat: %s/id?rid=1\ntextfile: %s", web.URL, metrics))
	r := run(t, s, Options{Store: openHistory(t, nil)})
	equal(t, "calls", calls, []string{"/id/start?rid=1 ", "/id/2?rid=1 2 checks: 2 CRITICAL"})
	if len(r.Problems) > 0 {
		t.Error(r.Problems)
	}
	text, err := os.ReadFile(metrics)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`mailprobe_status{check="fake",target="x",entry="a"} 2`, `mailprobe_status{check="fake",target="x",entry="b"} 2`,
		`mailprobe_cause{check="fake",target="x",entry="a",cause="full",blame="server"} 1`,
		`mailprobe_last_run_timestamp_seconds{file="`, `checks.yaml"} 2`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the textfile has no %q:\n%s", want, text)
		}
	}
	info, err := os.Stat(metrics)
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); err != nil || info.Mode().Perm() != 0o644 || len(left) > 0 {
		t.Errorf("mode %v, left behind %q, %v", info.Mode(), left, err)
	}
}

// TestEvery: what is not due keeps its state, its metrics, and its say in the exit
// status.
func TestEvery(t *testing.T) {
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	store := openHistory(t, func() time.Time { return now })
	f := reporting(func(host string) probe.Status {
		if host == "bad" {
			return probe.Critical
		}
		return probe.OK
	})
	for i := range 13 {
		s := f.parse(t, "checks: [{name: a, kind: fake, target: bad, every: 1h}, {name: b, kind: fake, target: x}]")
		r := run(t, s, Options{Store: store, Now: func() time.Time { return now }})
		ran := len(r.Outcomes) == 2
		if ran != (i%12 == 0) || r.Status != probe.Critical || len(r.Results()) != 2 {
			t.Errorf("run %d: %d ran, status %s, %d results", i, len(r.Outcomes), r.Status, len(r.Results()))
		}
		now = now.Add(5*time.Minute + time.Duration(i%3-1)*time.Second)
	}
}

// TestLock: of two runs of a file one waits or leaves.
func TestLock(t *testing.T) {
	s := &Suite{Name: "checks.yaml"}
	dir := t.TempDir()
	held, err := s.Lock(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Lock(t.Context(), dir, false); !errors.Is(err, ErrRunning) {
		t.Errorf("the second: %v", err)
	}
	other, err := (&Suite{Name: "other.yaml"}).Lock(t.Context(), dir, false)
	if err != nil {
		t.Errorf("another file: %v", err)
	} else {
		_ = other.Close()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	time.AfterFunc(50*time.Millisecond, func() { _ = held.Close() })
	again, err := s.Lock(ctx, dir, true)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}

// TestCourier: what waits is sent by the courier, whose problems are the run's; where it
// cannot begin, the run sends by itself.
func TestCourier(t *testing.T) {
	got := 0
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got++ }))
	defer web.Close()
	for name, c := range map[string]struct {
		err      error
		problems []string
		want     int
	}{
		"sends": {problems: []string{"notifier webhook: it is raining"}}, "does not begin": {err: errors.New("no such file"), want: 1},
	} {
		got = 0
		s := reporting(func(string) probe.Status { return probe.Critical }).parse(t, "checks: [{name: a, kind: fake, target: x}]\nnotify: {webhook: \""+web.URL+"\"}\ndefaults: {alert_after: 1}")
		sent := 0
		r := run(t, s, Options{Store: openHistory(t, time.Now), Courier: func(context.Context, time.Duration) ([]string, error) {
			sent++
			return c.problems, c.err
		}})
		if sent != 1 || got != c.want {
			t.Errorf("%s: the courier was called %d times, %d messages came", name, sent, got)
		}
		if len(r.Problems) != len(c.problems) {
			t.Errorf("%s: %v", name, r.Problems)
		}
	}
}

// TestPagerDuty: an alert is opened and closed under the incident's name, one for each
// check.
func TestPagerDuty(t *testing.T) {
	var got []string
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var v struct {
			Action  string `json:"event_action"`
			Key     string `json:"dedup_key"`
			Payload struct{ Severity, Component string }
		}
		_ = json.NewDecoder(r.Body).Decode(&v)
		got = append(got, fmt.Sprint(v.Action, " ", v.Key, " ", v.Payload.Severity, " ", v.Payload.Component))
	}))
	defer web.Close()
	t.Setenv("HOOK_URL", web.URL)
	t.Setenv("HOOK_TOKEN", "t0ken")
	bad := map[string]bool{"x": true}
	s := flip(bad).parse(t, "defaults: {alert_after: 1}\nchecks: [{name: a, kind: fake, target: x}, {name: b, kind: fake, target: x}]\nnotify: {webhook: {kind: pagerduty, url_env: HOOK_URL, key_env: HOOK_TOKEN, attempts: 1}}")
	r := newRuns(t)
	r.run(s)
	bad["x"] = false
	r.run(s)
	keys := map[string]int{}
	for _, line := range got {
		words := strings.Fields(line)
		keys[words[1]+" "+words[3]]++
	}
	if len(got) != 4 || len(keys) != 2 || !strings.HasPrefix(got[0], "trigger ") || !strings.HasPrefix(got[3], "resolve ") || !strings.Contains(got[0], " critical ") {
		t.Errorf("%q", got)
	}
}
