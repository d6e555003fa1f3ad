package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
	"mailprobe/mailtest"
	"mailprobe/wire/wiretest"
)

// kumaChecks are the checks that the tables of the guide for those who come from Uptime Kuma
// speak of, by what is there: keys of a check, and the status that it has, empty where
// it waits for others.
var kumaChecks = map[string][]struct{ check, status string }{
	"Ping":     {{`kind: ping, target: 127.0.0.1, count: 1`, "OK"}},
	"TCP Port": {{`kind: ping, target: 127.0.0.1, tcp: SMTP_PORT, count: 1`, "OK"}},
	"SMTP":     {{`kind: smtp, target: "SUBMISSION", tls: require, user: alice, password_env: ALICE_PASSWORD, to: alice@example.org`, "OK"}},
	"Push":     {{`kind: push, every: 1h`, ""}}, // it waits
	"none": {
		{`kind: imap, target: "IMAP", user: alice, password_env: ALICE_PASSWORD`, "OK"},
		{`kind: pop3, target: "POP3", user: alice, password_env: ALICE_PASSWORD`, "OK"},
		{`kind: deliver, to: alice@example.org, via: "smtp://SMTP", fetch: "imap://alice@IMAP", fetch_password_env: ALICE_PASSWORD`, "OK"},
		{`kind: domain, target: example.org, resolver: "RESOLVER", trust_anchor: ANCHOR, only: [spf]`, "WARNING"},
		{`kind: trace, target: 127.0.0.1, count: 1`, "OK"},
	},
	"DNS":                               {{`kind: domain, target: example.org, resolver: "RESOLVER", trust_anchor: ANCHOR, only: [mx, spf]`, "WARNING"}},
	"Certificate expiry notification":   {{`kind: smtp, target: "SOON", tls: require`, "WARNING"}},
	"Group":                             {{`kind: smtp, target: "SMTP", group: relays, tags: [berlin]`, "OK"}},
	"Heartbeat Interval":                {{`kind: smtp, target: "SMTP", every: 1m`, "OK"}},
	"Retries, Heartbeat Retry Interval": {{`kind: smtp, target: "127.0.0.1:1", alert_after: 3, attempts: 2, retry_after: 10ms`, "CRITICAL"}},
	"Request Timeout":                   {{`kind: smtp, target: "SMTP", timeout: 20s`, "OK"}},
	"Resend Notification if Down X times consecutively": {{`kind: smtp, target: "127.0.0.1:1"`, "CRITICAL"}},
	"Upside Down Mode":      {{`kind: smtp, target: "SMTP", to: nobody@example.org, expect: {rcpt: ^5}`, "OK"}},
	"Ignore TLS/SSL errors": {{`kind: smtp, target: "SELFSIGNED", tls: require, insecure: true`, "OK"}},
	"Tags":                  {{`kind: smtp, target: "SMTP", tags: [berlin]`, "OK"}},
}

// kumaTop are the other keys of the file.
const kumaTop = `
remind: 6h
defaults: {ca_file: CA, server_name: mx.example.org, deliver: {via_server_name: mx.example.org, via_ca_file: CA, fetch_server_name: mx.example.org, fetch_ca_file: CA}}
groups: {relays: {timeout: 20s}}
`

// aRow is a row of a table of two columns or more, by these two.
var aRow = regexp.MustCompile(`(?m)^\| (.+?) \| (.+?) \|`)

// TestComingFromUptimeKuma: what each row of the tables says is a check that runs, in one
// file, and comes to the status that it should. What is there is a form.
func TestComingFromUptimeKuma(t *testing.T) {
	text, err := os.ReadFile("../../docs/coming-from/uptime-kuma.md")
	if err != nil {
		t.Fatal(err)
	}
	tables, _, _ := strings.Cut(string(text), "The same monitors")
	want, rows := map[string]string{}, 0
	file := kumaTop + "checks:\n"
	for _, row := range aRow.FindAllStringSubmatch(tables, -1) {
		there, here := row[1], row[2]
		if strings.HasSuffix(there, " there") || there == "---" {
			continue
		}
		rows++
		written := kumaTop
		for i, c := range kumaChecks[there] {
			name := strings.ToLower(strings.ReplaceAll(fmt.Sprintf("%s %d", there, i), "/", "-"))
			file += fmt.Sprintf("  - {name: %q, %s}\n", name, c.check)
			written += c.check + ","
			if c.status != "" {
				want[name] = c.status
			}
		}
		for _, span := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(here, -1) {
			key, value, _ := strings.Cut(span[1], ":")
			if !strings.Contains(written, key+":") || key == "kind" && !strings.Contains(written, key+":"+value+",") {
				t.Errorf("%s: `%s` is not run", there, span[1])
			}
		}
	}
	if rows != len(kumaChecks) {
		t.Errorf("%d rows, and checks for %d", rows, len(kumaChecks))
	}
	for name, status := range runKuma(t, file) {
		if want[name] != status {
			t.Errorf("%s is %s, want %s", name, status, want[name])
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s did not run", name)
	}
}

// runKuma runs a file of checks against mail hosts, and returns the status of each.
func runKuma(t *testing.T, file string) map[string]string {
	t.Helper()
	for _, need := range []string{"ping", "root"} {
		if ok, err := condition(need); err != nil {
			t.Fatal(err)
		} else if !ok {
			t.Skipf("SKIP without %s", need)
		}
	}
	dir := t.TempDir()
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	host := func(certificate string) *mailtest.Host {
		h, err := mailtest.Start(mailtest.Config{Name: "mx.example.org", InsecureAuth: true, Authority: authority,
			Accounts: []mailtest.Account{{User: "alice", Password: "correct horse"}}, Faults: mailtest.Faults{Certificate: certificate}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = h.Close() })
		return h
	}
	good, soon, self := host(""), host("soon"), host("self-signed")
	ca := filepath.Join(dir, "ca.pem")
	if err := good.WriteCA(ca); err != nil {
		t.Fatal(err)
	}
	world, err := readZones("testdata/readme/zones")
	if err != nil {
		t.Fatal(err)
	}
	resolver, anchor := startWorld(t, world)
	_, port, _ := net.SplitHostPort(good.Addr(mailtest.SMTP))
	file = strings.NewReplacer("SMTP_PORT", port, "SUBMISSION", good.Addr(mailtest.Submission), "SMTP", good.Addr(mailtest.SMTP),
		"IMAP", good.Addr(mailtest.IMAP), "POP3", good.Addr(mailtest.POP3), "SOON", soon.Addr(mailtest.SMTP), "SELFSIGNED", self.Addr(mailtest.SMTP),
		"RESOLVER", resolver, "ANCHOR", anchor, "CA,", ca+",", "CA}", ca+"}").Replace(file)
	name := filepath.Join(dir, "checks.yaml")
	if err := os.WriteFile(name, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ALICE_PASSWORD", "correct horse")
	t.Setenv("XDG_STATE_HOME", dir)
	var out, complaints bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &complaints}
	a.run(context.Background(), []string{"check", "--print", "always", "-o", "jsonl", name})
	got := map[string]string{}
	for _, r := range reporttest.Valid(t, out.String()) {
		got[fmt.Sprint(r["name"])] = fmt.Sprint(r["status"])
	}
	if len(got) == 0 {
		t.Fatal(complaints.String())
	}
	return got
}

// TestDomainMoves: each command that the page about domains has for those who come from
// another tool runs, and says what the row says.
func TestDomainMoves(t *testing.T) {
	text, err := os.ReadFile("../../docs/domain.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Coming from another tool\n")
	section, _, _ = strings.Cut(section, "\n## ")
	shows := map[string]string{ // a pattern of what each prints
		"mailprobe domain --selector NAME --dnsbl ZONE example.org":                                           `s1\._domainkey(?s:.*)bl\.example\.org`,
		"mailprobe smtp mx.example.org":                                                                       `(?m)^ehlo `,
		"mailprobe domain --require dnssec,dane,mta-sts,tlsrpt,dkim,enforce,ipv6 --selector NAME example.org": `CRITICAL +there is no record at _smtp\._tls`,
		"mailprobe domain --no-sessions -o json example.org":                                                  `"target": "example\.org"`,
		"mailprobe smtp --mx --tls=dane example.org":                                                          `mx2\.example\.org(?s:.*)TLSA`,
		"mailprobe domain --only delegation -v example.org":                                                   `DNSSEC secure`,
		"mailprobe domain -v example.org":                                                                     `v=spf1`,
	}
	commands := regexp.MustCompile("`(mailprobe [^`]+)`").FindAllStringSubmatch(section, -1)
	if len(commands) != len(shows) {
		t.Errorf("%d commands in the table, %d here", len(commands), len(shows))
	}
	for _, m := range commands {
		pattern, ok := shows[m[1]]
		if !ok {
			t.Errorf("%s is not run", m[1])
			continue
		}
		args := strings.Fields(strings.NewReplacer("NAME", "s1", "ZONE", "bl.example.org").Replace(m[1]))[1:]
		if m[1] == "mailprobe smtp mx.example.org" {
			args = []string{"smtp", "--dane", "mx1.example.org"} // as the DNS of the test is signed
		}
		if out := domainOutput(t, args); !regexp.MustCompile(pattern).MatchString(out) {
			t.Errorf("%s shows no %s:\n%s", m[1], pattern, out)
		}
	}
}
