package integration

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"mailprobe/mailtest"
	"mailprobe/wire/wiretest"
)

// built builds a program, as make does; args are those of go build. It needs no server, so
// that it does not depend on the lab.
func built(t *testing.T, name string, args ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	line := slices.Concat([]string{"build"}, args[:len(args)-1], []string{"-trimpath", "-ldflags", "-s -w", "-o", program}, args[len(args)-1:])
	cmd := exec.Command("go", line...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return program
}

// blackboxModules are the modules of blackbox_exporter that both run: mailprobe what its
// import makes of them.
const blackboxModules = `modules:
  smtp_banner:
    prober: tcp
    tcp: {query_response: [{expect: "^220 "}, {send: "QUIT\r"}]}
  smtp_wrong:
    prober: tcp
    timeout: 5s
    tcp: {query_response: [{expect: "^220 other\\.example\\.org ESMTP"}, {send: "QUIT\r"}]}
  smtp_starttls:
    prober: tcp
    tcp:
      tls_config: {ca_file: CA, server_name: NAME}
      query_response:
        - expect: "^220 ([^ ]+) ESMTP"
        - send: "EHLO prober\r"
        - expect: "^250[- ]STARTTLS"
        - send: "STARTTLS\r"
        - expect: "^220"
        - starttls: true
        - send: "EHLO prober\r"
        - expect: "^250[- ]SIZE"
        - send: "QUIT\r"
  smtp_hostname:
    prober: tcp
    tcp:
      tls_config: {ca_file: CA}
      query_response: [{expect: "^220"}, {send: "EHLO prober\r"}, {expect: "STARTTLS"}, {send: "STARTTLS\r"}, {expect: "^220"}, {starttls: true}, {send: "QUIT\r"}]
  imaps:
    prober: tcp
    tcp: {tls: true, tls_config: {ca_file: CA, server_name: NAME}, query_response: [{expect: "^\\* OK"}]}
  pop3s_insecure:
    prober: tcp
    tcp: {tls: true, tls_config: {insecure_skip_verify: true}, query_response: [{expect: "^\\+OK"}]}
  tls_untrusted:
    prober: tcp
    tcp: {tls: true}
  tcp_connect:
    prober: tcp
  icmp:
    prober: icmp
    timeout: 5s
`

// probers are a running blackbox_exporter and a running mailprobe, by their addresses, and
// the folders of both programs, as PATH has them.
type probers struct{ peer, mine, path string }

// startProbers starts both with the same modules.
func startProbers(t *testing.T, modules string) probers {
	t.Helper()
	peer := built(t, "blackbox_exporter", "-C", "../bench/prober/peer", "github.com/prometheus/blackbox_exporter")
	mine := built(t, "mailprobe", "mailprobe/cmd/mailprobe")
	dir := t.TempDir()
	theirs, ours := filepath.Join(dir, "blackbox.yml"), filepath.Join(dir, "mailprobe.yaml")
	if err := os.WriteFile(theirs, []byte(modules), 0o600); err != nil {
		t.Fatal(err)
	}
	importing := exec.Command(mine, "serve", "--import", theirs)
	var said strings.Builder
	importing.Stderr = &said
	file, err := importing.Output()
	if err != nil || said.String() != "" {
		t.Fatalf("serve --import: %v: %s", err, &said)
	}
	if err := os.WriteFile(ours, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return probers{
		serving(t, peer, func(address string) []string {
			return []string{"--config.file", theirs, "--web.listen-address", address, "--log.level", "error", "--log.prober", "error"}
		}),
		serving(t, mine, func(address string) []string { return []string{"serve", "--listen", address, "--state", dir, ours} }),
		filepath.Dir(peer) + ":" + filepath.Dir(mine),
	}
}

// serving starts a program that serves, waits until it does, and returns its address.
func serving(t *testing.T, program string, args func(address string) []string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	cmd := exec.Command(program, args(address)...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if r, err := http.Get("http://" + address + "/-/healthy"); err == nil {
			_ = r.Body.Close()
			return address
		}
	}
	t.Fatalf("%s does not answer", program)
	return ""
}

// probed asks for a probe, and returns the families of metrics by name.
func probed(t *testing.T, address string, query url.Values) map[string]*dto.MetricFamily {
	t.Helper()
	r, err := http.Get("http://" + address + "/probe?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", address, r.Status, err)
	}
	return families
}

// measured are the metrics whose values are times.
var measured = []string{"probe_duration_seconds", "probe_dns_lookup_time_seconds", "probe_icmp_duration_seconds"}

// same compares what both say. Every metric of blackbox_exporter is there, with its type,
// help text, labels and value.
func same(t *testing.T, theirs, ours map[string]*dto.MetricFamily) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		if name == "probe_failed_due_to_bytes" { // mailprobe compares no bytes
			continue
		}
		a, b := theirs[name], ours[name]
		if b == nil {
			t.Errorf("%s is missing", name)
			continue
		}
		if a.GetType() != b.GetType() || a.GetHelp() != b.GetHelp() {
			t.Errorf("%s is a %s, %q; blackbox_exporter's a %s, %q", name, b.GetType(), b.GetHelp(), a.GetType(), a.GetHelp())
		}
		if x, y := series(name, a), series(name, b); !slices.Equal(x, y) {
			t.Errorf("%s is %q; blackbox_exporter's %q", name, y, x)
		}
	}
}

// series returns the series of a family as texts in order, without the values of times.
func series(name string, f *dto.MetricFamily) (all []string) {
	for _, m := range f.GetMetric() {
		var labels []string
		for _, l := range m.GetLabel() {
			labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
		}
		slices.Sort(labels)
		text := strings.Join(labels, ",")
		if !slices.Contains(measured, name) {
			text += fmt.Sprint(" ", m.GetGauge().GetValue())
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

// TestBlackbox runs blackbox_exporter and mailprobe side by side on the same servers.
func TestBlackbox(t *testing.T) {
	t.Parallel()
	h, err := mailtest.Start(mailtest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := h.WriteCA(ca); err != nil {
		t.Fatal(err)
	}
	const closed = "127.0.0.1:1" // a free port would be another server's at any time
	refusing := greeting(t, "554 5.7.1 not you\r\n")
	p := startProbers(t, strings.NewReplacer("CA", ca, "NAME", h.Name()).Replace(blackboxModules))
	smtp := h.Addr(mailtest.SMTP)
	_, port, err := net.SplitHostPort(smtp)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		module, target, hostname string
		success                  float64
	}{
		{"smtp_banner", smtp, "", 1},
		{"smtp_banner", "localhost:" + port, "", 1},
		{"smtp_banner", closed, "", 0},
		{"smtp_wrong", smtp, "", 0},
		{"smtp_wrong", refusing, "", 0},
		{"smtp_starttls", smtp, "", 1},
		{"smtp_hostname", smtp, h.Name(), 1},
		{"smtp_hostname", smtp, "other.example.net", 0},
		{"imaps", h.Addr(mailtest.IMAPS), "", 1},
		{"pop3s_insecure", h.Addr(mailtest.POP3S), "", 1},
		{"tls_untrusted", h.Addr(mailtest.IMAPS), "", 0},
		{"tcp_connect", smtp, "", 1},
		{"tcp_connect", closed, "", 0},
		{"icmp", "127.0.0.1", "", 1},
		{"icmp", "does-not-exist.invalid", "", 0},
	} {
		t.Run(c.module+"/"+c.target+c.hostname, func(t *testing.T) {
			query := url.Values{"module": {c.module}, "target": {c.target}}
			if c.hostname != "" {
				query.Set("hostname", c.hostname)
			}
			theirs, ours := probed(t, p.peer, query), probed(t, p.mine, query)
			if got := theirs["probe_success"].GetMetric()[0].GetGauge().GetValue(); got != c.success {
				t.Fatalf("blackbox_exporter's probe_success is %v, so nothing is compared", got)
			}
			if c.module == "pop3s_insecure" { // nobody verified the chain, and mailprobe would say when it ends
				delete(theirs, "probe_ssl_last_chain_expiry_timestamp_seconds")
			}
			if c.module == "smtp_wrong" && c.target == smtp { // a line that does not match is waited for until the time is over
				delete(theirs, "probe_failed_due_to_regex")
			}
			same(t, theirs, ours)
		})
	}
	answersAlike(t, p)
}

// greeting is a server that says a line to whoever connects, and hangs up.
func greeting(t *testing.T, line string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go wiretest.Accept(l, func(conn net.Conn) error {
		_, err := conn.Write([]byte(line))
		return err
	})
	return l.Addr().String()
}

// answersAlike: both refuse the same requests with 400.
func answersAlike(t *testing.T, p probers) {
	t.Helper()
	for _, query := range []string{"module=nothing&target=127.0.0.1:25", "module=smtp_banner"} {
		for _, address := range []string{p.peer, p.mine} {
			r, err := http.Get("http://" + address + "/probe?" + query)
			if err != nil {
				t.Fatal(err)
			}
			_ = r.Body.Close()
			if r.StatusCode != http.StatusBadRequest {
				t.Errorf("%s at %s: %s", query, address, r.Status)
			}
		}
	}
}
