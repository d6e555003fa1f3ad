package domain_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/dnssec/dnstest"
	"mailprobe/domain"
	"mailprobe/probe"
)

// start starts a world and writes its trust anchor to a file.
func start(t *testing.T, world dnstest.World) (addr, anchors string) {
	t.Helper()
	server, err := dnstest.Start(world)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server.Addr(), writeAnchors(t, server)
}

// writeAnchors writes the trust anchor of a world to a file.
func writeAnchors(t *testing.T, server *dnstest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "root.key")
	if err := os.WriteFile(file, []byte(server.Anchors()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// check does one step of a check of a domain, with the options in args.
func check(t *testing.T, addr, anchors, name, step string, args ...string) *probe.Step {
	t.Helper()
	r := whole(t, addr, anchors, name, append(args, "--only", step)...)
	if len(r.Steps) != 1 || r.Steps[0].Name != step {
		t.Fatalf("%s: the steps are %+v", name, r.Steps)
	}
	return &r.Steps[0]
}

// whole checks a domain.
func whole(t *testing.T, addr, anchors, name string, args ...string) *probe.Result {
	t.Helper()
	return wholeOf(t, domain.Kind(), name, append(args, "--resolver", addr, "--trust-anchor", anchors, "--no-sessions")...)
}

// wholeOf checks a domain by a kind.
func wholeOf(t *testing.T, kind probe.Kind, name string, args ...string) *probe.Result {
	t.Helper()
	c := probe.New(kind)
	if rest, err := probe.ParseArgs(c.Declared, args); err != nil || len(rest) > 0 {
		t.Fatal(rest, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := c.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	target, err := kind.ParseTarget(name)
	if err != nil {
		t.Fatal(err)
	}
	results := c.Do(ctx, target)
	if len(results) != 1 {
		t.Fatalf("%d results", len(results))
	}
	if _, err := json.Marshal(results[0]); err != nil {
		t.Error(err)
	}
	declared := probe.MergeCauses(kind.Causes(), probe.Causes())
	for _, s := range results[0].Steps {
		if probe.Worst(s.Status, probe.OK) != probe.OK && !slices.ContainsFunc(declared, s.Cause.Is) {
			t.Errorf("%s: step %s is %s without a declared cause: %v", name, s.Name, s.Status, s.Cause)
		}
	}
	return results[0]
}

// row is a name, and what one step says of it.
type row struct {
	name   string
	status probe.Status
	cause  string // empty for none
	facts  string // name=text, separated by blanks, empty for none; texts with blanks are not compared
	says   string // a part of the detail
}

// try checks the rows of a step.
func try(t *testing.T, world dnstest.World, step string, rows []row, args ...string) {
	t.Helper()
	addr, anchors := start(t, world)
	for _, want := range rows {
		t.Run(want.name, func(t *testing.T) {
			want.judge(t, check(t, addr, anchors, want.name, step, args...))
		})
	}
}

// judge compares a step with the row.
func (want row) judge(t *testing.T, s *probe.Step) {
	t.Helper()
	cause := ""
	if s.Cause != nil {
		cause = s.Cause.Name
	}
	if s.Status != want.status || cause != want.cause || !strings.Contains(s.Detail, want.says) {
		t.Errorf("%s: %s %q: %s\nwant %s %q: %s", want.name, s.Status, cause, s.Detail, want.status, want.cause, want.says)
	}
	for fact := range strings.FieldsSeq(want.facts) {
		name, text, _ := strings.Cut(fact, "=")
		if got, ok := factOf(s, name); got != text || ok != (text != "") {
			t.Errorf("%s: %s is %q, not %q", want.name, name, got, text)
		}
	}
}

func factOf(s *probe.Step, name string) (string, bool) {
	for _, f := range s.Facts {
		if f.Name == name {
			return f.Text, true
		}
	}
	return "", false
}
