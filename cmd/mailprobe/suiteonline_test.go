package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/mailtest"
)

// TestOnlineSendsNothing: --validate --online logs in, reports a password that is
// wrong, and sends nothing, whatever the checks would send and whoever would be notified.
func TestOnlineSendsNothing(t *testing.T) {
	host, err := mailtest.Start(mailtest.Config{
		Name: "mx.example.org", Domains: []string{"example.org"},
		Accounts: []mailtest.Account{{User: "alice", Password: "right"}, {User: "bob", Password: "right"}, {User: "ops", Password: "x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	dir := t.TempDir()
	if err := host.WriteCA(filepath.Join(dir, "ca.pem")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	file := filepath.Join(dir, "checks.yaml")
	text := fmt.Sprintf(`defaults: {ca_file: ca.pem, alert_after: 1, timeout: 30s}
checks:
  - {name: journey, kind: deliver, to: alice@example.org, from: bob@example.net, via: "%[1]s", via_tls: "off", fetch: "%[2]s", fetch_password_env: ALICE, fetch_ca_file: ca.pem, warn: {delivered: 30s}}
  - {name: as a user, kind: deliver, to: alice@example.org, via: "%[4]s", via_user: bob, via_password_env: BOB, via_ca_file: ca.pem, fetch: "%[2]s", fetch_password_file: alice.pw, fetch_ca_file: ca.pem}
  - {name: hand over, kind: smtp, target: "%[1]s", tls: "off", to: alice@example.org, send: true, expect: {message: ^250}, warn: {message_size: 1k}}
  - {name: log in, kind: imap, target: "%[3]s", password_env: ALICE}
notify:
  - email: {through: "%[1]s", tls: "off", from: me@example.org, to: ops@example.org}
`, host.SMTPURL(), host.POP3SURL("alice"), host.IMAPSURL("alice"), host.SubmissionURL())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "alice.pw"), []byte("right"), 0o600); err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]struct {
		code  int
		words []string
	}{
		"right": {0, []string{"OK journey", "OK hand over", "OK log in", "4 checks: 4 OK"}},
		"wrong": {2, []string{"CRITICAL journey", "mailbox: auth: the server refused", "CRITICAL as a user", "submit: auth: the server answered AUTH", "OK hand over", "CRITICAL log in"}},
	} {
		t.Setenv("ALICE", password)
		t.Setenv("BOB", password)
		var out, errs bytes.Buffer
		code := run([]string{"check", "--validate", "--online", file}, strings.NewReader(""), &out, &errs)
		plain := strings.Join(strings.Fields(out.String()), " ")
		for _, w := range want.words {
			if !strings.Contains(plain, w) {
				t.Errorf("with the %s password %q is not told:\n%s%s", password, w, out.String(), errs.String())
			}
		}
		if code != want.code {
			t.Errorf("with the %s password the exit code is %d", password, code)
		}
	}
	if n := host.Queued(); n > 0 || len(host.Messages("alice")) > 0 || len(host.Messages("ops")) > 0 {
		t.Errorf("something was sent: %d in the queue, %d and %d messages", n, len(host.Messages("alice")), len(host.Messages("ops")))
	}
	if _, err := os.Stat(filepath.Join(dir, "state", "mailprobe", "history.db")); err == nil {
		t.Error("something was noted")
	}
}
