package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDefaultsDocs: with the file and the variable of docs/defaults.md, its command prints
// what stands below it, and the wrong key is reported as it says.
func TestDefaultsDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/defaults.md")
	if err != nil {
		t.Fatal(err)
	}
	part := func(pattern string) string {
		m := regexp.MustCompile(pattern).FindSubmatch(text)
		if m == nil {
			t.Fatalf("the page has no %s", pattern)
		}
		return string(m[1])
	}
	home := t.TempDir()
	file := filepath.Join(home, ".config", "mailprobe", "defaults.yaml")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	show := func(yaml, variable string) string {
		writeFiles(t, filepath.Dir(file), map[string]string{"defaults.yaml": yaml})
		t.Setenv("HOME", home)
		t.Setenv("XDG_CONFIG_HOME", "")
		t.Setenv("MAILPROBE_OPTS_SMTP", variable)
		var said strings.Builder
		run([]string{"smtp", "--show-options", "--tls=off"}, strings.NewReader(""), &said, &said)
		var kept []string
		for line := range strings.Lines(strings.ReplaceAll(said.String(), home, "/home/alice")) {
			if !strings.Contains(line, "built-in") {
				kept = append(kept, "    "+line)
			}
		}
		return strings.Join(kept, "")
	}
	yaml := part("(?s)```yaml\n(.*?)```")
	want := part(`(?s)grep -v built-in\n(.*?)\n\n`) + "\n"
	if got := show(yaml, part(`MAILPROBE_OPTS_SMTP='(.*)'`)); got != want {
		t.Errorf("it prints\n%s", got)
	}
	wrong := part(`(?m)^    mailprobe: .*defaults\.yaml:[\d:]+ (.*)$`)
	if got := show(strings.Replace(yaml, "tls:", "tsl:", 1), ""); !strings.Contains(got, wrong) {
		t.Errorf("of the wrong key it says\n%s", got)
	}
}
