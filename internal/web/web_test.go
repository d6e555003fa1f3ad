package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/internal/history"
)

// routes is a part made of functions by their patterns.
type routes map[string]http.HandlerFunc

func (r routes) Register(mux *http.ServeMux) {
	for pattern, h := range r {
		mux.HandleFunc(pattern, h)
	}
}

// serving is a server that runs in a test.
type serving struct {
	*Server
	url  string // with the prefix, without a slash at its end
	stop func() error

	store *history.Store // of a server with checks

	mu   sync.Mutex
	said []string
}

// log is what the server has said so far.
func (s *serving) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.said, "\n")
}

// serve starts a server on a free port. It is stopped at the end of the test.
func serve(t *testing.T, c Config, change ...func(*Server)) *serving {
	t.Helper()
	one := &serving{}
	c.Log = func(err error) {
		one.mu.Lock()
		defer one.mu.Unlock()
		one.said = append(one.said, err.Error())
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	if c.Listen == nil {
		c.Listen = []string{"127.0.0.1:0"}
	}
	var err error
	if one.Server, err = New(c); err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(one.Server)
	}
	if err := one.Listen(); err != nil {
		t.Fatal(err)
	}
	one.url = strings.TrimSuffix(one.urlOf(one.listeners[0].Addr()), "/")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- one.Serve(ctx) }()
	one.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = one.stop() })
	return one
}

// answered is an answer that was read.
type answered struct {
	*http.Response
	text string
}

// ask makes a request and reads the answer. Header fields are NAME: VALUE.
func ask(t *testing.T, client *http.Client, method, url string, fields ...string) answered {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{response, string(text)}
}

func (a answered) want(t *testing.T, what string, code int, text string) {
	t.Helper()
	if a.StatusCode != code || !strings.Contains(a.text, text) {
		t.Errorf("%s: %d %q, want %d %q", what, a.StatusCode, a.text, code, text)
	}
}

var plain = &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// hello is a part that greets, and counts what it is asked to change.
func hello(changes *int) routes {
	return routes{
		"GET /{$}":                  func(w http.ResponseWriter, _ *http.Request) { answerText(w, "hello") },
		"POST /run/{id...}":         func(w http.ResponseWriter, _ *http.Request) { *changes++; answerText(w, "done") },
		"POST /api/v1/push/{token}": func(w http.ResponseWriter, _ *http.Request) { *changes++; answerText(w, "taken") },
		"GET /may":                  func(w http.ResponseWriter, r *http.Request) { answerText(w, fmt.Sprint(MayChange(r))) },
		"GET /panic":                func(http.ResponseWriter, *http.Request) { panic("it\nbroke") },
		"POST /body": func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			}
		},
		"GET /events": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			control := http.NewResponseController(w)
			_ = control.SetWriteDeadline(time.Time{})
			_, _ = io.WriteString(w, "data: 1\n\n")
			if err := control.Flush(); err != nil {
				panic(err)
			}
			<-r.Context().Done()
		},
	}
}

// TestRoutes: the frame has its own routes, and those of parts are below the prefix.
func TestRoutes(t *testing.T) {
	var changes int
	for prefix, base := range map[string]string{"": "", "/mail": "/mail", "mail/server/": "/mail/server"} {
		a, err := ParseAddress("", prefix)
		if err != nil {
			t.Fatal(err)
		}
		s := serve(t, Config{Address: a, Parts: []Part{hello(&changes)}})
		if !strings.HasSuffix(s.url, base) {
			t.Errorf("prefix %q: the URL is %s", prefix, s.url)
		}
		root := strings.TrimSuffix(s.url, base)
		ask(t, plain, "GET", s.url+"/").want(t, "the page", 200, "hello\n")
		ask(t, plain, "GET", s.url+"/-/healthy").want(t, "healthy", 200, "healthy\n")
		ask(t, plain, "GET", s.url+"/-/ready").want(t, "ready", 200, "ready\n")
		ask(t, plain, "GET", s.url+"/-/reload").want(t, "a reload by GET", 405, "")
		ask(t, plain, "POST", s.url+"/-/reload").want(t, "a reload without file", 404, "without one\n")
		ask(t, plain, "GET", s.url+"/nothing").want(t, "nothing", 404, "404 page not found\n")
		if base != "" {
			ask(t, plain, "GET", root+"/-/healthy").want(t, "outside of the prefix", 404, "")
			if r := ask(t, plain, "GET", root+base); r.Header.Get("Location") != base+"/" {
				t.Errorf("%s leads to %q", base, r.Header.Get("Location"))
			}
			if r := ask(t, plain, "GET", root+"/"); r.StatusCode != http.StatusTemporaryRedirect || r.Header.Get("Location") != base+"/" {
				t.Errorf("the root: %d, leads to %q", r.StatusCode, r.Header.Get("Location"))
			}
			ask(t, plain, "GET", root+"/other").want(t, "another page outside of the prefix", 404, "")
		}
	}
}

// TestAddress: what links begin with, and what requests do.
func TestAddress(t *testing.T) {
	for _, tt := range []struct{ external, prefix, base, removed string }{
		{"", "", "/", ""},
		{"", "/", "/", ""},
		{"", "/mail", "/mail/", "/mail"},
		{"https://example.org", "", "/", ""},
		{"https://example.org/mail", "", "/mail/", "/mail"},
		{"https://example.org//mail/../x/", "", "/x/", "/x"},
		{"https://example.org/mail/", "/", "/mail/", ""}, // a proxy removes it
		{"http://[::1]:80/a/b", "b", "/a/b/", "/b"},
	} {
		a, err := ParseAddress(tt.external, tt.prefix)
		if err != nil || a.Base != tt.base || a.Prefix != tt.removed {
			t.Errorf("%q, %q: %+v, %v", tt.external, tt.prefix, a, err)
		}
	}
	for _, wrong := range [][2]string{{"example.org", ""}, {"ftp://example.org", ""}, {"https://a@example.org", ""}, {"https://x/?a", ""}, {"http:///x", ""}, {"%", ""}, {"", "/{id}"}, {"", "/a b"}} {
		if _, err := ParseAddress(wrong[0], wrong[1]); err == nil || !strings.HasPrefix(err.Error(), "--web.") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// TestHeaders: every answer has them, also an error.
func TestHeaders(t *testing.T) {
	var changes int
	s := serve(t, Config{Address: Address{Base: "/"}, Parts: []Part{hello(&changes)}})
	for _, path := range []string{"/", "/nothing", "/metrics", "/panic"} {
		h := ask(t, plain, "GET", s.url+path).Header
		for name, want := range map[string]string{
			"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		} {
			if !strings.Contains(h.Get(name), want) || strings.Contains(h.Get(name), "unsafe") {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
	}
}

// TestPanic: a part that breaks takes no other request with it, and is in the log in a line.
func TestPanic(t *testing.T) {
	var changes int
	s := serve(t, Config{Address: Address{Base: "/"}, Parts: []Part{hello(&changes)}})
	ask(t, plain, "GET", s.url+"/panic").want(t, "a panic", 500, "the server itself broke; its log says where\n")
	ask(t, plain, "GET", s.url+"/").want(t, "afterwards", 200, "hello")
	if log := s.log(); !strings.Contains(log, "GET /panic: the server itself broke: it\nbroke (web_test.go:") || !strings.Contains(log, "GET /panic from 127.0.0.1:") {
		t.Errorf("the log is %q", log)
	}
}

// TestLog: changes are logged, with who made them; what is only read, refused or delivered
// is not, and a token never is.
func TestLog(t *testing.T) {
	var changes int
	s := serve(t, Config{Address: Address{Base: "/"}, Parts: []Part{hello(&changes)}})
	ask(t, plain, "GET", s.url+"/?password=x").want(t, "read", 200, "")
	ask(t, plain, "POST", s.url+"/api/v1/push/SECRET").want(t, "delivered", 200, "taken")
	ask(t, plain, "POST", s.url+"/run/a", "Sec-Fetch-Site: cross-site").want(t, "refused", 403, "")
	ask(t, plain, "POST", s.url+"/run/mx1%0aevil").want(t, "changed", 200, "done")
	log := s.log()
	if n := strings.Count(log, "\n"); n != 1 || !strings.Contains(log, `POST /run/mx1 evil from 127.0.0.1:`) || strings.Contains(log, "SECRET") {
		t.Errorf("the log is %q", log)
	}
}

// TestNoise: clients cannot fill the log, and what they would have said is counted.
func TestNoise(t *testing.T) {
	var lines []string
	n := newNoise(func(err error) { lines = append(lines, err.Error()) })
	for range 1000 {
		n.add(errors.New("bad client"))
	}
	if len(lines) != noiseBurst {
		t.Errorf("%d lines", len(lines))
	}
	n.limiter.SetBurst(noiseBurst + 1)
	n.limiter.SetLimit(1e9)
	if _, err := n.Write([]byte("http: TLS handshake error\n")); err != nil || lines[len(lines)-1] != fmt.Sprintf("TLS handshake error (%d lines of clients were left out)", 1000-noiseBurst) {
		t.Errorf("%v, %q", err, lines[len(lines)-1])
	}
}

// TestBody: a body that is too long is not read.
func TestBody(t *testing.T) {
	var changes int
	s := serve(t, Config{Address: Address{Base: "/"}, Parts: []Part{hello(&changes)}})
	for size, code := range map[int]int{maxBody: 200, maxBody + 1: 413} {
		response, err := plain.Post(s.url+"/body", "text/plain", strings.NewReader(strings.Repeat("x", size)))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != code {
			t.Errorf("%d bytes: %d", size, response.StatusCode)
		}
	}
}

// TestStreamsEnd: a stream of events goes on after all deadlines of answers, and ends at
// once when the server stops.
func TestStreamsEnd(t *testing.T) {
	var changes int
	s := serve(t, Config{Address: Address{Base: "/"}, Parts: []Part{hello(&changes)}})
	r, _ := http.NewRequestWithContext(t.Context(), "GET", s.url+"/events", http.NoBody)
	r.Header.Set("Accept", "text/event-stream")
	response, err := plain.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	first := make([]byte, 9)
	if _, err := io.ReadFull(response.Body, first); err != nil || string(first) != "data: 1\n\n" || response.Header.Get("Content-Encoding") != "" {
		t.Fatalf("%q, %v", first, err)
	}
	begun := time.Now()
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadAll(response.Body); err != nil {
		t.Errorf("the stream ended with %v", err)
	}
	if took := time.Since(begun); took >= stopWithin {
		t.Errorf("it took %s", took)
	}
}

// TestListenErrors: each is one line that says what to try.
func TestListenErrors(t *testing.T) {
	taken := serve(t, Config{Address: Address{Base: "/"}})
	for address, want := range map[string]string{
		taken.listeners[0].Addr().String(): "another program listens there",
		"9126":                             "is not HOST:PORT",
		"127.0.0.1:http-nonsense":          "is not HOST:PORT",
		"192.0.2.1:9126":                   "this machine has no such address",
	} {
		s, err := New(Config{Listen: []string{"127.0.0.1:0", address}, Metrics: NewMetrics(nil), Address: Address{Base: "/"}, Log: func(error) {}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Listen(); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "--listen ") {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
}

// pages is a part with a page for what is not there.
type pages struct{ routes }

func (pages) NotFound(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "a page that tells", http.StatusNotFound)
}

// TestNotFound: a path that nothing answers leads to the page of a part, but not one of the
// API, and not one that takes another method.
func TestNotFound(t *testing.T) {
	var changes int
	s := serve(t, Config{Parts: []Part{pages{hello(&changes)}}})
	for _, tt := range []struct {
		method, path string
		code         int
		text         string
	}{
		{"GET", "/nothing", 404, "a page that tells"},
		{"GET", "/metrics/nothing", 404, "a page that tells"},
		{"GET", "/api/nothing", 404, "404 page not found"},
		{"GET", "/-/reload", 405, ""},
		{"POST", "/-/healthy", 405, ""},
		{"GET", "/-/healthy", 200, "healthy"},
		{"GET", "/", 200, "hello"},
	} {
		ask(t, plain, tt.method, s.url+tt.path).want(t, tt.method+" "+tt.path, tt.code, tt.text)
	}
}
