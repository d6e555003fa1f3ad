package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pages are the README and all pages under docs, by their paths.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"../../README.md", "../../docs/*.md", "../../docs/*/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = string(text)
		}
	}
	return all
}

// anchor is what a heading is called in a link.
func anchor(heading string) string {
	kept := regexp.MustCompile(`[^\w\s-]`).ReplaceAllString(strings.ToLower(heading), "")
	return strings.ReplaceAll(strings.TrimSpace(kept), " ", "-")
}

// TestDocsLinks: links between the pages, and to files, lead somewhere.
func TestDocsLinks(t *testing.T) {
	all := pages(t)
	anchors := map[string]map[string]bool{}
	for name, text := range all {
		anchors[name] = map[string]bool{"": true}
		for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
			anchors[name][anchor(heading[1])] = true
		}
	}
	link := regexp.MustCompile(`\]\(([^)\s#]*)(?:#([^)\s]*))?\)`)
	for name, text := range all {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file := name
			if m[1] != "" {
				file = filepath.Join(filepath.Dir(name), m[1])
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if m[2] != "" && !anchors[file][m[2]] {
				t.Errorf("%s: %s has no heading %s", name, m[1], m[2])
			}
		}
	}
}

// TestDocsFlags: the flags in commands of the pages are those of the commands.
func TestDocsFlags(t *testing.T) {
	command := regexp.MustCompile("mailprobe (smtp|pop3|imap|ping|trace|deliver|domain|check|history|report|explain|silence|fleet)\\b([^`\n|]*)")
	for name, text := range pages(t) {
		if strings.Contains(name, "coming-from") { // whose lines are run
			continue
		}
		for _, m := range command.FindAllStringSubmatch(text, -1) {
			root := newRoot(&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}, []string{m[1]})
			cmd, _, err := root.Find([]string{m[1]})
			if err != nil {
				t.Fatal(err)
			}
			for _, flag := range regexp.MustCompile(`\s--([a-z][a-z-]*)`).FindAllStringSubmatch(m[2], -1) {
				if cmd.Flags().Lookup(flag[1]) == nil && flag[1] != "help" {
					t.Errorf("%s: mailprobe %s has no flag --%s", name, m[1], flag[1])
				}
			}
		}
	}
}

// TestComingFromKuma: the files of checks in the guide for those who come from Uptime Kuma
// are right.
func TestComingFromKuma(t *testing.T) {
	text, err := os.ReadFile("../../docs/coming-from/uptime-kuma.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := yamlBlocks(t, "../../docs/coming-from/uptime-kuma.md")
	if len(blocks) == 0 {
		t.Fatal("the guide has no file of checks")
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"probe.password": "secret\n"})
	for _, m := range regexp.MustCompile(`\w+_env: (\w+)|\$\{(\w+)\}`).FindAllStringSubmatch(string(text), -1) {
		t.Setenv(m[1]+m[2], "https://example.org/x")
	}
	for _, block := range blocks {
		file := strings.ReplaceAll(block, "/etc/mailprobe/", dir+"/")
		if !strings.Contains(file, "checks:\n") {
			file += "checks: [{name: relay, kind: smtp, target: mx1.example.org}]\n"
		}
		writeFiles(t, dir, map[string]string{"checks.yaml": file})
		var said strings.Builder
		if code := run([]string{"check", "--validate", "--state", dir, filepath.Join(dir, "checks.yaml")}, strings.NewReader(""), &said, &said); code != 0 {
			t.Errorf("%d\n%s\n%s", code, said.String(), block)
		}
	}
}
