package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nkeys"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/bulk"
	"mailprobe/internal/fleet/centre"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// noChecks is a centre's schedule without checks.
type noChecks struct{}

func (noChecks) Jobs(string) []suite.Job                                  { return nil }
func (noChecks) Kind(string, string) (string, bool)                       { return "", false }
func (noChecks) Deliver(context.Context, string, []suite.Delivered) error { return nil }
func (noChecks) Heard(string, suite.AgentReport)                          {}

// TestBulkCentre: at a centre with its own server a worker and who submits do with their
// permissions; who submits needs the token once, the centre's own state directory none, and
// somebody else gets nothing.
func TestBulkCentre(t *testing.T) {
	state := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	c, err := centre.Open(ctx, centre.Options{State: state, Listen: l.Addr().String(), Checks: noChecks{}, Warn: func(err error) { t.Log(err) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); c.Close() })
	url := "tls://" + l.Addr().String()
	registered, err := centre.OpenRegister(state)
	if err != nil {
		t.Fatal(err)
	}
	fingerprint, err := centre.Fingerprint(state)
	if err != nil {
		t.Fatal(err)
	}
	invite := func(name string, submit bool) fleet.Token {
		t.Helper()
		token, err := registered.Invite(name, submit, fingerprint, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	workAt(t, ctx, url, invite("fra", false))
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(invite("alice", true).String()), 0o600); err != nil {
		t.Fatal(err)
	}
	own := t.TempDir()
	for _, args := range [][]string{{"--state", own, "--fleet-token-file", file}, {"--state", own}, {"--state", own, "--place", "fra"}, {"--state", state}} {
		lines, stderr, _ := bulkLines(t, "127.0.0.1:1\n", append([]string{"smtp", "--fleet", url, "-"}, args...)...)
		if len(lines) != 1 || lines[0].Place != "fra" || stderr != "" {
			t.Errorf("%q: %+v %s", args, lines, stderr)
		}
		if text, err := os.ReadFile(filepath.Join(own, "fleet-submit.json")); err != nil || strings.Contains(string(text), "mpf1") {
			t.Errorf("%v: %s", err, text)
		}
	}
	lines, stderr, code := bulkLines(t, "127.0.0.1:1\n", "smtp", "--fleet", url, "--state", t.TempDir(), "-")
	if code != probe.Unknown.ExitCode() || len(lines) > 0 || !strings.Contains(stderr, "fleet invite --submit") {
		t.Errorf("without a token: exit %d, %+v, %q", code, lines, stderr)
	}
}

// workAt runs a worker with the permissions of a place.
func workAt(t *testing.T, ctx context.Context, url string, token fleet.Token) {
	t.Helper()
	key, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := fleet.Connect(ctx, fleet.Options{URL: url, Name: token.Name, Key: key, Token: &token})
	if err != nil {
		t.Fatal(err)
	}
	js, err := fleet.Streams(conn)
	if err != nil {
		t.Fatal(err)
	}
	w := &bulk.Worker{JS: js, Place: token.Name, Groups: []string{token.Name, bulk.Any}, Prepare: bulk.Runner(kinds(), probe.NewLimit(8, 0)),
		Log: func(err error) { t.Log(err) }}
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		w.Run(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		conn.Close()
	})
}
