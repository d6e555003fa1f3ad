package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
	"mailprobe/internal/suite"
)

// yamlBlocks returns the blocks of YAML in a page of the documentation.
func yamlBlocks(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, found := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		all = append(all, found[1])
	}
	return all
}

// TestProberPage: the modules on the page load, and Prometheus takes the configuration.
func TestProberPage(t *testing.T) {
	blocks := yamlBlocks(t, "../../docs/prober.md")
	if len(blocks) != 2 {
		t.Fatalf("%d blocks", len(blocks))
	}
	s, problems := suite.Parse("mailprobe.yaml", []byte(blocks[0]), kinds())
	if len(problems) > 0 || len(s.Modules) != 3 {
		t.Errorf("%d modules: %s", len(s.Modules), problems)
	}
	page, err := os.ReadFile("../../docs/prober.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range suite.BuiltIn(kinds()) {
		if !strings.Contains(string(page), "`"+m.Name+"`") {
			t.Errorf("module %s is not on the page", m.Name)
		}
	}
	config := filepath.Join(t.TempDir(), "prometheus.yml")
	if err := os.WriteFile(config, []byte(blocks[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool := reporttest.Tool(t, "promtool")
	if out, err := exec.CommandContext(t.Context(), promtool, "check", "config", config).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}
