package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// checksBlock is a file of checks in the README, and the command that runs it with
// what it prints.
var checksBlock = regexp.MustCompile("(?s)<!-- checks (\\S+) -->\n```yaml\n(.*?)```.*?```console\n\\$ mailprobe ([^\n]*)\n(.*?)```")

// renewChecks puts what the README's file of checks prints in its place: in the run
// that finds the failure confirmed, as cron runs it.
func renewChecks(t *testing.T, authority *wiretest.Authority, readme []byte) []byte {
	m := checksBlock.FindSubmatchIndex(readme)
	if m == nil {
		t.Fatal("there is no file of checks in the README")
	}
	part := func(i int) string { return string(readme[m[2*i]:m[2*i+1]]) }
	printed := runChecks(t, authority, part(1), part(2), strings.Fields(part(3)))
	return append(append(bytes.Clone(readme[:m[8]]), printed...), readme[m[9]:]...)
}

// runChecks runs a file of checks twice, five minutes apart, and returns what the
// second run prints. All connections reach the server.
func runChecks(t *testing.T, authority *wiretest.Authority, server, file string, args []string) string {
	next := time.Now().UTC().Truncate(time.Hour).Add(time.Hour)
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Chdir(t.TempDir())
	if err := os.WriteFile(args[len(args)-1], []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for range 2 {
		time.Sleep(time.Until(next))
		next = next.Add(5 * time.Minute)
		out.Reset()
		a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: io.Discard, dns: documentation{}}
		a.dial = scripted(t, authority, server)
		a.run(t.Context(), args)
	}
	return out.String()
}

// scripted is a network whose mail server plays a script; the others are down.
func scripted(t *testing.T, authority *wiretest.Authority, server string) func(context.Context, string, string) (net.Conn, error) {
	script, err := wire.ParseTranscript(readmeScript(t, server))
	if err != nil {
		t.Fatal(err)
	}
	s := &wiretest.Server{Script: script, Authority: authority, Path: wiretest.Path{RoundTrip: 12 * time.Millisecond}}
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		if !strings.HasSuffix(address, ":25") {
			return nil, fmt.Errorf("connection refused")
		}
		return s.Dial(ctx, nil)
	}
}

//go:embed testdata/readme
var readmeScripts embed.FS

// readmeScript is read from within, as the test works in another folder.
func readmeScript(t *testing.T, name string) string {
	text, err := readmeScripts.ReadFile("testdata/readme/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// yamlBlock is what the pages show of a file of checks without checks.
var yamlBlock = regexp.MustCompile("(?s)```yaml\n((?:notify|heartbeat):.*?)```")

// TestReadmeSettings: the notifiers and heartbeats that the pages show are right.
func TestReadmeSettings(t *testing.T) {
	var blocks [][][]byte
	for _, page := range []string{"notify", "cron"} {
		text, err := os.ReadFile("../../docs/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, yamlBlock.FindAllSubmatch(text, -1)...)
	}
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of settings in the pages, want notify and heartbeat", len(blocks))
	}
	for _, block := range blocks {
		for _, name := range regexp.MustCompile(`_env: (\w+)|\$\{(\w+)\}`).FindAllSubmatch(block[1], -1) {
			t.Setenv(string(name[1])+string(name[2]), "https://example.org/x")
		}
		// Further examples of a key stand in comments.
		text := strings.ReplaceAll(string(block[1]), "\n# ", "\n")
		for _, example := range regexp.MustCompile(`(?m)^\w+:.*\n(?:[ #].*\n)*`).FindAllString(text, -1) {
			validate(t, example)
		}
	}
}

// validate demands that a file with these settings has no mistake.
func validate(t *testing.T, settings string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "checks.yaml")
	check := "checks: [{name: a, kind: smtp, target: mx.example.org}]\n"
	if err := os.WriteFile(file, []byte(check+settings), 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if code := run([]string{"check", "--validate", "--state", t.TempDir(), file}, strings.NewReader(""), &said, &said); code != 0 || !strings.Contains(said.String(), "0 warnings") {
		t.Errorf("%s: %d\n%s", settings, code, said.String())
	}
}
