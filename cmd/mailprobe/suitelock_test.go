//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// TestBesideServer: while a server has the lock a check shows how things stand, does not
// wait, and never calls it stuck; the lists and the history work as ever.
func TestBesideServer(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "checks.yaml")
	if err := os.WriteFile(file, []byte("checks: [{name: one, kind: smtp, target: \"127.0.0.1:1\"}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, problems, err := suite.Load(file, kinds())
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	lock, err := s.LockServer(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	if _, err := lock.WriteAt(fmt.Appendf(nil, "%-31s\n", fmt.Sprintf("%d %d serve", os.Getpid(), time.Now().AddDate(0, -1, 0).Unix())), 0); err != nil {
		t.Fatal(err)
	}
	said := func(want int, args ...string) string {
		t.Helper()
		var out strings.Builder
		if code := run(append(args, file), strings.NewReader(""), &out, &out); code != want {
			t.Errorf("%q: exit code %d, not %d:\n%s", args, code, want, out.String())
		}
		return out.String()
	}
	serves := fmt.Sprintf("mailprobe serve runs these checks (process %d)", os.Getpid())
	if got := said(3, "check", "--state", dir); !strings.Contains(got, "there is no result yet of one: "+serves) {
		t.Error(got)
	}
	store, err := history.Open(t.Context(), filepath.Join(dir, history.FileName), s.History())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	err = store.Commit(t.Context(), history.Batch{
		Entries: []history.Entry{{Name: "one", Result: &probe.Result{Name: "one", Check: "smtp", Target: "127.0.0.1:1", Start: now, Status: probe.OK, Summary: "all is well"}}},
		States:  []history.State{{Name: "one", Status: probe.OK, LastRun: now, LastStatus: probe.OK, Since: now}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = store.Close()
	if got := said(0, "check", "--state", dir); got != "" { // from cron
		t.Error(got)
	}
	if got := said(0, "check", "--state", dir, "--print", "always", "--lock", "wait"); !strings.Contains(got, serves) || !strings.Contains(got, "all is well") {
		t.Error(got)
	}
	if got := said(0, "check", "--state", dir, "-o", "nagios"); !strings.HasPrefix(got, "SMTP OK - all is well") || strings.Contains(got, serves) {
		t.Error(got)
	}
	if got := said(0, "check", "--state", dir, "--list"); !strings.Contains(got, "OK since") {
		t.Error(got)
	}
}
