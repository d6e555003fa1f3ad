package domain_test

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/domain"
	"mailprobe/probe"
)

// policyPages are what the policy hosts answer, by the domain: a body, or a function.
var policyPages = map[string]any{
	"good.org":      "version: STSv1\nmode: enforce\nmx: a.good.org\nmax_age: 604800\n",
	"crlf.org":      "version: STSv1\r\nmode: enforce\r\nmx: *.crlf.org\r\nmax_age: 604800\r\nother: x\r\nmode: none\r\n",
	"deep.org":      "version: STSv1\nmode: enforce\nmx: *.deep.org\nmax_age: 604800\n",
	"testing.org":   "version: STSv1\nmode: testing\nmx: b.testing.org\nmax_age: 604800\n",
	"off.org":       "version: STSv1\nmode: none\nmax_age: 604800\n",
	"short.org":     "version: STSv1\nmode: enforce\nmx: a.short.org\nmax_age: 3600\n",
	"unused.org":    "version: STSv1\nmode: enforce\nmx: a.unused.org\nmx: old.unused.org\nmax_age: 604800\n",
	"unmatched.org": "version: STSv1\nmode: enforce\nmx: b.unmatched.org\nmax_age: 604800\n",
	"broken.org":    "version: STSv2\nmode: enforce\n",
	"long.org":      "version: STSv1\nmode: enforce\nmx: a.long.org\nmax_age: 604800\n" + strings.Repeat("x: y\n", 13200),
	"missing.org":   func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
	"moved.org": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
	},
	"html.org": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("version: STSv1\nmode: enforce\nmx: a.html.org\nmax_age: 604800\n"))
	},
}

// policyServer serves policyPages with a certificate for the names in certified.
func policyServer(t *testing.T) (addr string, certificate []byte) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch page := policyPages[strings.TrimPrefix(r.Host, "mta-sts.")].(type) {
		case string:
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = w.Write([]byte(page))
		case func(http.ResponseWriter, *http.Request):
			page(w, r)
		}
	}))
	var names []string
	for name := range policyPages {
		names = append(names, "mta-sts."+name)
	}
	cert, text := selfSigned(t, names...)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the check closes connections as it should
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), text
}

// TestMTASTS: the connections of the check to port 443 lead to a server of the test's.
func TestMTASTS(t *testing.T) {
	const ok, warning, critical, unknown, skipped = probe.OK, probe.Warning, probe.Critical, probe.Unknown, probe.Skipped
	server, certificate := policyServer(t)
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	world := dnstest.World{Zones: []dnstest.Zone{{Name: "none.org"}, {Name: "two.org", Records: "_mta-sts TXT \"v=STSv1; id=1\"\n_mta-sts TXT \"v=STSv1; id=2\""},
		{Name: "badid.org", Records: "_mta-sts TXT \"v=STSv1; id=a-b\""}, {Name: "nohost.org", Records: "_mta-sts TXT \"v=STSv1; id=1\""},
		{Name: "uncertified.org", Records: "_mta-sts TXT \"v=STSv1; id=1\"\nmta-sts A 192.0.2.3"}, {Name: "down.org"},
		{Name: "downhost.org", Records: "_mta-sts TXT \"v=STSv1; id=1\""}}}
	world.Rules = []dnstest.Rule{{Name: "_mta-sts.down.org", Rcode: "SERVFAIL"}, {Name: "mta-sts.downhost.org", Rcode: "SERVFAIL"}}
	for name := range policyPages {
		deeper := map[string]string{"deep.org": "@ MX 20 x.a\nx.a A 192.0.2.1\n"}[name]
		world.Zones = append(world.Zones, dnstest.Zone{Name: name, Records: deeper + "@ MX 10 a\na A 192.0.2.1\n_mta-sts TXT \"v=STSv1; id=1\"\nmta-sts A 192.0.2.3"})
	}
	addr, anchors := start(t, world)
	kind := domain.Kind()
	plain := kind.New
	kind.New = func(o *probe.Options) (probe.Checker, []probe.Option) {
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasSuffix(address, ":443") {
				address = server
			}
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		}
		return plain(o)
	}
	for _, want := range []row{
		{"good.org", ok, "", "sts_mode=enforce sts_max_age=604800", "enforce a.good.org"},
		{"crlf.org", ok, "", "sts_mode=enforce", ""},
		{"deep.org", critical, "mta-sts-mismatch", "", "x.a.deep.org"},
		{"testing.org", warning, "mta-sts-weak", "sts_mode=testing", ""},
		{"off.org", warning, "mta-sts-weak", "sts_mode=none", ""},
		{"short.org", warning, "mta-sts-weak", "sts_max_age=3600", ""},
		{"unused.org", warning, "mta-sts-weak", "", "old.unused.org"},
		{"unmatched.org", critical, "mta-sts-mismatch", "", "a.unmatched.org"},
		{"broken.org", critical, "mta-sts-unusable", "", "STSv2"},
		{"long.org", critical, "mta-sts-unusable", "", "65536"},
		{"missing.org", critical, "mta-sts-unusable", "", "404"},
		{"moved.org", critical, "mta-sts-unusable", "", "301"},
		{"html.org", warning, "mta-sts-weak", "", "text/html"},
		{"none.org", skipped, "", "", ""},
		{"two.org", critical, "mta-sts-unusable", "", "2 records"},
		{"badid.org", critical, "mta-sts-unusable", "", "a-b"},
		{"nohost.org", critical, "mta-sts-unusable", "", "mta-sts.nohost.org has no address"},
		{"uncertified.org", critical, "mta-sts-unusable", "", "certificate"},
		{"down.org", unknown, "resolver-failed", "", ""},
		{"downhost.org", unknown, "resolver-failed", "", ""},
	} {
		r := wholeOf(t, kind, want.name, "--resolver", addr, "--trust-anchor", anchors, "--ca-file", caFile, "--only", "mta-sts")
		want.judge(t, &r.Steps[0])
	}
}
