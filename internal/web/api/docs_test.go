package api

import (
	"flag"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
)

var update = flag.Bool("update", false, "write the answers in docs/api.md anew")

// docs is the documentation with examples.
const docs = "../../../docs/api.md"

// docsAddress is where the server listens there.
const docsAddress = "http://127.0.0.1:9126/api/v1"

// console matches the blocks of commands and what they print.
var console = regexp.MustCompile("(?s)```console\n(.*?)```")

// changing matches what is another in every run: times, spans of time and identifiers.
var changing = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z|\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{16}|[\d.]+ [mu]?s\b|\d+\.\d+(e-\d+)?|"AA?[\w-]{8,}"`)

// shell runs a command line with the address of the server in place of that in the docs.
func (w *world) shell(line string) string {
	w.t.Helper()
	line = strings.ReplaceAll(line, docsAddress, w.url)
	out, err := exec.CommandContext(w.t.Context(), "/bin/sh", "-c", line).CombinedOutput()
	if err != nil {
		w.t.Errorf("%s: %v, %s", line, err, out)
	}
	return strings.NewReplacer(w.target, "smtp://mx1.example.org", strings.TrimPrefix(w.target, "smtp://"), "192.0.2.25:25").Replace(string(out))
}

// TestDocs: the commands in the documentation print what stands there, and its pushes
// are taken.
func TestDocs(t *testing.T) {
	reporttest.Tool(t, "curl")
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	now := console.ReplaceAllStringFunc(string(text), func(block string) string {
		var b strings.Builder
		b.WriteString("```console\n")
		for line := range strings.Lines(block) {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				b.WriteString(line + w.shell(strings.TrimSpace(command)))
			}
		}
		b.WriteString("```")
		return b.String()
	})
	if *update {
		if err := os.WriteFile(docs, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before, after := strings.Split(changing.ReplaceAllString(string(text), "*"), "\n"), strings.Split(changing.ReplaceAllString(now, "*"), "\n")
	for i := range min(len(before), len(after)) {
		if !*update && before[i] != after[i] {
			t.Fatalf("line %d is %q, and should be %q; -update writes it anew", i+1, before[i], after[i])
		}
	}
	if !*update && len(before) != len(after) {
		t.Errorf("%d lines, and should be %d; -update writes them anew", len(before), len(after))
	}
	w.pushesOf(t, string(text))
}

// pushLine matches a line that pushes by curl.
var pushLine = regexp.MustCompile(`curl -fsS -m[^\n]*?http://127.0.0.1:9126/api/v1/push/TOKEN[^\s"'|]*`)

// script matches the whole script of the docs.
var script = regexp.MustCompile("(?s)```sh\n(#!/bin/sh.*?)```")

// pushesOf sends the pushes of the documentation.
func (w *world) pushesOf(t *testing.T, text string) {
	lines := pushLine.FindAllString(text, -1)
	if len(lines) < 4 {
		t.Fatalf("%d pushes are found", len(lines))
	}
	whole := script.FindStringSubmatch(text)
	if whole == nil {
		t.Fatal("the script is not found")
	}
	for _, line := range append(lines, whole[1]) {
		line = strings.ReplaceAll(strings.ReplaceAll(line, "TOKEN", hookToken), "-o /dev/null", "")
		if got := w.shell(line); !strings.Contains(got, `"ok": true`) {
			t.Errorf("%s: %s", line, got)
		}
	}
	if c := w.Scheduler.Items(); len(c[len(c)-1].Results) == 0 {
		t.Error("no push is recorded")
	}
}
