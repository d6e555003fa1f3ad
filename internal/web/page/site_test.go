package page

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/push"
	"mailprobe/internal/suite"
	"mailprobe/probe"
	"mailprobe/wire"
)

// site is a server of the pages of checks that answer as a test says, with a real history
// and a real scheduler.
type site struct {
	t         *testing.T
	address   string
	page      *Page
	scheduler *suite.Scheduler
	store     *history.Store

	mu       sync.Mutex
	says     func(host string) (probe.Status, string)
	hold     chan bool // checks wait for it where it is set
	problems []string
	readonly bool
}

// Prepare implements probe.Checker.
func (s *site) Prepare(context.Context) error { return nil }

// causeFull is what is wrong with the servers of the tests.
var causeFull = &probe.Cause{
	Name: "mailbox-full", Blame: probe.BlameAccount, Status: probe.Critical, Meaning: "It is full.", Hint: "make room", Source: "the tests",
}

// Check implements probe.Checker.
func (s *site) Check(_ context.Context, t probe.Target, r *probe.Result) error {
	s.mu.Lock()
	says, hold := s.says, s.hold
	s.mu.Unlock()
	if hold != nil {
		<-hold
	}
	status, said := says(t.Host)
	r.Address = "192.0.2.7:25"
	r.Transcript = &wire.Transcript{}
	r.Transcript.Record(wire.Server, "220 "+said)
	_ = r.Run("greeting", func(step *probe.Step) error {
		step.Took = 5 * time.Millisecond
		step.Say(said)
		step.Learn(probe.Text("banner", said), probe.Text("cert_subject", said), probe.Text("cert_not_after", time.Now().Add(58*24*time.Hour+time.Hour).UTC().Format(time.RFC3339)))
		return nil
	})
	return r.Run("rcpt", func(step *probe.Step) error {
		if status == probe.OK {
			step.Say(said)
			return nil
		}
		return probe.Because(causeFull.As(status), errors.New("the server said "+said))
	})
}

// open serves the pages of a file of checks of the kind smtp.
func open(t *testing.T, file string, says func(host string) (probe.Status, string)) *site {
	t.Helper()
	s := &site{t: t, says: says}
	kind := probe.Kind{
		Name: "smtp", Short: "do as a test says", Schemes: []probe.Scheme{{Name: "smtp", Port: 25}}, Steps: []string{"greeting", "rcpt"},
		New: func(o *probe.Options) (probe.Checker, []probe.Option) { return s, o.ReplyOptions() },
	}
	dir := t.TempDir()
	read, problems := suite.Parse(filepath.Join(dir, "checks.yaml"), []byte(file), []probe.Kind{kind, push.Kind()})
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	var err error
	if s.store, err = history.Open(t.Context(), filepath.Join(dir, history.FileName), read.History()); err != nil {
		t.Fatal(err)
	}
	s.scheduler = suite.NewScheduler(suite.ScheduleOptions{Suite: read, Store: s.store, Runner: suite.Runner{Jobs: 8, PerHost: 8}, Dir: dir})
	s.page, err = New(Options{
		Scheduler: s.scheduler, Store: s.store, Version: "v1",
		MayChange: func(*http.Request) bool { return !s.readonly },
		Problems:  func() []string { return s.problems },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = s.scheduler.Run(ctx) })
	running.Go(func() { s.page.Run(ctx) })
	mux := http.NewServeMux()
	s.page.Register(mux)
	server := httptest.NewServer(http.NewCrossOriginProtection().Handler(mux))
	s.address = server.URL
	t.Cleanup(func() {
		cancel()
		running.Wait()
		server.Close()
		_ = s.store.Close()
	})
	return s
}

// fill stores a result of each of the last days.
func (s *site) fill(name string, days int) {
	s.t.Helper()
	var b history.Batch
	for n := range days {
		took := time.Duration(10+n%7) * time.Millisecond
		b.Entries = append(b.Entries, history.Entry{Name: name, Result: &probe.Result{
			Check: "smtp", Target: "mx1.example.org", Status: probe.OK, Start: time.Now().AddDate(0, 0, -n), Elapsed: took,
			Steps: []probe.Step{{Name: "rcpt", Status: probe.OK, Elapsed: took}},
		}})
	}
	if err := s.store.Commit(s.t.Context(), b); err != nil {
		s.t.Fatal(err)
	}
}

// say changes what the servers say.
func (s *site) say(says func(host string) (probe.Status, string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.says = says
}

// run runs checks at once, and waits for what they find.
func (s *site) run(ids ...string) {
	s.t.Helper()
	begin := time.Now()
	for _, id := range ids {
		if err := s.scheduler.RunNow(id); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, id := range ids {
		s.wait(id+" runs", func() bool {
			for _, i := range s.scheduler.Items() {
				if i.ID == id && i.Started.IsZero() && !i.State.LastRun.Before(begin.Add(-time.Second)) && len(i.Results) > 0 && !i.Results[0].Start.Before(begin) {
					return true
				}
			}
			return false
		})
	}
}

// wait waits for something.
func (s *site) wait(what string, done func() bool) {
	s.t.Helper()
	for begin := time.Now(); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > 30*time.Second {
			s.t.Fatal("in vain: " + what)
		}
	}
}

// get returns a page, which has to be there.
func (s *site) get(path string) string {
	s.t.Helper()
	code, text := s.ask("GET", path, nil, nil)
	if code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, code, text)
	}
	return text
}

// ask makes a request. It does not follow redirects: their address is the text.
func (s *site) ask(method, path string, form url.Values, header map[string]string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.address+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if to := got.Header.Get("Location"); to != "" {
		return got.StatusCode, to
	}
	return got.StatusCode, string(text)
}

// fine says that everything is fine.
func fine(string) (probe.Status, string) { return probe.OK, "ESMTP ready" }

// two is a file of two checks.
const two = `
title: Mail of Example
defaults: {every: 24h, alert_after: 1}
groups: {berlin: {tags: [mx]}, customers: {public: true}}
checks:
  - {name: relay, kind: smtp, target: mx1.example.org, group: berlin}
  - {name: mailbox, kind: smtp, target: mx2.example.org, group: customers}
`
