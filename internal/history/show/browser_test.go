package show

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/internal/report/reporttest"
)

// visit is what happened when the browser opened a page.
type visit struct {
	dom     string
	console []string // what it complained of, or the page said
	paths   []string // what it asked this server for
	foreign []string // addresses of others that it asked for
}

// browse opens a page in a headless Chromium, at a fragment of it if one is given.
func browse(t *testing.T, page func(leak string) string, fragment ...string) visit {
	t.Helper()
	exe := reporttest.Tool(t, "chromium")
	var v visit
	var mu sync.Mutex
	var text string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		v.paths = append(v.paths, r.URL.Path)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(text))
	}))
	defer server.Close()
	mu.Lock()
	text = page(server.URL)
	mu.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	netLog := t.TempDir() + "/net.json"
	cmd := exec.CommandContext(ctx, exe, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--enable-logging=stderr", "--log-net-log="+netLog, "--dump-dom", server.URL+"/report.html"+strings.Join(fragment, ""))
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, log.String())
	}
	server.Close() // and with it the last request has ended
	mu.Lock()
	defer mu.Unlock()
	v.dom = out.String()
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "CONSOLE") {
			v.console = append(v.console, strings.TrimSpace(line))
		}
	}
	v.foreign = foreign(t, netLog, server.URL)
	return v
}

// foreign returns the addresses of other servers in Chromium's network log that a page of
// the server requested. Requests of the browser itself have another initiator.
func foreign(t *testing.T, netLog, server string) []string {
	t.Helper()
	text, err := os.ReadFile(netLog)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for event := range strings.Lines(string(text)) {
		_, rest, ok := strings.Cut(event, `"url":"`)
		url, _, _ := strings.Cut(rest, `"`)
		if ok && strings.Contains(event, `"initiator":"`+server) && !strings.HasPrefix(url, server) {
			all = append(all, url)
		}
	}
	return all
}

// TestBrowser opens the page with replies of hostile servers.
func TestBrowser(t *testing.T) {
	v := browse(t, func(leak string) string {
		d := data(t, strings.ReplaceAll(hostile, "LEAK", leak), "", 5*24*time.Hour)
		d.Checks[0].Name = strings.ReplaceAll(hostile, "LEAK", leak)
		var out bytes.Buffer
		if err := d.HTML(&out, "v1"); err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(out.String(), "<details", "<details open")
	})
	if len(v.console) > 0 {
		t.Errorf("the console has: %q", v.console)
	}
	if len(v.paths) != 1 || len(v.foreign) > 0 {
		t.Errorf("asked for: %q, of others: %q", v.paths, v.foreign)
	}
	if n := strings.Count(v.dom, `class="chart"`); n < 3*8 {
		t.Errorf("there are %d charts", n)
	}
	if n := strings.Count(v.dom, `class="bars"`); n != 3 {
		t.Errorf("there are %d rows of bars", n)
	}
	if !strings.Contains(v.dom, "<title>1 of 3 checks is not OK · Mail servers</title>") || strings.Count(v.dom, "<script") != 1 || strings.Contains(v.dom, "<img") {
		t.Error("what a server said is obeyed")
	}
}

// TestBrowserCounts: the ages on the page are updated, and the link to an incident opens
// it.
func TestBrowserCounts(t *testing.T) {
	made := time.Now().Add(-3 * time.Hour)
	v := browse(t, func(string) string {
		var out bytes.Buffer
		if err := data(t, "ESMTP", "", 5*24*time.Hour).HTML(&out, "v1"); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`data-age=" ago">just now</time>`, `<ol class="more" id="incident-`} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("without a script there is no %q", want)
			}
		}
		return strings.ReplaceAll(out.String(), `datetime="2026-09-08T12:00:00Z"`, made.UTC().Format(`datetime="2006-01-02T15:04:05Z"`))
	}, "#incident-20260906T120000.002Z-b7c804f6c704345f")
	if len(v.console) > 0 {
		t.Errorf("the console has: %q", v.console)
	}
	if n := strings.Count(v.dom, ">3 h 0 min ago</time>"); n < 2 || !strings.Contains(v.dom, "> (3 h 0 min ago)</time>") {
		t.Errorf("%d ages count, and that of the page: %.2000s", n, v.dom)
	}
	if n := strings.Count(v.dom, `<details class="card incident critical" open="">`); n != 1 {
		t.Errorf("%d incidents are open", n)
	}
}

// TestBrowserNotices: TestBrowser would notice a page that obeys a server.
func TestBrowserNotices(t *testing.T) {
	v := browse(t, func(leak string) string {
		return `<!doctype html><title>x</title><img src="` + leak + `/leak"><img src="http://far.example.org/far"><script>document.title='owned';console.error('bad')</script>`
	})
	if len(v.console) == 0 || len(v.paths) < 2 || len(v.foreign) == 0 || !strings.Contains(v.dom, "<title>owned") {
		t.Errorf("%+v", v)
	}
}
