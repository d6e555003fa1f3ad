package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mailprobe/probe"
)

// TestPlacesDocs: the file of checks in docs/places.md is right, its causes are known, and its
// statuses are those that they have.
func TestPlacesDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/places.md")
	if err != nil {
		t.Fatal(err)
	}
	docs := string(text)
	file := filepath.Join(t.TempDir(), "checks.yaml")
	if err := os.WriteFile(file, []byte(yamlBlocks(t, "../../docs/places.md")[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if code := run([]string{"check", "--validate", file}, strings.NewReader(""), &out, &out); code != probe.OK.ExitCode() || !strings.Contains(out.String(), "5 checks, 0 errors, 0 warnings") {
		t.Errorf("%d %s", code, out.String())
	}
	known := map[string]probe.Status{}
	for _, c := range knownCauses(kinds()) {
		known[c.Name] = c.Status
	}
	rows := regexp.MustCompile("(?m)^\\| .* \\| ([A-Z]+) \\| `([a-z-]+)` \\|$").FindAllStringSubmatch(docs, -1)
	if len(rows) != 3 {
		t.Errorf("%d rows with causes", len(rows))
	}
	for _, row := range rows {
		if status, ok := known[row[2]]; !ok || status.String() != row[1] {
			t.Errorf("%s is %s", row[2], status)
		}
	}
	for _, name := range []string{"agent-silent", "agent-clock", "place-unable", "not-allowed"} {
		if _, ok := known[name]; !ok || !strings.Contains(docs, "`"+name+"`") {
			t.Errorf("%s is not known, or not in the page", name)
		}
	}
}
