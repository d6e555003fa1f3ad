package page

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// full says that one host is full, and the others fine.
func full(host string) func(string) (probe.Status, string) {
	return func(h string) (probe.Status, string) {
		if h == host {
			return probe.Critical, "452 full"
		}
		return fine(h)
	}
}

// TestOverview: what is not OK comes first, with cause, who has to act and hint; texts,
// groups and tags select checks.
func TestOverview(t *testing.T) {
	s := open(t, two, full("mx2.example.org"))
	s.run("relay", "mailbox")
	s.wait("the page has the failure", func() bool { return strings.Contains(s.get("/"), "1 of 2 checks is not OK") })
	text := s.get("/")
	for _, want := range []string{"<title>1 of 2 checks is not OK · Mail of Example</title>", "mailbox-full", "to act: the account&#39;s owner",
		"make room", "the server said 452 full", `href="/incident/`, "58 days", `href="/public"`, "<noscript><meta http-equiv=\"refresh\""} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Index(text, `href="/check/mailbox"`) > strings.Index(text, `href="/check/relay"`) {
		t.Error("what has failed is not the first")
	}
	for query, want := range map[string][2]bool{
		"?group=berlin": {true, false}, "?tag=mx": {true, false}, "?q=MX2": {false, true}, "?q=ELAY": {true, false}, "?q=mx&group=customers": {false, true}, "?q=none": {},
	} {
		text := s.get("/" + query)
		for i, name := range []string{"relay", "mailbox"} {
			if got := strings.Contains(text, `<a href="/check/`+name+`">`); got != want[i] {
				t.Errorf("%s has %s: %v", query, name, got)
			}
		}
	}
}

// TestPages: each result, the check and the incident have a page, with transcript.
func TestPages(t *testing.T) {
	s := open(t, two, full("mx2.example.org"))
	s.run("mailbox")
	s.wait("the page has the failure", func() bool { return strings.Contains(s.get("/check/mailbox"), "mailbox-full") })
	text := s.get("/check/mailbox")
	for _, want := range []string{"mailbox-full", "make room", "24 hours", `id="results"`, "Silence or acknowledge", "the server said 452 full", `class="chart"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page of the check has no %q", want)
		}
	}
	result := between(t, text, `<a href="/result/`, `"`)
	if text := s.get("/result/" + strings.ReplaceAll(result, "&amp;", "&")); !strings.Contains(text, "S: 220 452 full") || !strings.Contains(text, "cert_subject") || !strings.Contains(text, "mailprobe history mailbox --at ") {
		t.Errorf("the page of the result is %s", text)
	}
	incident := between(t, text, `<a href="/incident/`, `"`)
	if text := s.get("/incident/" + incident); !strings.Contains(text, "S: 220 452 full") || !strings.Contains(text, "to act: the account") || !strings.Contains(text, `">the whole result</a>`) || !strings.Contains(text, "badge open") {
		t.Errorf("the page of the incident is %s", text)
	}
	for path, want := range map[string]int{
		"/check/none": 404, "/result/none": 404, "/result/mailbox?at=x": 400, "/incident/none": 404, "/assets/none.css": 404, "/assets/%2Fpage.css": 404,
		"/check/mailbox?from=-7d": 200, "/check/mailbox?from=x&to=y&before=z": 200, "/check/mailbox?from=1900-01-01&to=2199-01-01": 200,
		"/check/mailbox?from=2026-01-01T00:00&to=1999-01-01": 200, "/result/mailbox?at=1971-01-01": 404, "/check/mailbox?results=failures": 200,
	} {
		if code, text := s.ask("GET", path, nil, nil); code != want {
			t.Errorf("%s: %d %.100s", path, code, text)
		}
	}
}

// between returns the text between two others.
func between(t *testing.T, text, after, before string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, after)
	found, _, _ := strings.Cut(rest, before)
	if !ok {
		t.Fatalf("there is no %q in %s", after, text)
	}
	return found
}

// TestPaging: the list of results leads to all of them, once each.
func TestPaging(t *testing.T) {
	s := open(t, two, fine)
	var b history.Batch
	for n := range 60 {
		b.Entries = append(b.Entries, history.Entry{Name: "relay", Result: &probe.Result{
			Check: "smtp", Target: "mx1.example.org", Status: probe.OK, Start: time.Now().Add(-time.Duration(n) * time.Minute), Steps: []probe.Step{{Name: "rcpt", Status: probe.OK}},
		}})
	}
	if err := s.store.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	path := "/check/relay"
	for pages := 0; path != "" && pages < 9; pages++ {
		text := s.get(path)
		_, list, _ := strings.Cut(text, `<table class="results">`)
		for _, row := range strings.Split(list, "<tr>")[2:] {
			link := between(t, row, `<a href="`, `"`)
			if seen[link] {
				t.Errorf("%s is there twice", link)
			}
			seen[link] = true
		}
		path = ""
		if before, _, ok := strings.Cut(text, `" rel="prev">older`); ok {
			path, _, _ = strings.Cut(html.UnescapeString(before[strings.LastIndex(before, `href="`)+len(`href="`):]), "#")
		}
	}
	if len(seen) < 60 || path != "" {
		t.Errorf("%d results are reached, of 60; then %q", len(seen), path)
	}
}

// TestActions: forms run checks, silence and acknowledge, lead back, and are refused from
// other sites and where nothing may be changed.
func TestActions(t *testing.T) {
	s := open(t, two, full("mx2.example.org"))
	s.run("mailbox")
	s.wait("the page has the failure", func() bool { return strings.Contains(s.get("/check/mailbox"), "/ack/") })
	before := s.scheduler.Items()[0].State.LastRun
	if code, to := s.ask("POST", "/run/relay", url.Values{"back": {"/?tag=mx"}}, nil); code != http.StatusSeeOther || to != "/?tag=mx" {
		t.Errorf("%d %s", code, to)
	}
	s.wait("relay runs", func() bool { return s.scheduler.Items()[0].State.LastRun.After(before) })
	for _, back := range []string{"//evil.example.org/", "https://evil.example.org/", `/\evil.example.org`, "/\t/evil.example.org", "/\n/evil.example.org", ""} {
		if code, to := s.ask("POST", "/run/relay", url.Values{"back": {back}}, nil); code != http.StatusSeeOther || to != "/check/relay" {
			t.Errorf("%q leads to %d %s", back, code, to)
		}
	}
	incident := between(t, s.get("/check/mailbox"), `action="/ack/`, `"`)
	if form := between(t, s.get("/incident/"+incident), `<form class="act" method="post" action="/ack/`+incident+`">`, "</form>"); !strings.Contains(form, `name="by" required`) || !strings.Contains(form, `name="back" value="/incident/`+incident+`"`) {
		t.Errorf("the page of the incident has the form %s", form)
	}
	for _, e := range []struct {
		path string
		form url.Values
		code int
		says string
	}{
		{"/run/none", url.Values{}, 404, "no such check"},
		{"/silence", url.Values{"word": {"mx"}, "for": {"2h"}, "by": {"alice"}, "reason": {"new <disk>"}}, 303, "/"},
		{"/silence", url.Values{"word": {"none"}, "for": {"2h"}, "by": {"alice"}, "reason": {"x"}}, 404, "none"},
		{"/silence", url.Values{"word": {"mx"}, "for": {"soon"}, "by": {"alice"}, "reason": {"x"}}, 400, "for: "},
		{"/silence", url.Values{"word": {"mx"}, "for": {"2h"}, "by": {"alice"}}, 400, "reason"},
		{"/ack/" + incident, url.Values{"by": {"bob"}, "reason": {"on it"}}, 303, "/"},
		{"/ack/none", url.Values{"by": {"bob"}, "reason": {"on it"}}, 404, "none"},
	} {
		if code, text := s.ask("POST", e.path, e.form, nil); code != e.code || !strings.Contains(text, e.says) {
			t.Errorf("%s %v: %d %s", e.path, e.form, code, text)
		}
	}
	if text := s.get("/incident/" + incident); strings.Contains(text, `action="/ack/`) {
		t.Error("what is acknowledged can be acknowledged again")
	}
	text := s.get("/")
	for _, want := range []string{"by alice: new &lt;disk&gt;", "acknowledged by bob: on it", ">silenced</span>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if code, text := s.ask("POST", "/silence", url.Values{"end": {between(t, text, `name="end" value="`, `"`)}}, nil); code != 303 || strings.Contains(s.get("/"), "by alice") {
		t.Errorf("the silence does not end: %d %s", code, text)
	}
	for _, header := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example.org"}} {
		if code, _ := s.ask("POST", "/run/relay", url.Values{}, header); code != http.StatusForbidden {
			t.Errorf("from another site: %d", code)
		}
	}
	s.readonly = true
	for _, path := range []string{"/run/relay", "/silence", "/ack/" + incident} {
		if code, _ := s.ask("POST", path, url.Values{"word": {"mx"}, "for": {"2h"}, "by": {"a"}, "reason": {"b"}}, nil); code != http.StatusForbidden {
			t.Errorf("%s: %d", path, code)
		}
	}
	if !strings.Contains(s.get("/"), `<body class="readonly">`) {
		t.Error("buttons are shown to who may not use them")
	}
}

// TestProblems: what is wrong with the file that was to be loaded is at the top.
func TestProblems(t *testing.T) {
	s := open(t, two, fine)
	s.problems = []string{"checks.yaml:3: there is no kind <smtpp>"}
	if text := s.get("/"); !strings.Contains(text, "no kind &lt;smtpp&gt;") || strings.Index(text, "smtpp") > strings.Index(text, `id="checks"`) {
		t.Error("the page does not say what is wrong")
	}
}

// TestReloaded: a changed file is what the pages show.
func TestReloaded(t *testing.T) {
	s := open(t, two, fine)
	s.run("relay")
	kinds := []probe.Kind{s.scheduler.Suite().Checks[0].Kind}
	changed, problems := suite.Parse(s.scheduler.Suite().Name, []byte("checks: [{name: new, kind: smtp, target: mx3.example.org}]"), kinds)
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	s.scheduler.Replace(changed)
	s.wait("the page has the new check", func() bool {
		text := s.get("/")
		return strings.Contains(text, `"/check/new"`) && !strings.Contains(text, `"/check/relay"`)
	})
	if code, _ := s.ask("GET", "/check/relay", nil, nil); code != 404 {
		t.Errorf("a check that is gone has a page: %d", code)
	}
}

// TestNotFound: a browser is told by a page with a way back what is not there, others by a line.
func TestNotFound(t *testing.T) {
	s := open(t, two, fine)
	for path, want := range map[string]string{"/check/none": "the file has no such check", "/result/none": "no result of such a check", "/incident/none": "no such incident"} {
		code, text := s.ask("GET", path, nil, map[string]string{"Accept": "text/html,*/*;q=0.8"})
		if code != 404 || !strings.Contains(text, want) || !strings.Contains(text, `<a href="/">All checks</a>`) || !strings.Contains(text, "<title>Not found</title>") {
			t.Errorf("%s: %d %s", path, code, text)
		}
		if code, text := s.ask("GET", path, nil, map[string]string{"Accept": "*/*"}); code != 404 || !strings.Contains(text, want) || strings.Contains(text, "<") {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/<script>", nil)
	r.Header.Set("Accept", "text/html")
	if s.page.NotFound(w, r); w.Code != 404 || !strings.Contains(w.Body.String(), "no page at this address") || strings.Contains(w.Body.String(), "<script>") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestNoTime: a job that does not say how long it took has no time anywhere.
func TestNoTime(t *testing.T) {
	const token = "0123456789abcdef0123456789abcdef"
	s := open(t, two+"  - {name: backup, kind: push, token: "+token+", every: 1d, group: customers}\n", fine)
	push := func(d probe.Delivery, seen string) {
		t.Helper()
		to, err := s.scheduler.Suite().Receivers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.wait("it is taken", func() bool { return s.scheduler.Push(t.Context(), to.Find(token), d) == nil })
		s.wait("the page has it", func() bool { return strings.Contains(s.get("/check/backup"), seen) })
	}
	push(probe.Delivery{Status: probe.OK, Text: "12 GiB"}, "12 GiB")
	if text := s.get("/"); !strings.Contains(text[strings.Index(text, `href="/check/backup"`):], "<b data-median>-</b>") {
		t.Error("the page has a median of no times")
	}
	text := s.get("/public")
	if _, item, ok := strings.Cut(text, "backup "); !ok || strings.Contains(item, "median</i>") {
		t.Errorf("everybody sees a median of no times: %s", text)
	}
	if text := s.get("/badge/latency/backup.svg"); !strings.Contains(text, "backup latency: -<") {
		t.Error(text)
	}
	if text := s.get("/check/backup"); !strings.Contains(text, `<td class="num">-</td>`) || strings.Contains(text, `class="chart"`) || strings.Contains(text, ">total<") {
		t.Errorf("the page of the check has a time: %s", text)
	}
	if text := s.get("/result/backup"); !strings.Contains(text, "how long it took is not known") || strings.Contains(text, ">total<") {
		t.Errorf("the page of the result has a time: %s", text)
	}
	push(probe.Delivery{Status: probe.OK, Text: "13 GiB", Took: 90 * time.Second}, "13 GiB")
	if text := s.get("/result/backup"); !strings.Contains(text, "took 90.0 s") || strings.Count(text, "90.0 s") < 2 {
		t.Errorf("the page of the result has no time: %s", text)
	}
}

// TestNoCertificates: no link leads to certificates where there are none.
func TestNoCertificates(t *testing.T) {
	s := open(t, "checks: [{name: backup, kind: push, token: 0123456789abcdef0123456789abcdef, every: 1d}]", fine)
	if text := s.get("/"); !strings.Contains(text, `id="to-certificates" hidden>`) {
		t.Error("a link leads to no certificates")
	}
	s = open(t, two, fine)
	s.run("relay")
	s.wait("the link is there", func() bool { return strings.Contains(s.get("/"), `id="to-certificates">`) })
}

// TestPublic: everybody sees names, groups, status, uptime and times of public checks, and
// nothing else of them or of others.
func TestPublic(t *testing.T) {
	const secret = "SECRET"
	s := open(t, strings.ReplaceAll(`
title: Mail of Example
defaults: {every: 24h, alert_after: 1}
checks:
  - {name: Mail, kind: smtp, group: Customers, target: hostSECRET.example.org, public: true, tags: [tagSECRET]}
  - {name: Pair, kind: smtp, targets: [aSECRET.example.org, bSECRET.example.org], public: true}
  - {name: insideSECRET, kind: smtp, target: other.example.org, group: groupSECRET}
`, "Customers", "Customers")+"groups: {Customers: {}, groupSECRET: {}}\n", func(host string) (probe.Status, string) {
		if strings.HasPrefix(host, "host") {
			return probe.Critical, "452 bannerSECRET <script>SECRET</script> 192.0.2.99 at " + host
		}
		return probe.OK, "220 bannerSECRET"
	})
	s.run("Mail", "Pair aSECRET.example.org", "Pair bSECRET.example.org", "insideSECRET")
	if code, text := s.ask("POST", "/silence", url.Values{"word": {"Pair"}, "for": {"2h"}, "by": {"bySECRET"}, "reason": {"whySECRET"}}, nil); code != 303 {
		t.Fatal(code, text)
	}
	s.wait("the page has all of them", func() bool {
		return strings.Count(s.get("/public"), `<li class="item`) == 3 && strings.Contains(s.get("/public"), "CRITICAL")
	})
	text := s.get("/public")
	shown := []string{text}
	for _, what := range []string{"status", "uptime", "latency", "certificate"} {
		shown = append(shown, s.get("/badge/"+what+"/Mail.svg"), s.get("/badge/"+what+"/Pair%20aSECRET.example.org.svg"))
	}
	for _, text := range shown {
		for _, bad := range []string{secret, "192.0.2", "smtp", "452", "mailbox-full", "make room", "greeting", "rcpt", "/check/", "/result/", "/incident/", "/events", "/run/", "<form", "<button", "<script", "v1"} {
			if bad == "v1" {
				continue // in the paths of strips
			}
			if strings.Contains(text, bad) {
				t.Errorf("everybody sees %q in %s", bad, text)
			}
		}
	}
	for _, want := range []string{"Mail of Example", "Mail ", "Pair 1", "Pair 2", "Customers", "CRITICAL", " up", "1 of 3 checks is not OK", `http-equiv="refresh"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the public page has no %q", want)
		}
	}
	for _, path := range []string{"/badge/status/insideSECRET.svg", "/badge/status/none.svg", "/badge/what/Mail.svg", "/badge/status/Mail"} {
		code, text := s.ask("GET", path, nil, nil)
		if code != 404 || strings.Contains(text, secret) {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
}

// TestHeaders: pages have a strict policy, and assets may be kept for ever.
func TestHeaders(t *testing.T) {
	s := open(t, two, fine)
	text := s.get("/")
	for _, path := range []string{"/", "/check/relay", "/public"} {
		r, err := http.Get(s.address + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		policy := r.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: %q", path, policy)
		}
	}
	if strings.Contains(text, " style=") || strings.Contains(text, "<style") || strings.Contains(text, " onclick") || strings.Contains(text, "ZgotmplZ") {
		t.Error("the page has styles or scripts in it")
	}
	for _, what := range []string{`<link rel="stylesheet" href="`, `<script src="`, `<link rel="icon" id="icon" type="image/svg+xml" href="`} {
		r, err := http.Get(s.address + between(t, text, what, `"`))
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != 200 || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %s %s", what, r.Status, r.Header)
		}
	}
}

// TestLinks: whatever a check is called, its links lead to it.
func TestLinks(t *testing.T) {
	names := []string{"a b", "a/b", "a//b", "ü?#%", `"<x>`, "a+b&c", "x.svg", "a\\b"}
	file := "defaults: {every: 24h, public: true}\nchecks:\n"
	for _, n := range names {
		file += "  - {name: '" + n + "', kind: smtp, target: mx.example.org}\n"
	}
	s := open(t, file, fine)
	s.run(names...)
	for _, n := range names {
		for _, what := range []string{"check", "result"} {
			if code, text := s.ask("GET", s.page.link(what, n), nil, nil); code != 200 {
				t.Errorf("%s of %q: %d %s", what, n, code, text)
			}
		}
		if code, _ := s.ask("POST", s.page.link("run", n), url.Values{}, nil); code != 303 {
			t.Errorf("%q is not run: %d", n, code)
		}
		if code, _ := s.ask("GET", s.page.link("badge/status", n)+".svg", nil, nil); code != 200 {
			t.Errorf("%q has no badge: %d", n, code)
		}
	}
}

// TestSpan: whatever is asked for, a span is bounded and in order.
func TestSpan(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for query, want := range map[string]string{
		"":                                  "24h0m0s 90 days",
		"from=-1d":                          "1h0m0s 24 hours",
		"from=-7d":                          "24h0m0s 7 days",
		"from=-30d":                         "24h0m0s 30 days",
		"from=2026-11-29T10:00":             "5m0s ",
		"from=2026-11-29T11:59":             "5m0s ",
		"from=2027-11-29T11:59":             "5m0s ",
		"from=1971-01-01":                   "24h0m0s ",
		"from=2026-10-01&to=2026-10-03":     "1h0m0s ",
		"to=2026-10-03":                     "24h0m0s ",
		"from=x&to=y":                       "24h0m0s 90 days",
		"from=-0d":                          "24h0m0s 90 days",
		"to=2026-10-03&from=2026-10-09T0:0": "24h0m0s ",
	} {
		q, _ := url.ParseQuery(query)
		s := newSpan("/check/x", q, time.Time{}, now)
		current := ""
		for _, p := range s.Presets {
			if p.Current {
				current += p.Name
			}
		}
		if got := s.each.String() + " " + current; got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
		if length := s.to.Sub(s.from); length < leastSpan || length > mostSpan || s.to.After(now) {
			t.Errorf("%s: %s to %s", query, s.from, s.to)
		}
	}
}

// TestSpanOfNew: the page of a check that is new does not begin with days without results.
func TestSpanOfNew(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for days, want := range map[int]string{0: "24 hours", 1: "7 days", 6: "7 days", 7: "30 days", 40: "90 days", 89: "90 days", 400: "90 days"} {
		first := now.Truncate(24*time.Hour).AddDate(0, 0, -days)
		for _, p := range newSpan("/check/x", nil, first, now).Presets {
			if p.Current != (p.Name == want) {
				t.Errorf("results for %d days, %s is shown: %v", days, p.Name, p.Current)
			}
		}
	}
}

// TestNothingToRun: a check that waits for pushes cannot be run, and says once what it is.
func TestNothingToRun(t *testing.T) {
	t.Setenv("TOKEN_OF_TEST", "0123456789abcdef")
	s := open(t, two+"  - {name: backup, kind: push, token_env: TOKEN_OF_TEST}\n", fine)
	text := s.get("/")
	if !strings.Contains(text, `action="/run/relay"`) || strings.Contains(text, `action="/run/backup"`) || !strings.Contains(text, `<p class="sub">push</p>`) {
		t.Errorf("the page has %s", text)
	}
	if text := s.get("/check/backup"); strings.Contains(text, "run now") {
		t.Errorf("the page of the check has %s", text)
	}
	if code, text := s.ask("POST", "/run/backup", nil, nil); code != 409 {
		t.Errorf("%d %s", code, text)
	}
}

// FuzzSpan: no query makes a span that is not bounded.
func FuzzSpan(f *testing.F) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for _, seed := range []string{"", "-7d", "2026-11-29", "2026-11-29T10:00:00.123Z", "-9999999d"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, from, to string) {
		s := newSpan("/check/x", url.Values{"from": {from}, "to": {to}}, time.Time{}, now)
		if length := s.to.Sub(s.from); length < leastSpan || length > mostSpan || s.to.After(now) {
			t.Errorf("%s to %s", s.from, s.to)
		}
	})
}

// TestVerdict: the sentence at the top.
func TestVerdict(t *testing.T) {
	var got []string
	for _, e := range [][4]int{{0, 0, 0, 0}, {1, 0, 0, 0}, {1, 1, 0, 0}, {3, 0, 0, 0}, {3, 1, 0, 0}, {3, 2, 1, 0}, {3, 0, 3, 0}, {3, 0, 1, 0}, {3, 0, 0, 1}, {1, 0, 0, 1}} {
		got = append(got, verdict(e[0], e[1], e[2], e[3]))
	}
	want := []string{"There are no checks", "The check is OK", "The check is not OK", "All 3 checks are OK", "1 of 3 checks is not OK", "2 of 3 checks are not OK",
		"No check has run yet", "2 of 3 checks are OK", "2 of 3 checks are OK", "All that is not OK is silenced"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
