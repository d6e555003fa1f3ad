package integration

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
	"mailprobe/mailtest"
)

var update = flag.Bool("update", false, "write the tables of docs/coming-from/blackbox_exporter.md anew")

// asked is a line of the guide for those who come from blackbox_exporter: what they type,
// what to type here, and a pattern of what both print, or of what each does.
type asked struct {
	theirs, ours, about string
	shows               [2]string
}

// both is a line whose address alone differs, and for which both print the same.
func both(path, about, shows string) asked {
	const line = "curl -s 'localhost:%s/%s'"
	return asked{fmt.Sprintf(line, "9115", path), fmt.Sprintf(line, "9126", path), about, [2]string{shows, shows}}
}

// guideModules are the modules of the guide.
const guideModules = `modules:
  smtp_banner:
    prober: tcp
    tcp: {query_response: [{expect: "^220 "}, {send: "QUIT\r"}]}
  smtp_starttls:
    prober: tcp
    tcp:
      tls_config: {ca_file: CA}
      query_response: [{expect: "^220"}, {send: "EHLO prober\r"}, {expect: "STARTTLS"}, {send: "STARTTLS\r"}, {expect: "^220"}, {starttls: true}, {send: "QUIT\r"}]
  imaps_banner:
    prober: tcp
    tcp: {tls: true, tls_config: {ca_file: CA, server_name: mx.example.org}, query_response: [{expect: "^\\* OK"}]}
  pop3s_banner:
    prober: tcp
    tcp: {tls: true, tls_config: {insecure_skip_verify: true}, query_response: [{expect: "^\\+OK"}]}
  tcp_connect:
    prober: tcp
  icmp:
    prober: icmp
`

// blackboxMoves are the tables of the guide.
var blackboxMoves = []struct {
	title string
	rows  []asked
}{
	{"The program", []asked{
		{"blackbox_exporter --config.file=blackbox.yml --config.check", "mailprobe serve --import blackbox.yml > modules.yaml && mailprobe check --validate modules.yaml",
			"the modules of tcp and icmp become those of mailprobe, and what has no counterpart is named; then the file is checked", [2]string{"Config file is ok", ""}},
		both("-/healthy", "health", "(?i)^(healthy|ok)"),
		{"curl -s -X POST localhost:9115/-/reload", "curl -s -X POST localhost:9126/-/reload", "reads the file anew, as SIGHUP does; here it is also read when it has changed", [2]string{"", ""}},
		{"curl -s localhost:9115/metrics | grep config_last_reload_successful", "curl -s localhost:9126/metrics | grep config_last_reload_successful",
			"whether the file was good", [2]string{"^blackbox_exporter_config_last_reload_successful 1$", "^mailprobe_config_last_reload_successful 1$"}},
	}},
	{"Probes", []asked{
		both("probe?module=smtp_banner&target=mx.example.org:25", "a greeting", "^probe_success 1$"),
		both("probe?module=smtp_starttls&target=mx.example.org:25&hostname=mx.example.org", "STARTTLS, with the name that the certificate must be for", `^probe_tls_version_info\{version="TLS 1.3"\} 1$`),
		both("probe?module=imaps_banner&target=mx.example.org:993", "the days of a certificate: `(probe_ssl_earliest_cert_expiry - time()) / 86400`", "^probe_ssl_earliest_cert_expiry [1-9]"),
		both("probe?module=pop3s_banner&target=mx.example.org:995", "a certificate that need not be good", "^probe_success 1$"),
		both("probe?module=tcp_connect&target=mx.example.org:25", "a connection alone", "^probe_success 1$"),
		both("probe?module=icmp&target=mx.example.org", "an echo request", `^probe_icmp_duration_seconds\{phase="rtt"\} `),
		both("probe?module=tcp_connect&target=mx.example.org:26", "nobody listens there", "^probe_success 0$"),
		both("probe?module=nothing&target=mx.example.org:25", "a module that there is not: 400", "(?i)(unknown|no) module"),
		both("probe?module=smtp_banner&target=mx.example.org:25&debug=true", "what happened: here as steps, with the transcript", "^probe_success 1$"),
	}},
	{"What is only here", []asked{
		{"curl -s 'localhost:9115/probe?module=smtp_banner&target=mx.example.org:26'", "curl -s 'localhost:9126/probe?module=smtp_banner&target=mx.example.org:26'",
			"why it failed, and who has to act", [2]string{"^probe_success 0$", `^mailprobe_cause\{.*cause="refused",blame="server".*\} 1$`}},
		{"curl -s 'localhost:9115/probe?module=smtp_banner&target=mx.example.org:25'", "curl -s 'localhost:9126/probe?module=smtp&target=mx.example.org:25'",
			"modules that need no file, named as the kinds; the time of each step", [2]string{"^probe_duration_seconds ", `^mailprobe_step_duration_seconds\{.*step="ehlo".*\} `}},
	}},
}

// TestComingFromBlackbox runs every line of the guide with the real blackbox_exporter and
// with mailprobe, against the same server, and holds the tables to what is run.
func TestComingFromBlackbox(t *testing.T) {
	t.Parallel()
	holdGuide(t)
	h, err := mailtest.Start(mailtest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	if err := h.WriteCA(ca); err != nil {
		t.Fatal(err)
	}
	modules := strings.NewReplacer("CA", ca, "mx.example.org", h.Name()).Replace(guideModules)
	if err := os.WriteFile(filepath.Join(dir, "blackbox.yml"), []byte(modules), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startProbers(t, modules)
	replace := strings.NewReplacer("localhost:9115", p.peer, "localhost:9126", p.mine, "hostname=mx.example.org", "hostname="+h.Name(),
		"mx.example.org:25", h.Addr(mailtest.SMTP), "mx.example.org:26", unused(t), "mx.example.org:993", h.Addr(mailtest.IMAPS), "mx.example.org:995", h.Addr(mailtest.POP3S),
		"target=mx.example.org'", "target=127.0.0.1'")
	for _, table := range blackboxMoves {
		for _, row := range table.rows {
			for side, line := range []string{row.theirs, row.ours} {
				cmd := exec.CommandContext(t.Context(), "sh", "-c", replace.Replace(line))
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+p.path+":"+os.Getenv("PATH"))
				out, err := cmd.CombinedOutput()
				if err != nil || !regexp.MustCompile("(?m)"+row.shows[side]).Match(out) {
					t.Errorf("%s shows no %q, %v:\n%s", line, row.shows[side], err, out)
				}
			}
		}
	}
}

// unused is an address at which nobody listens.
func unused(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// holdGuide holds the tables of the guide to the lines, or with -update writes them there.
func holdGuide(t *testing.T) {
	var tables []reporttest.GuideTable
	for _, table := range blackboxMoves {
		written := reporttest.GuideTable{Title: table.title, Head: []string{"there", "here", ""}}
		for _, row := range table.rows {
			written.Rows = append(written.Rows, []string{row.theirs, row.ours, row.about})
		}
		tables = append(tables, written)
	}
	reporttest.HoldGuide(t, "../docs/coming-from/blackbox_exporter.md", *update, "go test ./integration -run TestComingFromBlackbox -update", tables)
}
