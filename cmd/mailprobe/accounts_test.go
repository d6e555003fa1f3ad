package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
	"mailprobe/mailtest"
)

// TestAccountsChecked: with accounts at two hosts, a file of checks sends from each to each
// other and to itself, and every message arrives.
func TestAccountsChecked(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	t.Setenv("PASSWORD", "correct horse")
	var hosts []*mailtest.Host
	text := "defaults: {deliver: {via_password_env: PASSWORD, fetch_password_env: PASSWORD}}\naccounts:\n"
	for i, user := range []string{"alice", "bob"} {
		host, err := mailtest.Start(mailtest.Config{Name: fmt.Sprintf("mx%d.example%d.org", i, i), Accounts: []mailtest.Account{{User: user, Password: "correct horse"}}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = host.Close() })
		ca := filepath.Join(dir, user+".pem")
		if err := host.WriteCA(ca); err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, host)
		text += fmt.Sprintf("  %s: {address: %[1]s@example%d.org, via: %q, via_ca_file: %s, via_server_name: %s, fetch: %[6]q, fetch_ca_file: %[4]s, fetch_server_name: %[5]s}\n",
			user, i, host.URL(mailtest.Submission, user), ca, host.Name(), host.URL(mailtest.IMAPS, user))
	}
	mailtest.Join(hosts[0], hosts[1])
	file := filepath.Join(dir, "checks.yaml")
	if err := os.WriteFile(file, []byte(text+"checks: [{name: ways, kind: deliver, accounts: all, to_self: true}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &complaints}
	if code := a.run(t.Context(), []string{"check", "--print", "always", "-o", "jsonl", file}); code != 0 || complaints.Len() > 0 {
		t.Errorf("it ended with %d: %s", code, complaints.String())
	}
	var names []string
	for _, r := range reporttest.Valid(t, out.String()) {
		if r["status"] != "OK" {
			t.Errorf("%s is %s: %s", r["name"], r["status"], r["summary"])
		}
		names = append(names, r["name"].(string))
	}
	if got := strings.Join(names, ", "); got != "ways: alice > alice, ways: alice > bob, ways: bob > alice, ways: bob > bob" {
		t.Errorf("the results are of %s", got)
	}
}
