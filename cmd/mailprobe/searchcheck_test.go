package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/mailtest"
)

// TestSearchChecked: a search in a file of checks ends as its thresholds and patterns say, by
// IMAP and by POP3, and the history keeps its facts.
func TestSearchChecked(t *testing.T) {
	host, err := mailtest.Start(mailtest.Config{Name: "mx.example.org", Accounts: []mailtest.Account{{User: "alice", Password: "correct horse"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	for _, text := range []string{"10 jobs: OK", "7 jobs: FAILED"} {
		if err := host.Deliver("alice", []byte("From: backup@example.org\r\nDate: "+time.Now().Format(time.RFC1123Z)+"\r\nSubject: Backup\r\n\r\n"+text+"\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	t.Setenv("ALICE_PASSWORD", "correct horse")
	t.Setenv("XDG_STATE_HOME", dir)
	if err := host.WriteCA(filepath.Join(dir, "ca.pem")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "checks.yaml")
	text := `
defaults: {user: alice, password_env: ALICE_PASSWORD, ca_file: ca.pem, server_name: mx.example.org}
checks:
  - {name: came, kind: imap, target: "IMAP", subject: ^Backup, since: 26h, crit: {newest_match_age: 26h, matches: "2:2"}}
  - {name: failed, kind: imap, target: "IMAP", subject: ^Backup, body_reject: FAILED}
  - {name: old, kind: pop3, target: "POP3", search: true, warn: {oldest_match_age: "1d:"}}
  - {name: none, kind: pop3, target: "POP3", subject: Restore}
`
	text = strings.NewReplacer("IMAP", host.URL(mailtest.IMAPS, ""), "POP3", host.URL(mailtest.POP3S, "")).Replace(text)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	say := func(args ...string) string {
		var out, complaints bytes.Buffer
		a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &complaints}
		a.run(t.Context(), args)
		if complaints.Len() > 0 {
			t.Errorf("%q: %s", args, complaints.String())
		}
		return out.String()
	}
	say("check", "--print", "never", file)
	for name, want := range map[string][3]string{ // status, cause, matches
		"came": {"OK", "", "2"}, "failed": {"CRITICAL", "body-unexpected", "2"}, "old": {"WARNING", "threshold-exceeded", "2"}, "none": {"CRITICAL", "no-match", "0"},
	} {
		var all []struct {
			Status, Cause string
			Steps         []struct{ Facts []struct{ Name, Text string } }
		}
		past := say("history", name, "--at", "0s", "-o", "json")
		if err := json.Unmarshal([]byte(past), &all); err != nil || len(all) != 1 {
			t.Fatalf("%s: %v\n%s", name, err, past)
		}
		r := all[0]
		facts := map[string]string{}
		for _, s := range r.Steps {
			for _, f := range s.Facts {
				facts[f.Name] = f.Text
			}
		}
		if got := [3]string{r.Status, r.Cause, facts["matches"]}; got != want || (facts["oldest_match_age"] == "") != (name == "none") {
			t.Errorf("%s: %q, want %q\n%s", name, got, want, past)
		}
	}
}
