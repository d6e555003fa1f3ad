package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mailprobe/probe"
)

// TestSilenceDocs: the file of checks in docs/silences.md is right, it names the flags and
// the metric, and the outputs are as the command prints them.
func TestSilenceDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/silences.md")
	if err != nil {
		t.Fatal(err)
	}
	docs := string(text)
	file := filepath.Join(t.TempDir(), "checks.yaml")
	if err := os.WriteFile(file, []byte(yamlBlocks(t, "../../docs/silences.md")[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SUDO_USER", "alice")
	state := t.TempDir()
	clock := regexp.MustCompile(`20\d\d-\d\d-\d\d \d\d:\d\d`)
	said := func(args ...string) string {
		t.Helper()
		var out strings.Builder
		code := run(append(args, "--state", state, file), strings.NewReader(""), &out, &out)
		if code != probe.OK.ExitCode() {
			t.Fatalf("%q: %d\n%s", args, code, out.String())
		}
		return clock.ReplaceAllString(out.String(), "2026-11-29 17:00")
	}
	if got := said("check", "--validate"); !strings.Contains(got, "2 checks, 0 errors") || strings.Contains(got, "maintenance") {
		t.Error(got)
	}
	silenced, ended := said("silence", "mx1", "2h", "--reason", "new disk"), said("silence", "--end", "mx1")
	if os.Geteuid() != 0 { // SUDO_USER counts only for root
		ended = regexp.MustCompile(`by \S+ has`).ReplaceAllString(ended, "by alice has")
	}
	for _, line := range []string{silenced, ended} {
		if !strings.Contains(docs, "    "+line) {
			t.Errorf("the guide lacks %q", line)
		}
	}
}
