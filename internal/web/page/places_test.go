package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// seenFrom is what a place found of the check mx.
func seenFrom(address string, cause *probe.Cause, said, certificate string, took time.Duration) *probe.Result {
	r := &probe.Result{
		Check: "smtp", Target: "mx.example.org", Address: address, Start: time.Now(), Elapsed: took, Status: probe.OK, Summary: "rcpt: " + said, Cause: cause,
	}
	rcpt := probe.Step{Name: "rcpt", Status: probe.OK, Elapsed: took, Detail: said, Cause: cause}
	if cause != nil {
		r.Status, rcpt.Status, rcpt.Hint = cause.Status, cause.Status, cause.Hint
	}
	rcpt.Facts = []probe.Fact{probe.Number("loss", 0, probe.Percent), probe.Text("cert_fingerprint", certificate).As(probe.Identifier)}
	r.Steps = []probe.Step{{Name: "greeting", Status: probe.OK, Detail: "220 mx <b>ESMTP</b>"}, rcpt}
	return r
}

// placesSite is a site with a check that three places run, one of which sees it fail.
func placesSite(t *testing.T) *site {
	t.Helper()
	s := open(t, `
places: {eu: [fra, ams, lon, ber]}
checks:
  - {name: mx, kind: smtp, target: mx.example.org, from: [fra, ny-2, lon], down: 2 of 3, every: 5m, timeout: 1s}
  - {name: one, kind: smtp, target: mx.example.org, from: 1 of eu, every: 5m, timeout: 1s}
`, fine)
	listed := &probe.Cause{Name: "blocklisted", Blame: probe.BlameSender, Status: probe.Critical, Hint: "ask for removal"}
	grey := &probe.Cause{Name: "greylisted", Blame: probe.BlameNobody, Status: probe.Warning}
	for place, r := range map[string]*probe.Result{
		"fra":  seenFrom("192.0.2.25:25", listed, `the server answered "550 5.7.1 192.0.2.99 is listed by zen.example.net"`, "aa:bb:cc", 312*time.Millisecond),
		"ny-2": seenFrom("198.51.100.25:25", nil, "accepted", "aa:bb:cc", 121*time.Millisecond),
		"lon":  seenFrom("192.0.2.25:25", grey, `the server answered "451 4.7.1 try again later"`, "aa:bb:cc", 2043*time.Millisecond),
	} {
		s.wait("the scheduler runs", func() bool { return s.scheduler.Deliver(t.Context(), place, nil) == nil })
		if err := s.scheduler.Deliver(t.Context(), place, []suite.Delivered{{ID: "mx", Attempts: 1, Results: []*probe.Result{r}}}); err != nil {
			t.Fatal(err)
		}
	}
	s.wait("the verdict", func() bool {
		i := s.scheduler.Items()[0]
		return len(i.Results) > 0 && i.State.LastStatus == probe.Warning
	})
	s.wait("the page is current", func() bool { return strings.Contains(s.get("/check/mx"), "partly-down") })
	return s
}

// TestPlacesSideBySide: the page of a check shows what each place sees of it, and in what they
// differ; what a place sees has a page of its own, and no line in the overview.
func TestPlacesSideBySide(t *testing.T) {
	s := placesSite(t)
	page := s.get("/check/mx")
	for _, want := range []string{
		`<p class="meta">down: 2 of 3</p>`, `<a href="/check/mx%20from%20ny-2">ny-2</a>`, "312 ms", "198.51.100.25:25", "<b class=\"by\">greylisted</b>",
		`<p class="critical"><b>CRITICAL blocklisted</b> <span>fra</span></p>`, `<p class="warning"><b>WARNING greylisted</b> <span>lon</span></p>`,
		`<p class="ok"><b>OK</b> <span>ny-2</span></p>`, `<p class="ok"><b>192.0.2.25:25</b> <span>fra, lon</span></p>`, "down from fra (1 of 3 places)",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	for _, wrong := range []string{"<b>ESMTP", "cert_fingerprint</th>"} {
		if strings.Contains(page, wrong) {
			t.Errorf("the page has %s", wrong)
		}
	}
	share := s.get("/check/mx%20from%20fra")
	for _, want := range []string{`<a href="/check/mx">mx</a>`, "blocklisted", "192.0.2.25:25", "zen.example.net"} {
		if !strings.Contains(share, want) {
			t.Errorf("the page of the place has no %s", want)
		}
	}
	if strings.Contains(share, "action=\"/silence\"") {
		t.Error("what a place sees can be silenced, and nothing is ever announced of it")
	}
	overview := s.get("/")
	if strings.Contains(overview, "mx from fra") || !strings.Contains(overview, "agent fra") {
		t.Error("the overview has a line for what a place sees, or none for its agent")
	}
	if code, _ := s.ask("POST", "/run/agent%20fra", nil, nil); code != 409 {
		t.Errorf("an agent can be run: %d", code)
	}
}

// TestPlacesFit: the places fit the window at the width of 80 columns and of 120, what does
// not is scrolled within its frame, and the browser has nothing to complain about.
func TestPlacesFit(t *testing.T) {
	s := placesSite(t)
	b := browse(t)
	for _, width := range []int{400, 720, 1080} {
		b.size(width, 900, "light")
		b.visit(s.address + "/check/mx")
		b.until(`document.querySelectorAll(".places tbody tr").length`, "3")
		if got := b.eval(`document.documentElement.scrollWidth <= innerWidth`); got != "true" {
			t.Errorf("at %d the page is wider than the window: %s", width, b.eval(`document.documentElement.scrollWidth`))
		}
		if got := b.eval(`[...document.querySelectorAll(".differs .critical b, .differs .warning b")].map(e => e.textContent).join()`); got != "CRITICAL blocklisted,WARNING greylisted" {
			t.Errorf("marked are %s", got)
		}
	}
	if said := b.said(); len(said) > 0 {
		t.Error(said)
	}
	if foreign := b.foreign(s.address); len(foreign) > 0 {
		t.Error(fmt.Sprint(foreign))
	}
}
