package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

// summary is the end of the demo's output, with how each command ended.
var summary = regexp.MustCompile(`(?m)^# This was shown: (?s:.*)`)

// TestDemoInReadme: the README shows how the demo ends. Whether one may ping
// depends on the machine.
func TestDemoInReadme(t *testing.T) {
	const name = "../../README.md"
	excerpt := regexp.MustCompile("(<!-- demo -->\n```console\n\\$ mailprobe demo\n\\.\\.\\.\n)((?s:.*?))```")
	readme, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	shown := excerpt.FindSubmatch(readme)
	if shown == nil {
		t.Fatal("the README does not show the demo")
	}
	t.Setenv("TMPDIR", t.TempDir())
	var out bytes.Buffer
	begin := time.Now()
	if code := run([]string{"demo"}, strings.NewReader(""), &out, &out); code != 0 {
		t.Fatalf("exit code %d\n%s", code, out.String())
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	end := regexp.MustCompile(`1\. UNKNOWN `).ReplaceAll(summary.Find(out.Bytes()), []byte("1. OK      "))
	if bytes.Equal(shown[2], end) {
		return
	}
	if !*update {
		t.Fatalf("the demo ends with\n%s", end)
	}
	if err := os.WriteFile(name, excerpt.ReplaceAll(readme, append([]byte("${1}"), append(end, "```"...)...)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestDemoLeavesNothing: no file is left, also where nobody reads to the end.
func TestDemoLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	ctx, cancel := context.WithCancel(t.Context())
	for _, stdout := range []io.Writer{io.Discard, writerFunc(func([]byte) (int, error) { return 0, os.ErrClosed }), writerFunc(func(p []byte) (int, error) {
		cancel()
		return len(p), nil
	})} {
		(&app{stdin: strings.NewReader(""), stdout: stdout, stderr: io.Discard}).run(ctx, []string{"demo"})
		if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
			t.Errorf("left are %v, %v", left, err)
		}
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestDemoServe: the commands that are proposed can be typed as they are.
func TestDemoServe(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	text, served := make(chan string, 1), make(chan int)
	go func() {
		r, w := io.Pipe()
		go func() {
			var shown strings.Builder
			buffer := make([]byte, 4096)
			for !strings.Contains(shown.String(), "Ctrl-C") {
				n, _ := r.Read(buffer)
				shown.Write(buffer[:n])
			}
			text <- shown.String()
		}()
		served <- (&app{stdin: strings.NewReader(""), stdout: w, stderr: w}).run(ctx, []string{"demo", "--serve"})
	}()
	shown := strings.ReplaceAll(<-text, " \\\n", "")
	var ended []probe.Status
	for _, m := range regexp.MustCompile(`(?m)^mailprobe (.*)$`).FindAllStringSubmatch(shown, -1) {
		a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}
		a.run(t.Context(), strings.Fields(m[1]))
		ended = append(ended, a.status)
	}
	if want := []probe.Status{probe.OK, probe.OK, probe.OK, probe.Critical, probe.Critical, probe.Critical}; len(ended) < 1 || !slices.Equal(ended[1:], want) {
		t.Errorf("the commands ended with %v\n%s", ended, shown)
	}
	if files, _ := filepath.Glob(filepath.Join(folder, "demo-*", "ca.pem")); len(files) != 1 {
		t.Errorf("the certificate is in %v", files)
	}
	cancel()
	select {
	case code := <-served:
		if code != 0 {
			t.Errorf("exit code %d", code)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it does not end")
	}
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

func TestCommandLine(t *testing.T) {
	for want, args := range map[string][]string{
		"mailprobe smtp mx.example.org":                                      {"smtp", "mx.example.org"},
		`mailprobe smtp --body 'it'\''s $HOME' ''`:                           {"smtp", "--body", "it's $HOME", ""},
		"mailprobe smtp \\\n    " + strings.Repeat("x", 75):                  {"smtp", strings.Repeat("x", 75)},
		"mailprobe " + strings.Repeat("x", 60) + " \\\n    --ca-file ca.pem": {strings.Repeat("x", 60), "--ca-file", "ca.pem"},
	} {
		if got := commandLine(args); got != want {
			t.Errorf("%q is\n%s", args, got)
		}
	}
}
