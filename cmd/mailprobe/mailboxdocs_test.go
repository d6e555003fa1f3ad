package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"mailprobe/imapcheck"
	"mailprobe/pop3check"
	"mailprobe/probe"
	"mailprobe/search"
)

// TestMailboxDocs: what docs/mailbox.md shows is what its commands print, it has every fact
// and cause of a search and names no option that there is not, and its file is right.
func TestMailboxDocs(t *testing.T) {
	const name = "../../docs/mailbox.md"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var now []byte
	synctest.Test(t, func(t *testing.T) { now = renewBlocks(t, text) })
	if *update {
		if err := os.WriteFile(name, now, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(now, text) {
		t.Errorf("the commands print something else now:\n%s", now)
	}
	holdMailboxDocs(t, string(text))
}

func holdMailboxDocs(t *testing.T, docs string) {
	for _, m := range search.Measures() {
		if !strings.Contains(docs, "`"+m.Name+"`") {
			t.Errorf("the table lacks the fact %s", m.Name)
		}
	}
	for _, c := range search.Causes() {
		if !strings.Contains(docs, "| `"+c.Name+"` | "+c.Status.String()) {
			t.Errorf("the table lacks the cause %s", c.Name)
		}
	}
	known := map[string]bool{"output": true}
	for _, o := range append(probe.New(imapcheck.Kind()).Declared, probe.New(pop3check.Kind()).Declared...) {
		known[o.Name] = true
	}
	for _, m := range regexp.MustCompile("--([a-z][a-z-]+)").FindAllStringSubmatch(docs, -1) {
		if !known[m[1]] {
			t.Errorf("there is no option --%s", m[1])
		}
	}
	file := filepath.Join(t.TempDir(), "checks.yaml")
	for _, secret := range []string{"alice.pw", "tickets.pw"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), secret), []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, []byte(yamlBlocks(t, "../../docs/mailbox.md")[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if code := run([]string{"check", "--validate", "--state", t.TempDir(), file}, strings.NewReader(""), &said, &said); code != 0 || !strings.Contains(said.String(), "0 warnings") {
		t.Errorf("the file of checks: %d\n%s", code, said.String())
	}
}
