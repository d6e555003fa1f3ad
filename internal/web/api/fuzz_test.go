package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// fuzzed is a request with parameters.
func fuzzed(query string) *http.Request {
	return &http.Request{Method: http.MethodGet, URL: &url.URL{Path: root, RawQuery: query}}
}

// isLine complains of an error that is not one line of moderate length, or that would not
// be the fault of the request.
func isLine(t *testing.T, err error) {
	t.Helper()
	p := asProblem(err)
	if p.status < 400 || p.status > 499 || strings.ContainsAny(p.detail, "\r\n\x1b") || len(p.detail) > 500 {
		t.Errorf("%d %q", p.status, p.detail)
	}
}

func FuzzParameters(f *testing.F) {
	f.Add("since=24h&until=2026-11-28T03:10:00Z&limit=10&open=true&wait=30s&of=days")
	f.Add("sinse=1&limit=-1&limit=2")
	f.Add("since=2026-11-28T03:10:00+01:00&open=%00&limit=99999999999999999999")
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := parameters(fuzzed(text), "since", "until", "limit", "open", "wait")
		if err != nil {
			isLine(t, err)
			return
		}
		since, until, err := q.period(now, usualPeriod)
		if err != nil {
			isLine(t, err)
		} else if until.Before(since) {
			t.Errorf("%s to %s", since, until)
		}
		n, err := q.number("limit", 100, 1000)
		if err != nil {
			isLine(t, err)
		} else if n < 1 || n > 1000 {
			t.Errorf("the limit is %d", n)
		}
		if _, _, err := q.truth("open"); err != nil {
			isLine(t, err)
		}
		d, err := q.span("wait", 0, maxWait)
		if err != nil {
			isLine(t, err)
		} else if d < 0 || d > maxWait {
			t.Errorf("the wait is %s", d)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add(cursor{time.UnixMilli(1764331200123).UTC(), 7}.String())
	f.Add("AAAA_-")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCursor(text, time.UnixMilli(1764331200123))
		if err != nil {
			isLine(t, err)
			return
		}
		if again, err := parseCursor(c.String(), time.Time{}); err != nil || !again.before.Equal(c.before) || again.skip != c.skip || c.skip < 0 || c.skip > maxResults {
			t.Errorf("%q: %+v, then %+v, %v", text, c, again, err)
		}
	})
}

func FuzzBody(f *testing.F) {
	f.Add("application/json", `{"word": "mx", "for": "2h", "by": "alice", "reason": "x"}`)
	f.Add("application/json; charset=utf-8", `{"words": 1}`)
	f.Add("application/json", `{"by": "a", "by": {"by": [1, "by"]}}`)
	f.Add("text/plain", `[]`)
	f.Fuzz(func(t *testing.T, kind, body string) {
		r := httptest.NewRequest(http.MethodPost, root, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		var in struct {
			Word string `json:"word"`
			signature
		}
		if err := readBody(r, &in, "word", "by", "reason"); err != nil {
			isLine(t, err)
		}
	})
}
