package prober

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"mailprobe/imapcheck"
	"mailprobe/internal/suite"
	"mailprobe/mailtest"
	"mailprobe/pingcheck"
	"mailprobe/pop3check"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

func kinds() []probe.Kind {
	return []probe.Kind{smtpcheck.Kind(), pop3check.Kind(), imapcheck.Kind(), pingcheck.Kind()}
}

// server is a Prober with the modules of a file, the built-in ones where text is empty.
func server(t testing.TB, text string, change ...func(*Options)) http.Handler {
	t.Helper()
	modules := suite.BuiltIn(kinds())
	if text != "" {
		modules = read(t, text, kinds())
	}
	o := Options{Modules: func() []*suite.Module { return modules }}
	for _, c := range change {
		c(&o)
	}
	p, mux := New(o), http.NewServeMux()
	t.Cleanup(func() { _ = p.Close() })
	p.Register(mux)
	return mux
}

func read(t testing.TB, text string, kinds []probe.Kind) []*suite.Module {
	t.Helper()
	s, problems := suite.Parse(filepath.Join(t.TempDir(), "mailprobe.yaml"), []byte(text), kinds)
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	return s.Modules
}

// ask asks for a probe; pairs are names and values of the query.
func ask(h http.Handler, pairs ...string) *httptest.ResponseRecorder {
	return askWith(context.Background(), h, "", pairs...)
}

func askWith(ctx context.Context, h http.Handler, limit string, pairs ...string) *httptest.ResponseRecorder {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		query.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/probe?"+query.Encode(), nil)
	if limit != "" {
		r.Header.Set(timeoutHeader, limit)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// values returns the value of every series, by its text, and fails for an answer that
// Prometheus could not read.
func values(t *testing.T, w *httptest.ResponseRecorder) map[string]string {
	t.Helper()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != contentType {
		t.Fatalf("%d %s: %s", w.Code, w.Header(), w.Body)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	if _, err := parser.TextToMetricFamilies(bytes.NewReader(w.Body.Bytes())); err != nil {
		t.Fatalf("%v in\n%s", err, w.Body)
	}
	all := map[string]string{}
	for line := range strings.Lines(w.Body.String()) {
		if at := strings.LastIndexByte(line, ' '); line[0] != '#' {
			all[line[:at]] = strings.TrimSpace(line[at:])
		}
	}
	return all
}

func host(t *testing.T, c mailtest.Config) (h *mailtest.Host, ca string) {
	t.Helper()
	h, err := mailtest.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := h.WriteCA(ca); err != nil {
		t.Fatal(err)
	}
	return h, ca
}

// TestProbe: a good server, one whose certificate is not, and one that is not there.
func TestProbe(t *testing.T) {
	h, ca := host(t, mailtest.Config{})
	s := server(t, fmt.Sprintf(`modules: {plain: {kind: smtp, tls: "off"}, tls: {kind: smtp, tls: require, ca_file: %s}, stranger: {kind: smtp, tls: require}, imap: {kind: imap, tls: implicit, ca_file: %[1]s}}`, ca))
	got := values(t, ask(s, "target", h.Addr(mailtest.SMTP), "module", "plain"))
	for series, want := range map[string]string{
		"probe_success": "1", "probe_ip_protocol": "4", "probe_ip_addr_hash": "3.668918509e+09", "probe_failed_due_to_regex": "0",
		fmt.Sprintf(`mailprobe_status{check="smtp",target="%s"}`, h.Addr(mailtest.SMTP)): "0",
	} {
		if got[series] != want {
			t.Errorf("%s is %q, want %q", series, got[series], want)
		}
	}
	for series := range got {
		if strings.HasPrefix(series, "probe_ssl") || strings.HasPrefix(series, "probe_tls") || strings.HasPrefix(series, "mailprobe_build_info") {
			t.Errorf("a plain session has %s", series)
		}
	}
	for module, service := range map[string]mailtest.Service{"tls": mailtest.SMTP, "imap": mailtest.IMAPS} {
		w := ask(s, "target", h.Addr(service), "module", module)
		if got := values(t, w); got["probe_success"] != "1" || got[`probe_tls_version_info{version="TLS 1.3"}`] != "1" ||
			got["probe_ssl_earliest_cert_expiry"] == "" || got["probe_ssl_last_chain_expiry_timestamp_seconds"][0] == '-' {
			t.Errorf("%s: %s", module, w.Body)
		}
	}
	w := ask(s, "target", h.Addr(mailtest.SMTP), "module", "stranger")
	if got := values(t, w); got["probe_success"] != "0" || got["probe_failed_due_to_regex"] != "0" || got["probe_ssl_earliest_cert_expiry"] == "" ||
		got["probe_ssl_last_chain_expiry_timestamp_seconds"] != "-6.21355968e+10" || !strings.Contains(w.Body.String(), `cause="cert-untrusted"`) {
		t.Errorf("stranger: %s", w.Body)
	}
	gone := h.Addr(mailtest.SMTP)
	if err := h.SetFaults(mailtest.Faults{Refuse: true}); err != nil {
		t.Fatal(err)
	}
	w = ask(s, "target", gone, "module", "plain")
	if got := values(t, w); got["probe_success"] != "0" || got["probe_ip_protocol"] != "4" || got["probe_failed_due_to_regex"] != "" || !strings.Contains(w.Body.String(), `cause="refused"`) {
		t.Errorf("gone: %s", w.Body)
	}
}

// TestRegex: a server that answers, and not with what it should, is told from one that is
// silent.
func TestRegex(t *testing.T) {
	h, _ := host(t, mailtest.Config{})
	s := server(t, `modules: {expect: {kind: smtp, tls: "off", expect: {greeting: ^220 other}}, to: {kind: smtp, tls: "off", to: nobody@example.net}, good: {kind: smtp, tls: "off", expect: {greeting: ^220}}}`)
	for module, want := range map[string]string{"expect": "1", "to": "1", "good": "0"} {
		got := values(t, ask(s, "target", h.Addr(mailtest.SMTP), "module", module))
		if got["probe_failed_due_to_regex"] != want || got["probe_success"] == want {
			t.Errorf("%s: regex %s, success %s", module, got["probe_failed_due_to_regex"], got["probe_success"])
		}
	}
	if err := h.SetFaults(mailtest.Faults{Drop: "CONNECT"}); err != nil {
		t.Fatal(err)
	}
	if got := values(t, ask(s, "target", h.Addr(mailtest.SMTP), "module", "expect")); got["probe_failed_due_to_regex"] != "0" || got["probe_success"] != "0" {
		t.Error(got)
	}
}

// TestUnresolved: a name that leads nowhere has no address.
func TestUnresolved(t *testing.T) {
	s := server(t, "", func(o *Options) { o.DNS = nowhere{} })
	got := values(t, ask(s, "target", "mx.example.org:25", "module", "smtp"))
	for series, want := range map[string]string{"probe_success": "0", "probe_ip_protocol": "0", "probe_ip_addr_hash": "0"} {
		if got[series] != want {
			t.Errorf("%s is %q, want %q", series, got[series], want)
		}
	}
}

// nowhere is a resolver that knows no name.
type nowhere struct{ probe.Resolver }

func (nowhere) LookupNetIP(_ context.Context, _, host string) (_ []netipAddr, err error) {
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// TestRefused: what a request lacks is said in one line, and no connection is made.
func TestRefused(t *testing.T) {
	t.Setenv("SECRET", "hunter2")
	s := server(t, `modules: {free: {kind: smtp}, login: {kind: smtp, user: alice, password_env: SECRET, targets: [mail.example.org, "*.example.net"]}, ping: {kind: ping}}`, forbidden(t))
	for _, c := range []struct {
		query string
		code  int
		text  string
	}{
		{"target=a.test", 400, "module= is missing; the modules are free, login, ping"},
		{"target=a.test&module=http_2xx", 400, `there is no module "http_2xx"; the modules are free, login, ping`},
		{"target=a.test&module=%0aX", 400, `there is no module "\nX"; the modules are free, login, ping`},
		{"module=free", 400, "target= is missing: the host, HOST:PORT or URL to check"},
		{"module=free&target=a%20b", 400, `target "a b" contains a space or a control character`},
		{"module=free&target=a.test:99999", 400, "port"},
		{"module=free&target=http://a.test", 400, `smtp does not take "http://"`},
		{"module=free&target=alice@a.test", 400, "the target names a user; who logs in stands in the module alone"},
		{"module=free&target=smtp://a:b@a.test", 400, "a password in a target is seen by everyone"},
		{"module=free&target=a.test/path", 400, "has a path"},
		{"module=free&target=" + strings.Repeat("a", 1000), 400, "aaa"},
		{"module=ping&target=a.test:25", 400, "ping takes no port"},
		{"module=free&target=a.test&hostname=a:25", 400, `hostname "a:25" is no name of a host`},
		{"module=" + strings.Repeat("x", 200) + "&target=a.test", 400, `there is no module "` + strings.Repeat("x", 80) + `"...; the modules are `},
		{"module=free&target=" + strings.Repeat("x", 30_000), 400, "target= has more than 1024 bytes\n"},
		{"module=free&target=a.test&hostname=" + strings.Repeat("x", 1000) + ":25", 400, `x"... is no name of a host`},
		{"module=free&target=a.test&hostname=smtp://b", 400, "is no name of a host"},
		{"module=login&target=a.test", 403, `target "a.test" is not among the targets of the module login`},
		{"module=login&target=mail.example.org:2525", 403, "is not among the targets"},
		{"module=login&target=mail.example.org@a.test", 400, "names a user"},
		{"module=login&target=a.test?.example.net", 400, "has a path"},
		{"module=login&target=a.test%23.example.net", 400, "has a path"},
		{"module=login&target=mail.example.org&target=x&hostname=evil.test", 403, "hostname= is not for module login, which has credentials"},
		{"module=free;x&target=a.test", 400, "the query is not encoded as a URL has it"},
		{"module=free&target=%zz", 400, "the query is not encoded as a URL has it"},
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/probe?"+c.query, nil))
		body := w.Body.String()
		if w.Code != c.code || !strings.Contains(body, c.text) || strings.Count(body, "\n") != 1 || strings.Contains(body, "hunter2") {
			t.Errorf("%s: %d %q, want %d %q", c.query, w.Code, body, c.code, c.text)
		}
	}
}

// forbidden fails the test where a connection is made or a name looked up.
func forbidden(t *testing.T) func(*Options) {
	return func(o *Options) {
		o.DNS = nowhere{}
		o.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
			t.Errorf("connected to %s", address)
			return nil, net.ErrClosed
		}
	}
}

// TestLimit: the time of Prometheus less half a second, never more than the module's.
func TestLimit(t *testing.T) {
	for header, want := range map[string]string{"": "2m0s", "10": "9.5s", "1e9": "1m59.5s", "+Inf": "1m59.5s", "0.6": "300ms", "0.2": "100ms", "2": "1.5s"} {
		if got, err := limitOf(header); err != nil || got.String() != want {
			t.Errorf("%q: %s, %v, want %s", header, got, err, want)
		}
	}
	for _, header := range []string{"x", "NaN", "-1", "0", "10s", "-Inf", " 1"} {
		if got, err := limitOf(header); err == nil {
			t.Errorf("%q: %s", header, got)
		}
	}
	s := server(t, "", forbidden(t))
	if w := askWith(t.Context(), s, "ten", "target", "a.test", "module", "smtp"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `X-Prometheus-Scrape-Timeout-Seconds "ten" is no number of seconds`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestHostname: the name that is asked for is that of the certificate, in a module that
// does not say it itself.
func TestHostname(t *testing.T) {
	h, ca := host(t, mailtest.Config{})
	s := server(t, fmt.Sprintf(`modules: {tls: {kind: smtp, tls: require, ca_file: %s}, own: {kind: smtp, tls: require, ca_file: %[1]s, server_name: %s}, icmp: {kind: ping, count: 1}}`, ca, h.Name()))
	for _, c := range []struct{ module, hostname, success string }{
		{"tls", h.Name(), "1"}, {"tls", "other.example.net", "0"}, {"own", "other.example.net", "1"},
	} {
		got := values(t, ask(s, "target", h.Addr(mailtest.SMTP), "module", c.module, "hostname", c.hostname))
		if got["probe_success"] != c.success {
			t.Errorf("%s with %s: %s, want %s", c.module, c.hostname, got["probe_success"], c.success)
		}
	}
}

// TestDebug: steps, transcript, metrics and module, and no secret.
func TestDebug(t *testing.T) {
	h, ca := host(t, mailtest.Config{Accounts: []mailtest.Account{{User: "alice", Password: "hunter2"}}})
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := server(t, fmt.Sprintf("modules:\n  login:\n    kind: imap\n    ca_file: %s\n    user: alice\n    password_command: cat %s # hunter2\n    targets: [%q]\n", ca, secret, h.Addr(mailtest.IMAP)))
	w := ask(s, "target", h.Addr(mailtest.IMAP), "module", "login", "debug", "true")
	text := w.Body.String()
	for _, want := range []string{"Logs for the probe:\n", "auth ", "C: A", "Metrics that would have been returned:\n", "\nprobe_success 1\n",
		"Module configuration:\nlogin:\n  kind: imap\n", "user: alice", "password_command: ***", "    - \"127.0.0.1:"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(text, "hunter2") || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" || w.Code != 200 {
		t.Errorf("%d %s\n%s", w.Code, w.Header(), text)
	}
}

// TestAtOnce: 64 clients are answered side by side, each about its own target.
func TestAtOnce(t *testing.T) {
	h, _ := host(t, mailtest.Config{})
	s := server(t, `modules: {plain: {kind: smtp, tls: "off"}, other: {kind: smtp, tls: "off", expect: {greeting: ^554}}}`)
	var all sync.WaitGroup
	var wrong atomic.Int64
	for i := range 64 {
		all.Go(func() {
			module, want := "plain", "\nprobe_success 1\n"
			if i%2 == 1 {
				module, want = "other", "\nprobe_success 0\n"
			}
			for range 4 {
				if w := ask(s, "target", h.Addr(mailtest.SMTP), "module", module); !strings.Contains(w.Body.String(), want) {
					wrong.Add(1)
				}
			}
		})
	}
	all.Wait()
	if n := wrong.Load(); n > 0 {
		t.Errorf("%d wrong answers", n)
	}
}

// TestConnectAlone: what an import makes of tcp_connect sends nothing and reads nothing.
func TestConnectAlone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	got := make(chan int, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		n, _ := conn.Read(make([]byte, 10))
		got <- n
	}()
	s := server(t, `modules: {tcp_connect: {kind: smtp, stop_after: connect, tls: "off"}}`)
	if v := values(t, ask(s, "target", l.Addr().String(), "module", "tcp_connect")); v["probe_success"] != "1" {
		t.Error(v)
	}
	if n := <-got; n != 0 {
		t.Errorf("%d bytes were sent", n)
	}
}

// FuzzProbe: whatever is asked, the answer is one line or metrics, and no connection is made
// to a server that is not allowed.
func FuzzProbe(f *testing.F) {
	f.Add("module=login&target=mail.example.org", "")
	f.Add("module=login&target=mail.example.org%00.evil.test&debug=true", "10")
	f.Add("module=free&target=[::1]:25&hostname=x", "NaN")
	names := regexp.MustCompile(`(?i)^(mail\.example\.org|.+\.example\.net)\.?$`)
	f.Fuzz(func(t *testing.T, query, limit string) {
		t.Setenv("SECRET", "hunter2")
		s := server(t, `modules: {login: {kind: smtp, user: alice, password_env: SECRET, targets: [mail.example.org, "*.example.net"]}, free: {kind: pop3}}`, func(o *Options) {
			o.DNS = only{t, names, strings.Contains(query, "free")}
		})
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/probe", RawQuery: query}, Header: http.Header{timeoutHeader: {limit}}}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		body := w.Body.String()
		if strings.Contains(body, "hunter2") {
			t.Errorf("%s: the secret is shown", query)
		}
		if w.Code != http.StatusOK && strings.Count(body, "\n") != 1 {
			t.Errorf("%s: %d %q", query, w.Code, body)
		}
	})
}

// only is a resolver that must not be asked for other names.
type only struct {
	t     *testing.T
	names *regexp.Regexp
	any   bool
}

func (o only) LookupNetIP(ctx context.Context, network, host string) ([]netipAddr, error) {
	if !o.any && !o.names.MatchString(host) {
		o.t.Errorf("%s was looked up", host)
	}
	return nowhere{}.LookupNetIP(ctx, network, host)
}

func (o only) LookupMX(context.Context, string) ([]*net.MX, error) { return nil, net.ErrClosed }
