package web

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestGuard: who may change something, and by which names the server is asked.
func TestGuard(t *testing.T) {
	public, _ := url.Parse("https://status.example.org/mail/")
	local, _ := url.Parse("http://localhost:9126/")
	const here, there = "127.0.0.1:5", "192.0.2.1:5"
	for name, tt := range map[string]struct {
		method, path, remote, host string
		external                   *url.URL
		fields                     []string
		tls                        *tls.ConnectionState
		code                       int // 0 passes
	}{
		"read from here":                     {"GET", "/", here, "127.0.0.1:9126", nil, nil, nil, 0},
		"read from here, IPv6":               {"GET", "/", "[::1]:5", "[::1]:9126", nil, nil, nil, 0},
		"read from there":                    {"GET", "/", there, "mail.example.org", nil, nil, nil, 0},
		"rebinding":                          {"GET", "/", here, "evil.example:9126", nil, nil, nil, 421},
		"rebinding to IPv4 in IPv6":          {"GET", "/", "[::ffff:127.0.0.1]:5", "evil.example", nil, nil, nil, 421},
		"no host":                            {"GET", "/", here, "", nil, nil, nil, 421},
		"a name that is nearly local":        {"GET", "/", here, "localhost.evil.example", nil, nil, nil, 421},
		"localhost":                          {"GET", "/", here, "LOCALHOST.:9126", nil, nil, nil, 0},
		"below localhost":                    {"GET", "/", here, "mail.localhost", nil, nil, nil, 0},
		"the external name":                  {"GET", "/", here, "Status.example.org", public, nil, nil, 0},
		"another name beside":                {"GET", "/", here, "evil.example", public, nil, nil, 421},
		"change from here":                   {"POST", "/run/a", here, "localhost:9126", nil, nil, nil, 0},
		"change from there":                  {"POST", "/run/a", there, "mail.example.org", nil, nil, nil, 403},
		"change by DELETE":                   {"DELETE", "/api/v1/silences/1", there, "mail.example.org", nil, nil, nil, 403},
		"a local external URL":               {"POST", "/run/a", here, "localhost:9126", local, nil, nil, 0},
		"change through a proxy":             {"POST", "/run/a", here, "localhost", nil, []string{"X-Forwarded-For: 192.0.2.7"}, nil, 403},
		"change through a proxy, RFC 7239":   {"POST", "/run/a", here, "localhost", nil, []string{"Forwarded: for=192.0.2.7"}, nil, 403},
		"change through a silent proxy":      {"POST", "/run/a", here, "127.0.0.1:9126", public, nil, nil, 403},
		"change with a made-up log-in":       {"POST", "/run/a", there, "mail.example.org", nil, []string{"Authorization: Basic YTpi"}, nil, 403},
		"change with a client certificate":   {"POST", "/run/a", there, "mail.example.org", nil, nil, &tls.ConnectionState{VerifiedChains: make([][]*x509.Certificate, 1)}, 0},
		"change over TLS":                    {"POST", "/run/a", there, "mail.example.org", nil, nil, &tls.ConnectionState{}, 403},
		"from another site":                  {"POST", "/run/a", here, "localhost:9126", nil, []string{"Sec-Fetch-Site: cross-site"}, nil, 403},
		"from another site, by Origin":       {"POST", "/run/a", here, "localhost:9126", nil, []string{"Origin: https://evil.example"}, nil, 403},
		"from an opaque origin":              {"POST", "/run/a", here, "localhost:9126", nil, []string{"Origin: null"}, nil, 403},
		"from its own page":                  {"POST", "/run/a", here, "localhost:9126", nil, []string{"Sec-Fetch-Site: same-origin", "Origin: http://localhost:9126"}, nil, 0},
		"delivery from there":                {"POST", "/api/v1/push/x", there, "mail.example.org", nil, nil, nil, 0},
		"delivery by a page of another site": {"POST", "/api/v1/push/x", there, "mail.example.org", nil, []string{"Sec-Fetch-Site: cross-site"}, nil, 403},
		"change over a socket of a file":     {"POST", "/run/a", "@", "localhost", nil, nil, nil, 403},
	} {
		g, err := newGuard(Address{External: tt.external}, "")
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(tt.method, tt.path, http.NoBody)
		r.RemoteAddr, r.Host, r.TLS = tt.remote, tt.host, tt.tls
		for _, f := range tt.fields {
			name, value, _ := strings.Cut(f, ": ")
			r.Header.Set(name, value)
		}
		if code, err := g.refusal(r); err == nil && tt.code != 0 || err != nil && code != tt.code {
			t.Errorf("%s: %d, %v; want %d", name, code, err, tt.code)
		}
	}
}

// TestMayChange: a part can ask, and a request that did not pass the guard may not.
func TestMayChange(t *testing.T) {
	var changes int
	s := serve(t, Config{Address: Address{Base: "/"}, Parts: []Part{hello(&changes)}})
	ask(t, plain, "GET", s.url+"/may").want(t, "here", 200, "true")
	ask(t, plain, "GET", s.url+"/may", "Via: 1.1 proxy").want(t, "by proxy", 200, "false")
	if MayChange(httptest.NewRequest("GET", "/", http.NoBody)) {
		t.Error("a request from nowhere may change something")
	}
	ask(t, plain, "POST", s.url+"/api/v1/run/a", "Via: 1.1 proxy").want(t, "the API", 403, `"status":403,"detail":"changes through a reverse proxy need a log-in`)
	if changes != 0 {
		t.Error("something was changed")
	}
}

// TestCompress: text is compressed for those who accept it, and comes out as it went in.
func TestCompress(t *testing.T) {
	long := strings.Repeat("mail server ", 1000)
	text := func(media, body string, fields ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(fields); i += 2 {
				w.Header().Set(fields[i], fields[i+1])
			}
			w.Header().Set("Content-Type", media)
			_, _ = io.WriteString(w, body[:len(body)/2])
			_, _ = io.WriteString(w, body[len(body)/2:])
		}
	}
	h := http.NewServeMux()
	for pattern, f := range (routes{
		"/html": text("text/html; charset=utf-8", long), "/tag": text("text/css", long, "Etag", `"a"`, "Content-Length", "12000"),
		"/short": text("text/html", "short", "Content-Length", "5"), "/image": text("image/png", long),
		"/already": text("text/plain", long, "Content-Encoding", "br"), "/empty": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"/unchanged": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusNotModified)
		},
	}) {
		h.HandleFunc(pattern, f)
	}
	for _, tt := range []struct {
		method, path, accept string
		gzip                 bool
	}{
		{"GET", "/html", "gzip, br", true}, {"GET", "/html", "br;q=1, GZIP;q=0.1", true}, {"GET", "/tag", "gzip", true},
		{"GET", "/html", "", false}, {"GET", "/html", "gzip;q=0", false}, {"GET", "/html", "gzip;q=x", false}, {"HEAD", "/html", "gzip", false},
		{"GET", "/short", "gzip", false}, {"GET", "/image", "gzip", false}, {"GET", "/already", "gzip", false}, {"GET", "/empty", "gzip", false}, {"GET", "/unchanged", "gzip", false},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(tt.method, tt.path, http.NoBody)
		if tt.accept != "" {
			r.Header.Set("Accept-Encoding", tt.accept)
		}
		compress(h).ServeHTTP(w, r)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != tt.gzip {
			t.Errorf("%+v: compressed %v", tt, got)
			continue
		}
		if !tt.gzip {
			continue
		}
		from, err := gzip.NewReader(bytes.NewReader(w.Body.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(from); err != nil || string(got) != long || w.Header().Get("Content-Length") != "" || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%+v: %d bytes, %v, %v", tt, len(got), err, w.Header())
		}
		if tag := w.Header().Get("Etag"); tt.path == "/tag" && tag != `W/"a"` {
			t.Errorf("the tag is %s", tag)
		}
	}
}
