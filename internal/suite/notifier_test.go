package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"mailprobe/mailtest"
	"mailprobe/probe"
)

// post sends one message by the first notifier of a file.
func post(t *testing.T, notify string) (handed int, err error) {
	t.Helper()
	s := reporting(nil).parse(t, "checks: [{name: a, kind: fake, target: x}]\nnotify:\n  - "+notify)
	m := &Message{ID: "0123", Host: "here", Status: probe.Critical, Subject: "CRITICAL a: it is <down>", Text: "all of it\n",
		Events: []Event{{Kind: Failure, Check: "a", Status: probe.Critical}}}
	err = s.Notifiers[0].sender.send(t.Context(), m, Network{}, passage{func() error { handed++; return nil }, func() {}})
	return handed, err
}

// TestSecondWay: where the first server is down, or refuses, the second takes the
// mail, once.
func TestSecondWay(t *testing.T) {
	start := func(f mailtest.Faults) *mailtest.Host {
		host, err := mailtest.Start(mailtest.Config{Faults: f, Accounts: []mailtest.Account{{User: "ops", Password: "x"}}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = host.Close() })
		return host
	}
	second := start(mailtest.Faults{})
	for name, faults := range map[string]mailtest.Faults{
		"refused connection": {Refuse: true}, "full disk": {Storage: true}, "hangs up at DATA": {Drop: "RCPT"},
	} {
		before := len(second.Messages("ops"))
		_, err := post(t, fmt.Sprintf(`email: {through: "%s", from: me@example.org, to: ops@example.org, tls: "off", second: {through: "%s", tls: "off"}}`,
			start(faults).SMTPURL(), second.SMTPURL()))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := second.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(second.Messages("ops")) - before; got != 1 {
			t.Errorf("%s: %d mails by the second way", name, got)
		}
	}
	m := second.Messages("ops")[0].Text
	for name, want := range map[string]string{
		"Subject": "mailprobe: CRITICAL a: it is <down>", "Message-Id": "<0123@here>", "X-Mailprobe-Status": "CRITICAL", "Auto-Submitted": "auto-generated",
	} {
		if got := header(m, name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

// TestMailInDoubt: where the server hangs up after the dot, nobody knows whether it
// has the mail; the second way must not be tried.
func TestMailInDoubt(t *testing.T) {
	host, err := mailtest.Start(mailtest.Config{Faults: mailtest.Faults{Drop: "BODY"}, Accounts: []mailtest.Account{{User: "ops", Password: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	handed, err := post(t, fmt.Sprintf(`email: {through: "%[1]s", from: me@example.org, to: ops@example.org, tls: "off", second: {through: "%[1]s"}}`, host.SMTPURL()))
	if !errors.As(err, new(uncertain)) || handed != 1 {
		t.Errorf("handed over %d times, %v", handed, err)
	}
}

// TestPartlyRefused: who is refused while others are not is named, once, and nobody
// is told twice.
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
	troubles := fmt.Sprint(run(t, s, Options{Store: store}).Problems)
	if !strings.Contains(troubles, "notifier email: gone@example.org is not told: the server answered RCPT with") || strings.Contains(troubles, "kept") {
		t.Error(troubles)
	}
	if again := run(t, s, Options{Store: store}); len(again.Problems) > 0 || len(host.Messages("ops")) != 1 {
		t.Errorf("%v, and %d mails", again.Problems, len(host.Messages("ops")))
	}
}

func TestWebhook(t *testing.T) {
	var got []string
	answer := func(n int) int { return http.StatusOK }
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Header.Get("Idempotency-Key")+" "+r.Header.Get("X-Key")+" "+string(body))
		w.WriteHeader(answer(len(got)))
	}))
	defer web.Close()
	t.Setenv("HOOK", web.URL)
	templated := `webhook: {url: "${HOOK}", headers: {X-Key: "${HOOK}"}, template: '{"text": {{json .Subject}}, "n": {{len .Events}}}'}`
	if _, err := post(t, templated); err != nil || got[0] != "0123 "+web.URL+` {"text": "CRITICAL a: it is <down>", "n": 1}` {
		t.Errorf("%q, %v", got, err)
	}
	got = nil
	answer = func(n int) int { return []int{503, 429, 200}[n-1] }
	if _, err := post(t, `webhook: "${HOOK}"`); err != nil || len(got) != 3 || got[0] != got[2] {
		t.Errorf("%d requests, %v", len(got), err)
	}
	got = nil
	answer = func(int) int { return http.StatusForbidden }
	if _, err := post(t, `webhook: "${HOOK}"`); err == nil || len(got) != 1 || !strings.Contains(err.Error(), "403 Forbidden") {
		t.Errorf("%d requests, %v", len(got), err)
	}
	web.Close()
	if _, err := post(t, `webhook: {url: "${HOOK}/secret-path", attempts: 1}`); err == nil || errors.As(err, new(uncertain)) || strings.Contains(err.Error(), "secret-path") {
		t.Errorf("a server that is down: %v", err)
	}
}

// TestWebhookRedirected: a redirect that would drop the message is a failure, one
// that keeps it is followed.
func TestWebhookRedirected(t *testing.T) {
	var got []string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if code, err := strconv.Atoi(strings.Trim(r.URL.Path, "/")); err == nil {
			http.Redirect(w, r, "/elsewhere", code)
			return
		}
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+string(body))
	}))
	defer web.Close()
	for _, code := range []string{"301", "302", "303"} {
		if _, err := post(t, "webhook: "+web.URL+"/"+code); err == nil || !strings.Contains(err.Error(), "give the address that it leads to") {
			t.Errorf("%s: %v", code, err)
		}
	}
	if _, err := post(t, "webhook: {url: "+web.URL+"/308, template: hello}"); err != nil {
		t.Error(err)
	}
	equal(t, "requests", got, []string{"POST hello"})
}

// TestAnswerWithAddress: a server that repeats the address does not make it known.
func TestAnswerWithAddress(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, password, _ := r.BasicAuth()
		http.Error(w, "Cannot POST "+r.URL.Path+" for "+password+", query "+r.URL.RawQuery, http.StatusNotFound)
	}))
	defer web.Close()
	address := strings.Replace(web.URL, "http://", "http://me:hidden1@", 1) + "/hidden2?key=hidden3"
	_, hook := post(t, `webhook: "`+address+`"`)
	for _, err := range []error{hook, Service(address).call(t.Context(), Network{}, Service(address).Start, "")} {
		if err == nil || strings.Contains(err.Error(), "hidden") || !strings.Contains(err.Error(), "Cannot POST *** for ***") {
			t.Error(err)
		}
	}
}

// TestTroubleOnce: what fails at the start and at the end of a run is told once.
func TestTroubleOnce(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	s := reporting(nil).parse(t, "checks: [{name: a, kind: fake, target: x}]\nheartbeat: "+web.URL)
	if r := run(t, s, Options{}); len(r.Problems) != 1 {
		t.Error(r.Problems)
	}
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
			t.Errorf("troubles: %s", text)
		}
	}
}

func TestWebhookInDoubt(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler) // taken, and not answered
	}))
	defer web.Close()
	if _, err := post(t, `webhook: {url: "`+web.URL+`", attempts: 1}`); !errors.As(err, new(uncertain)) {
		t.Errorf("%v", err)
	}
}

func TestCommand(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	if _, err := post(t, "command: cat > "+out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if m, bad := readMessage(strings.NewReader(string(text))); err != nil || bad != nil || m.ID != "0123" || len(m.Events) != 1 {
		t.Errorf("%q, %v, %v", text, err, bad)
	}
	if _, err := post(t, "command: [sh, -c, 'echo no paper >&2; exit 3']"); err == nil || !strings.Contains(err.Error(), "exit status 3: no paper") {
		t.Errorf("a command that fails: %v", err)
	}
}

// TestFilter: a notifier is told of what it wants to know, each by itself if it
// says so.
func TestFilter(t *testing.T) {
	s := reporting(nil).parse(t, `
groups: {berlin: {}}
checks:
  - {name: a, kind: fake, target: x, tags: [night]}
  - {name: b, kind: fake, target: x, group: berlin}
notify:
  - {name: all, command: x}
  - {name: night, command: x, only: night}
  - {name: berlin, command: x, only: [berlin], on: recovery}
  - {name: bad, command: x, status: critical, each: true}
`)
	items := s.Items()
	r := &Report{Suite: s, record: &Record{}, Events: []Event{
		{Kind: Failure, Check: "a", origin: items[0].origin(""), Status: probe.Warning, Was: probe.OK, identity: "1"},
		{Kind: Recovery, Check: "b", origin: items[1].origin(""), Status: probe.OK, Was: probe.Critical, identity: "2"},
		{Kind: Worse, Check: "a", origin: items[0].origin(""), Status: probe.Critical, Was: probe.Warning, identity: "3"},
	}}
	var got []string
	ids := map[string]bool{}
	for _, n := range r.notifications(r.Events) {
		m, err := decode(n)
		if err != nil {
			t.Fatal(err)
		}
		words := n.Notifier
		for _, e := range m.Events {
			words += " " + string(e.Kind)
		}
		got = append(got, words)
		ids[n.ID] = true
	}
	equal(t, "sent", got, []string{"all failure recovery worse", "night failure worse", "berlin recovery", "bad worse", "bad recovery"})
	if len(ids) != len(got) {
		t.Error("identifiers are not unique")
	}
}

// TestKept: what a notifier could not send is sent in the next run, once; its being
// down is told once, too.
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
		t.Errorf("troubles told %v, %d messages by %d requests", told, len(hook.messages), hook.requests)
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
	id := header(mails[0].Text, "Message-Id")
	if !strings.HasPrefix(id, "<"+ids["email"]+"@") || !strings.Contains(string(mails[0].Text), "(This message may have reached you before.)") {
		t.Errorf("the mail %s does not tell that it is a repetition of %s:\n%s", id, ids["email"], mails[0].Text)
	}
	if m := hook.messages[0]; !m.Repeated || m.ID != ids["webhook"] || hook.keys[0] != ids["webhook"] {
		t.Errorf("the post %s under the key %s, repeated %t, is a repetition of %s", m.ID, hook.keys[0], m.Repeated, ids["webhook"])
	}
}

// TestUnremembered: without a history every failure is told in every run, under
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
			t.Errorf("events %v, troubles %v", r.Events, r.Problems)
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

// TestCourier: what waits is sent by the courier, whose troubles are the run's; where it
// cannot begin, the run sends by itself.
func TestCourier(t *testing.T) {
	got := 0
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got++ }))
	defer web.Close()
	for name, c := range map[string]struct {
		err      error
		troubles []string
		want     int
	}{
		"sends": {troubles: []string{"notifier webhook: it is raining"}}, "does not begin": {err: errors.New("no such file"), want: 1},
	} {
		got = 0
		s := reporting(func(string) probe.Status { return probe.Critical }).parse(t, "checks: [{name: a, kind: fake, target: x}]\nnotify: {webhook: \""+web.URL+"\"}\ndefaults: {alert_after: 1}")
		sent := 0
		r := run(t, s, Options{Store: openHistory(t, time.Now), Courier: func(context.Context, time.Duration) ([]string, error) {
			sent++
			return c.troubles, c.err
		}})
		if sent != 1 || got != c.want {
			t.Errorf("%s: the courier was called %d times, %d messages came", name, sent, got)
		}
		if len(r.Problems) != len(c.troubles) {
			t.Errorf("%s: %v", name, r.Problems)
		}
	}
}

// A body that is read on after its request is over is not sent, and nothing is noted.
func TestPayloadOver(t *testing.T) {
	begun := 0
	load := &payload{text: []byte("x"), begin: func() error { begun++; return nil }}
	r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1/", nil)
	if err == nil {
		err = load.into(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	if any, unnoted := load.end(); any || unnoted != nil {
		t.Errorf("%t, %v", any, unnoted)
	}
	if n, err := r.Body.Read(make([]byte, 9)); n != 0 || !errors.Is(err, errOver) || begun != 0 {
		t.Errorf("%d bytes, %v, begun %d times", n, err, begun)
	}
}
