package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
)

// packageRoot writes the files of a package and returns the folder they are in.
func packageRoot(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var out, errs bytes.Buffer
	if code := run([]string{"package-files", dir}, strings.NewReader(""), &out, &errs); code != 0 || out.Len()+errs.Len() > 0 {
		t.Fatalf("exit %d: %s%s", code, &out, &errs)
	}
	return dir
}

// TestPackagedFirstFile: the file of a package has nothing in force; with its settings
// activated by the command that it shows, it is right.
func TestPackagedFirstFile(t *testing.T) {
	dir := packageRoot(t)
	text := readAll(t, filepath.Join(dir, packagedFile))
	for line := range strings.Lines(text) {
		if line != "\n" && !strings.HasPrefix(line, "#") {
			t.Errorf("a setting is in force: %s", line)
		}
	}
	shown := regexp.MustCompile(`sed -i -E '(.*)' (/\S+)\n`).FindStringSubmatch(text)
	if shown == nil || shown[2] != packagedFile {
		t.Fatalf("the file shows no command that activates it: %q", shown)
	}
	file := filepath.Join(dir, packagedFile)
	if out, err := exec.CommandContext(t.Context(), "sed", "-i", "-E", shown[1], file).CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	for name, text := range map[string]string{file: readAll(t, file), filepath.Join(filepath.Dir(file), "password"): "secret\n"} {
		if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("XDG_STATE_HOME", t.TempDir()) // a state that this machine has is of other files
	var out, errs bytes.Buffer
	code := run([]string{"check", "--validate", file}, strings.NewReader(""), &out, &errs)
	if want := file + ": 5 checks, 0 errors, 0 warnings\n"; code != 0 || out.String() != want || errs.Len() > 0 {
		t.Errorf("exit %d: %s%s", code, &out, &errs)
	}
	if activated := readAll(t, file); !strings.Contains(activated, "\n"+exampleFile.text()[strings.Index(exampleFile.text(), "title:"):]) {
		t.Errorf("activated it is not the first file:\n%s", activated)
	}
}

// TestManuals: every command that the help lists has a page with all of its flags, and
// mandoc finds nothing wrong with it but the date, which only a release has.
func TestManuals(t *testing.T) {
	tool := reporttest.Tool(t, "mandoc")
	dir := filepath.Join(packageRoot(t), "usr/share/man")
	var help bytes.Buffer
	run([]string{"--help"}, strings.NewReader(""), &help, &help)
	commands := regexp.MustCompile(`(?m)^  ([a-z][a-z0-9]*) {2,}\S`).FindAllStringSubmatch(help.String(), -1)
	if len(commands) < len(kindList) {
		t.Fatalf("the help lists %q", commands)
	}
	for _, c := range commands {
		if c[1] == "help" {
			continue
		}
		page := readAll(t, filepath.Join(dir, "man1/mailprobe-"+c[1]+".1"))
		var flags bytes.Buffer
		run([]string{c[1], "--help"}, strings.NewReader(""), &flags, &flags)
		for _, flag := range regexp.MustCompile(`(?m)^ +(?:-\w, )?(--[\w.-]+)`).FindAllStringSubmatch(flags.String(), -1) {
			if !strings.Contains(page, `\fB`+strings.ReplaceAll(flag[1], "-", `\-`)+`\fR`) {
				t.Errorf("mailprobe-%s(1) lacks %s", c[1], flag[1])
			}
		}
	}
	pages, err := filepath.Glob(filepath.Join(dir, "man?/*"))
	if err != nil || len(pages) < len(commands)+1 {
		t.Fatal(pages, err)
	}
	out, _ := exec.CommandContext(t.Context(), tool, append([]string{"-Tlint", "-Wwarning"}, pages...)...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, "missing date") {
			t.Error(line)
		}
	}
}

// TestFileManual: every key of the file is on its page.
func TestFileManual(t *testing.T) {
	page := readAll(t, filepath.Join(packageRoot(t), "usr/share/man/man5/mailprobe.yaml.5"))
	for _, key := range []string{"checks", "notify", "heartbeat", "through", "template_file", "depends_on", "alert_after", "kind"} {
		if !strings.Contains(page, ".TP\n\\fB"+key+"\\fR\n") {
			t.Errorf("the page lacks %s", key)
		}
	}
	if strings.Contains(page, `\fBtls_min`) {
		t.Error("the page lists options of kinds")
	}
}
