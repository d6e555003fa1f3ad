package main

import (
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// completions are lines with the cursor at the end, and what completion makes of them.
var completions = map[string]string{
	"mailprobe smt":                                     "mailprobe smtp",
	"mailprobe completion fi":                           "mailprobe completion fish",
	"mailprobe explain relay-de":                        "mailprobe explain relay-denied",
	"mailprobe smtp --tls re":                           "mailprobe smtp --tls require",
	"mailprobe smtp mx:25 --tls=re":                     "mailprobe smtp mx:25 --tls=require",
	"mailprobe smtp -o jsonl":                           "mailprobe smtp -o jsonl",
	"mailprobe smtp --auth plai":                        "mailprobe smtp --auth plain",
	"mailprobe deliver --fetch-auth=ap":                 "mailprobe deliver --fetch-auth=apop",
	"mailprobe smtp --stop-after ehlo-t":                "mailprobe smtp --stop-after ehlo-tls",
	"mailprobe smtp --expect gree":                      "mailprobe smtp --expect greeting=",
	"mailprobe smtp --expect=gree":                      "mailprobe smtp --expect=greeting=",
	"mailprobe smtp --warn cert_d":                      "mailprobe smtp --warn cert_days_left=",
	"mailprobe smtp --ca-file chec":                     "mailprobe smtp --ca-file checks.yaml",
	"mailprobe smtp --ca-file=chec":                     "mailprobe smtp --ca-file=checks.yaml",
	"mailprobe smtp --body @chec":                       "mailprobe smtp --body @checks.yaml",
	"mailprobe smtp --html=@chec":                       "mailprobe smtp --html=@checks.yaml",
	"mailprobe smtp --attach chec":                      "mailprobe smtp --attach checks.yaml",
	"mailprobe smtp --dkim-sign example.org:s:chec":     "mailprobe smtp --dkim-sign example.org:s:checks.yaml",
	"mailprobe smtp --dump-m":                           "mailprobe smtp --dump-message",
	"mailprobe deliver --state sub":                     "mailprobe deliver --state subfolder",
	"mailprobe deliver --state=sub":                     "mailprobe deliver --state=subfolder",
	"mailprobe check chec":                              "mailprobe check checks.yaml",
	"mailprobe check checks.yaml --only mx":             "mailprobe check checks.yaml --only mx1",
	"mailprobe check checks.yaml --only two":            `mailprobe check checks.yaml --only two words`,
	"mailprobe check checks.yaml --only=ni":             "mailprobe check checks.yaml --only=nightly",
	"mailprobe smtp $(touch ran) `touch ran` --tls req": "mailprobe smtp $(touch ran) `touch ran` --tls require",
	"mailprobe smtp alice":                              "mailprobe smtp alice",
	"mailprobe smtp --subject check":                    "mailprobe smtp --subject check",
}

// completionFolder makes a folder to complete names in, and becomes it.
func completionFolder(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "subfolder"), 0o755); err != nil {
		t.Fatal(err)
	}
	const checks = "checks:\n  - {name: mx1, kind: smtp, target: mx1.example.org, tags: [nightly]}\n  - {name: two words, kind: smtp, target: mx1.example.org}\n"
	if err := os.WriteFile(filepath.Join(dir, "checks.yaml"), []byte(checks), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
}

// shells are started with nothing of the user's, and told how to complete.
var shells = map[string]struct {
	args  []string
	setUp string
}{
	"bash": {[]string{"--norc", "--noprofile", "-i"}, "source <(mailprobe completion bash)"},
	"zsh":  {[]string{"-f", "-i"}, "unset zle_bracketed_paste; autoload -U compinit; compinit -D -u; source <(mailprobe completion zsh)"},
}

// TestCompletion types lines into the real shells, presses the tab key, and has the shell
// print what the line is then.
func TestCompletion(t *testing.T) {
	for shell, s := range shells {
		t.Run(shell, func(t *testing.T) {
			need(t, shell)
			completionFolder(t)
			near, far := openTerminal(t, 200, 50)
			cmd := exec.CommandContext(t.Context(), shell, s.args...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = far, far, far
			cmd.Env = append(os.Environ(), "TERM=dumb", "HISTFILE=/dev/null")
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			_ = far.Close()
			defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
			_ = near.SetDeadline(time.Now().Add(2 * time.Minute))
			say(t, near, s.setUp+"; PS1=; echo rea''dy\n", "ready\r?\n")
			for _, line := range slices.Sorted(maps.Keys(completions)) {
				// The line is quoted when it is printed: nothing in it runs.
				typed := line + "\t"
				got := say(t, near, typed+"\x01printf '<%s>\\n' '\x05'\n", `<([^%]*)>\r?\n`)
				got = strings.TrimRight(strings.ReplaceAll(got, `\ `, " "), " /")
				if got != completions[line] {
					t.Errorf("%q becomes %q, want %q", line, got, completions[line])
				}
			}
			if _, err := os.Stat("ran"); err == nil {
				t.Error("a command in the line was run")
			}
		})
	}
}

// say types into a shell and returns the first group of a pattern in what it prints.
func say(t *testing.T, shell io.ReadWriter, typed, pattern string) string {
	t.Helper()
	if _, err := io.WriteString(shell, typed); err != nil {
		t.Fatal(err)
	}
	wanted, shown := regexp.MustCompile(pattern), ""
	for piece := make([]byte, 4096); ; {
		n, err := shell.Read(piece)
		shown += string(piece[:n])
		if m := wanted.FindStringSubmatch(shown); m != nil {
			return m[len(m)-1]
		}
		if err != nil {
			t.Fatalf("%q typed: %v after %q", typed, err, shown)
		}
	}
}

// TestCompletionInFish has fish itself complete.
func TestCompletionInFish(t *testing.T) {
	need(t, "fish")
	completionFolder(t)
	for line, want := range completions {
		out, err := exec.CommandContext(t.Context(), "fish", "--no-config", "-c", `mailprobe completion fish | source; complete -C $argv[1]`, line).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		answer, _, _ := strings.Cut(string(out), "\n")
		answer, _, _ = strings.Cut(answer, "\t")
		words := strings.Split(line, " ")
		got := line
		if answer != "" {
			got = strings.Join(append(words[:len(words)-1], strings.TrimSuffix(answer, "/")), " ")
		}
		if got != want {
			t.Errorf("%q becomes %q, want %q\n%s", line, got, want, out)
		}
	}
	if _, err := os.Stat("ran"); err == nil {
		t.Error("a command in the line was run")
	}
}
