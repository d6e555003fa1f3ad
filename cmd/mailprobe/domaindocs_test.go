package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mailprobe/domain"
	"mailprobe/probe"
)

// TestDomainDocs: docs/domain.md has every step and every number, names no option that
// there is not, and its file of checks is right.
func TestDomainDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/domain.md")
	if err != nil {
		t.Fatal(err)
	}
	docs, kind := string(text), domain.Kind()
	for _, step := range kind.Steps {
		if !strings.Contains(docs, "| `"+step+"`") {
			t.Errorf("the table lacks the step %s", step)
		}
	}
	for _, m := range kind.Measures() {
		if name := strings.Replace(m.Name, "xN", "x1", 1); !strings.Contains(docs, "`"+name+"`") {
			t.Errorf("the table lacks the fact %s", name)
		}
	}
	known := map[string]bool{"mx": true, "tls": true, "dane": true, "open-relay": true, "jobs": true} // of other commands
	for _, o := range probe.New(kind).Declared {
		known[o.Name] = true
	}
	for _, m := range regexp.MustCompile("--([a-z][a-z-]+)").FindAllStringSubmatch(docs, -1) {
		if !known[m[1]] {
			t.Errorf("there is no option --%s", m[1])
		}
	}
	file := filepath.Join(t.TempDir(), "checks.yaml")
	if err := os.WriteFile(file, []byte(yamlBlocks(t, "../../docs/domain.md")[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if code := run([]string{"check", "--validate", "--state", t.TempDir(), file}, strings.NewReader(""), &said, &said); code != 0 || !strings.Contains(said.String(), "0 warnings") {
		t.Errorf("the file of checks: %d\n%s", code, said.String())
	}
}
