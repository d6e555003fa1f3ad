package suite

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// called is a web server that records its requests, each as a line.
type called struct {
	mu    sync.Mutex
	lines []string
}

func (c *called) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	line := r.Method + " " + r.RequestURI
	for _, name := range []string{"Authorization", "Content-Type"} {
		if v := r.Header.Get(name); v != "" {
			line += " " + name + "=" + v
		}
	}
	if len(body) > 0 {
		line += " " + string(body)
	}
	c.lines = append(c.lines, line)
}

// TestHeartbeatServices: what each service is sent, of a run that is OK and of one that
// is not.
func TestHeartbeatServices(t *testing.T) {
	const ok, bad = "1 check: 1 OK", `1 check: 1 CRITICAL; CRITICAL a: look: the server answered "452 full"`
	const badURL = "1%20check%3A%201%20CRITICAL%3B%20CRITICAL%20a%3A%20look%3A%20the%20server%20answered%20%22452%20full%22"
	for _, c := range []struct{ name, yaml, good, failed string }{
		{
			"healthchecks.io", "{url: 'WEB/ping/1/{exit}', start: WEB/ping/1/start, method: POST, body: '{summary}'}",
			"POST /ping/1/start Content-Type=text/plain; charset=utf-8|POST /ping/1/0 Content-Type=text/plain; charset=utf-8 " + ok,
			"POST /ping/1/start Content-Type=text/plain; charset=utf-8|POST /ping/1/2 Content-Type=text/plain; charset=utf-8 " + bad,
		},
		{"healthchecks.io with words", "WEB/ping/1/{0|fail}", "GET /ping/1/0", "GET /ping/1/fail"},
		{
			"Uptime Kuma", "WEB/api/push/k3y?status={up|down}&msg={summary}",
			"GET /api/push/k3y?status=up&msg=1%20check%3A%201%20OK", "GET /api/push/k3y?status=down&msg=" + badURL,
		},
		{
			"Gatus", "{method: POST, url: 'WEB/api/v1/endpoints/mail_run/external?success={true|false}&error={summary}', headers: {Authorization: 'Bearer t0ken'}}",
			"POST /api/v1/endpoints/mail_run/external?success=true&error=1%20check%3A%201%20OK Authorization=Bearer t0ken Content-Type=text/plain; charset=utf-8",
			"POST /api/v1/endpoints/mail_run/external?success=false&error=" + badURL + " Authorization=Bearer t0ken Content-Type=text/plain; charset=utf-8",
		},
		{
			"Cronitor", "{url: 'WEB/p/key/mail?state={complete|fail}&status_code={exit}', start: 'WEB/p/key/mail?state=run'}",
			"GET /p/key/mail?state=run|GET /p/key/mail?state=complete&status_code=0", "GET /p/key/mail?state=run|GET /p/key/mail?state=fail&status_code=2",
		},
		{
			"JSON", `{url: WEB/beat, body: '{"status": "{status}", "text": "{summary}", "good": {true|false}}'}`,
			`POST /beat Content-Type=application/json; charset=utf-8 {"status": "OK", "text": "1 check: 1 OK", "good": true}`,
			`POST /beat Content-Type=application/json; charset=utf-8 {"status": "CRITICAL", "text": "` + strings.ReplaceAll(bad, `"`, `\"`) + `", "good": false}`,
		},
	} {
		for status, want := range map[probe.Status]string{probe.OK: c.good, probe.Critical: c.failed} {
			seen := &called{}
			web := httptest.NewServer(seen)
			s := reporting(func(string) probe.Status { return status }).parse(t,
				"checks: [{name: a, kind: fake, target: x}]\nheartbeat: "+strings.ReplaceAll(c.yaml, "WEB", web.URL))
			if r := run(t, s, Options{}); len(r.Problems) > 0 {
				t.Errorf("%s: %v", c.name, r.Problems)
			}
			web.Close()
			if got := strings.Join(seen.lines, "|"); got != want {
				t.Errorf("%s, %s:\n got %s\nwant %s", c.name, status, got, want)
			}
		}
	}
}

// TestHeartbeatProblems: what is wrong with a heartbeat stands where it is.
func TestHeartbeatProblems(t *testing.T) {
	for text, want := range map[string]string{
		"https://x/{stauts}":                           `there is no placeholder {stauts}; did you mean "status"?`,
		"'https://x/{Status}'":                         `there is no placeholder {Status}; did you mean "status"?`,
		"'https://x/{ exit }'":                         `there is no placeholder { exit }; did you mean "exit"?`,
		"{url: https://x/, start: 'https://x/{exit}'}": "start takes no placeholder: a run that begins has no result",
		"{start: https://x/}":                          "the heartbeat has no address: add url:",
		"{url: https://x/, body: '{reprot}'}":          `there is no placeholder {reprot}; did you mean "report"?`,
		"{url: 'ftp://x/{exit}'}":                      "this is not a URL such as https://example.org/path",
		"{url: https://x/, method: 'PO ST'}":           `"PO ST" is not a method such as POST`,
		"{url: https://x/, metod: GET}":                `heartbeat has no key "metod"; did you mean "method"?`,
		"{url: https://x/, body: [a]}":                 "body is a single value, no list and no mapping",
		"{url: https://x/, headers: {'a b': c}}":       `"a b" is not the name of a header field such as X-Team`,
	} {
		_, problems := Parse("x.yaml", []byte("checks: [{name: a, kind: fake, target: x}]\nheartbeat: "+text), reporting(nil).kinds())
		if errs := problems.Errors(); len(errs) != 1 || errs[0].Text != want {
			t.Errorf("%s: %s, want %s", text, cmp.Or(fmt.Sprint(errs), "nothing"), want)
		}
	}
}

// TestHeartbeatHostile: what a server says stays inside of its place.
func TestHeartbeatHostile(t *testing.T) {
	const said = "x&status=up#\r\nHost: evil {exit} \"},\"a\":\"é"
	seen := &called{}
	web := httptest.NewServer(seen)
	defer web.Close()
	h := &notify.Heartbeat{URL: web.URL + "/b?msg={summary}&end=1", Body: `{"a": "{summary}"}`}
	if err := h.End(t.Context(), notify.Network{}, notify.Beat{Summary: said}); err != nil {
		t.Fatal(err)
	}
	want := `POST /b?msg=x%26status%3Dup%23%20Host%3A%20evil%20%7Bexit%7D%20%22%7D%2C%22a%22%3A%22%C3%A9&end=1` +
		` Content-Type=application/json; charset=utf-8 {"a": "x&status=up# Host: evil {exit} \"},\"a\":\"é"}`
	if got := strings.Join(seen.lines, "|"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
