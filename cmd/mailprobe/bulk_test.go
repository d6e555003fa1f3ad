package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/bulk"
	"mailprobe/internal/fleet/natstest"
	"mailprobe/mailtest"
	"mailprobe/probe"
)

// bulkStage is a nats-server with a worker that checks what it is given.
func bulkStage(t *testing.T) *natstest.Server {
	t.Helper()
	s := natstest.Start(t, natstest.Options{})
	conn, err := fleet.Connect(t.Context(), fleet.Options{URL: s.URL, Name: "fra"})
	if err != nil {
		t.Fatal(err)
	}
	js, err := fleet.Streams(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := bulk.Setup(t.Context(), js, bulk.Limits{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	w := &bulk.Worker{JS: js, Place: "fra", Groups: []string{bulk.Any}, Prepare: bulk.Runner(kinds(), probe.NewLimit(8, 0))}
	go func() {
		w.Run(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		conn.Close()
	})
	return s
}

// line is one line of a run's output.
type line struct {
	Run, Place, Name, Target, Status, Summary string
	Index                                     int
	Transcript                                []string
	Request                                   probe.Request
}

// bulkLines runs a command, and returns the lines of its results by their index.
func bulkLines(t *testing.T, input string, args ...string) (lines []line, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{stdin: strings.NewReader(input), stdout: &out, stderr: &errs}
	code = a.run(t.Context(), args)
	for dec := json.NewDecoder(&out); dec.More(); {
		var l line
		if err := dec.Decode(&l); err != nil {
			t.Fatalf("%v: %s", err, &out)
		}
		lines = append(lines, l)
	}
	slices.SortFunc(lines, func(a, b line) int { return a.Index - b.Index })
	return lines, errs.String(), code
}

// TestBulk: targets of standard input are checked on a fleet, each once; a line that is no
// target has its result, too; a run can be resumed, and prints all.
func TestBulk(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	host, err := mailtest.Start(mailtest.Config{Name: "mx.example.org", InsecureAuth: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	url := bulkStage(t).URL
	smtp := host.URL(mailtest.SMTP, "")
	input := fmt.Sprintf("%s\nno target at all\n%s\nalice@127.0.0.1:1\n127.0.0.1:1\n", smtp, smtp)
	lines, stderr, code := bulkLines(t, input, "smtp", "--fleet", url, "--tls=off", "-v", "-")
	if code != probe.Critical.ExitCode() || len(lines) != 5 || stderr != "" {
		t.Fatalf("exit %d, %d lines, %q", code, len(lines), stderr)
	}
	for i, want := range []struct{ place, status, says string }{
		{"fra", "OK", ""}, {"", "UNKNOWN", "target:"}, {"fra", "OK", ""}, {"", "UNKNOWN", "logs in nowhere"}, {"fra", "CRITICAL", "connect:"},
	} {
		if l := lines[i]; l.Request.Options == "" || l.Request.Target == "" {
			t.Errorf("line %d does not say what it answers: %+v", i, l)
		}
		if l := lines[i]; l.Index != i || l.Place != want.place || l.Status != want.status || !strings.Contains(l.Summary, want.says) || l.Run == "" {
			t.Errorf("line %d is %+v, want %+v", i, l, want)
		}
	}
	if len(lines[0].Transcript) == 0 {
		t.Error("-v shows no transcript")
	}
	again, _, _ := bulkLines(t, input, "smtp", "--fleet", url, "--tls=off", "--resume", lines[0].Run, "-q", "-")
	if len(again) != 3 || again[0].Run != lines[0].Run {
		t.Errorf("resumed with -q: %+v", again)
	}
}

// TestBulkUsage: what cannot be done by a fleet is one line, before anything is sent.
func TestBulkUsage(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no fleet":     {[]string{"smtp", "--place", "fra", "-"}, "--place needs --fleet URL"},
		"login":        {[]string{"imap", "--fleet", "tls://c", "-u", "alice", "--password-env", "PW", "-"}, "logs in nowhere"},
		"secret":       {[]string{"imap", "--fleet", "tls://c", "--allow-logins", "-u", "alice", "--password-file", "/etc/hostname", "-"}, "a secret is never part of a job"},
		"message":      {[]string{"smtp", "--fleet", "tls://c", "--send", "-t", "a@example.org", "-"}, "hands over no message"},
		"file":         {[]string{"smtp", "--fleet", "tls://c", "--ca-file", "ca.pem", "-"}, "--ca-file names a file of this machine"},
		"format":       {[]string{"smtp", "--fleet", "tls://c", "-o", "csv", "-"}, "come in any order"},
		"other flag":   {[]string{"ping", "--fleet", "tls://c", "--alive", "-"}, "--alive has no place with --fleet"},
		"rate":         {[]string{"smtp", "--fleet", "tls://c", "--rate-per-destination", "soon", "-"}, "is no rate"},
		"run":          {[]string{"smtp", "--fleet", "tls://c", "--resume", "a b", "-"}, "is not the name of a run"},
		"value":        {[]string{"smtp", "--fleet", "tls://c", "-4", "-6", "-"}, "exclude each other"},
		"nobody":       {[]string{"smtp", "--fleet", "tls://c", "-"}, "fleet invite --submit"},
		"no token":     {[]string{"smtp", "--fleet", "tls://c", "--fleet-token-file", "/etc/hostname", "-"}, "no token of mailprobe fleet invite"},
		"missing":      {[]string{"smtp", "--fleet", "tls://c", "--fleet-token-file", "/nonexistent", "-"}, "there is no /nonexistent: it is the file with the token"},
		"scheme":       {[]string{"smtp", "--fleet", "http://c", "-"}, "tls://c would be right"},
		"plain":        {[]string{"smtp", "--fleet", "nats://192.0.2.1", "-"}, "TLS only"},
		"unknown":      {[]string{"trace", "--fleet", "tls://c", "-"}, "unknown flag"},
		"two programs": {[]string{"smtp", "--fleet", "tls://c", "--jobs", "5", "-"}, "--jobs has no place with --fleet"},
	} {
		lines, stderr, code := bulkLines(t, "a.example\n", c.args...)
		if code != probe.Unknown.ExitCode() || len(lines) > 0 || !strings.Contains(stderr, c.says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit %d, %d lines, %q; want %q", name, code, len(lines), stderr, c.says)
		}
	}
}

// TestBulkGroup: a place that there is not is a line.
func TestBulkGroup(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	_, stderr, code := bulkLines(t, "a.example\n", "smtp", "--fleet", bulkStage(t).URL, "--place", "mars", "-")
	if code != probe.Unknown.ExitCode() || !strings.Contains(stderr, `no place and no group "mars"`) {
		t.Errorf("exit %d, %q", code, stderr)
	}
}

// TestBulkSecret: with log-ins allowed the name of a secret travels, and the secret is nowhere in
// what the server has stored.
func TestBulkSecret(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("BULK_TEST_PW", "correct horse")
	s := bulkStage(t)
	lines, stderr, _ := bulkLines(t, "127.0.0.1:1\n", "imap", "--fleet", s.URL, "--allow-logins", "-u", "alice", "--password-env", "BULK_TEST_PW", "-")
	if len(lines) != 1 || lines[0].Status != "UNKNOWN" || !strings.Contains(lines[0].Summary, `no credential called "BULK_TEST_PW"`) {
		t.Errorf("%+v %s", lines, stderr)
	}
	s.Stop()
	named := false
	err := filepath.WalkDir(s.Dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		named = named || bytes.Contains(text, []byte("BULK_TEST_PW"))
		if bytes.Contains(text, []byte("correct horse")) {
			t.Errorf("%s has the secret", name)
		}
		return err
	})
	if err != nil || !named {
		t.Errorf("the job is nowhere: %v", err)
	}
}

func TestPerTime(t *testing.T) {
	for text, want := range map[string]float64{"2/s": 2, "30/m": 0.5, "36/h": 0.01, "7": 7, "0": 0, "-1/s": 0, "1/d": 0, "NaN/s": 0, "1e9/s": 0, "": 0, "/s": 0} {
		var r perTime
		err := r.Set(text)
		if got := r.perSecond(); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q is %g, %v, want %g", text, got, err, want)
		}
	}
}
