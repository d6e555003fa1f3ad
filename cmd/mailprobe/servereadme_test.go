package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// serveBlock is what the README shows of `mailprobe serve`: what it says, and some metrics.
var serveBlock = regexp.MustCompile("(?s)<!-- serve -->\n```console\n\\$ mailprobe (serve [^\n]*)\n([^\n]*)\n\\$ curl -s http://127.0.0.1:9126(\\S+) \\| grep -E '([^']*)'\n(.*?)```")

// lines is what a program has written, read while it goes on.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestServeReadme: the server that the README shows, with its file of checks, says and
// serves what stands there.
func TestServeReadme(t *testing.T) {
	name, err := filepath.Abs("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	m, checks := serveBlock.FindSubmatchIndex(readme), checksBlock.FindSubmatch(readme)
	if m == nil || checks == nil {
		t.Fatal("there is no server, or no file of checks, in the README")
	}
	part := func(i int) string { return string(readme[m[2*i]:m[2*i+1]]) }
	said, served := serveChecks(t, string(checks[1]), string(checks[2]), strings.Fields(part(1)), part(3), regexp.MustCompile("(?m)"+part(4)+".*\n"))
	now := bytes.Join([][]byte{readme[:m[4]], []byte(said), readme[m[5]:m[10]], []byte(served), readme[m[11]:]}, nil)
	switch {
	case *update:
		if err := os.WriteFile(name, now, 0o644); err != nil {
			t.Fatal(err)
		}
	case !bytes.Equal(now, readme):
		t.Errorf("the server says %q, and serves\n%s", said, served)
	}
}

// serveChecks runs a server with a file of checks, all connections of which reach a mail
// server that plays a script, and returns its first line and the lines that it serves.
func serveChecks(t *testing.T, script, file string, args []string, path string, shown *regexp.Regexp) (said, served string) {
	authority, err := trusted()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile(args[len(args)-1], []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr lines
	a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr, dns: documentation{}, dial: scripted(t, authority, script)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- a.run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0", "--state", "state"}, args[1:]...))
	}()
	defer func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("exit status %d\n%s", code, &stderr)
		}
	}()
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(50 * time.Millisecond) {
		said, _, _ = strings.Cut(stderr.String(), "\n")
		_, url, _ := strings.Cut(said, " on ")
		response, err := http.Get(strings.TrimSuffix(url, "/") + path)
		if err != nil {
			continue
		}
		text, err := io.ReadAll(response.Body)
		if _ = response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if served = strings.Join(shown.FindAllString(string(text), -1), ""); served != "" {
			return regexp.MustCompile(`:\d+/$`).ReplaceAllString(said, ":9126/"), served
		}
	}
	t.Fatalf("nothing is served\n%s", &stderr)
	return "", ""
}
