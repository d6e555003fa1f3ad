package domain_test

import (
	"cmp"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
	"mailprobe/wire/wiretest"
)

// policyPages are what the policy hosts answer, by the domain: a body, or a function.
var policyPages = map[string]any{
	"good.org":      "version: STSv1\nmode: enforce\nmx: a.good.org\nmax_age: 604800\n",
	"crlf.org":      "version: STSv1\r\nmode: enforce\r\nmx: *.crlf.org\r\nmax_age: 604800\r\nother: x\r\nmode: none\r\nmax_age: 60\r\n",
	"deep.org":      "version: STSv1\nmode: enforce\nmx: *.deep.org\nmax_age: 604800\n",
	"testing.org":   "version: STSv1\nmode: testing\nmx: b.testing.org\nmax_age: 604800\n",
	"off.org":       "version: STSv1\nmode: none\nmax_age: 604800\n",
	"short.org":     "version: STSv1\nmode: enforce\nmx: a.short.org\nmax_age: 3600\n",
	"unused.org":    "version: STSv1\nmode: enforce\nmx: a.unused.org\nmx: old.unused.org\nmax_age: 604800\n",
	"unmatched.org": "version: STSv1\nmode: enforce\nmx: b.unmatched.org\nmax_age: 604800\n",
	"broken.org":    "version: STSv2\nmode: enforce\n",
	"long.org":      "version: STSv1\nmode: enforce\nmx: a.long.org\nmax_age: 604800\n" + strings.Repeat("x: y\n", 13200),
	"soon.org":      "version: STSv1\nmode: enforce\nmx: a.soon.org\nmax_age: 604800\n",
	"second.org":    "version: STSv1\nmode: enforce\nmx: a.second.org\nmax_age: 604800\n",
	"expired.org":   "version: STSv1\nmode: enforce\nmx: a.expired.org\nmax_age: 604800\n",
	"missing.org":   func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
	"moved.org": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
	},
	"endless.org": func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("version: STSv1\nmode: enforce\nmx: a.endless.org\nmax_age: 604800\n"))
		}
	},
	"drip.org": func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	},
	"garbage.org": func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_, _ = conn.Write([]byte("\x1b[2J" + strings.Repeat("\xff", 1000) + "\r\n"))
			_ = conn.Close()
		}
	},
	"header.org": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 100_000))
	},
	"html.org": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("version: STSv1\nmode: enforce\nmx: a.html.org\nmax_age: 604800\n"))
	},
}

// policies answers as policyPages say.
var policies = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	switch page := policyPages[strings.TrimPrefix(r.Host, "mta-sts.")].(type) {
	case string:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(page))
	case func(http.ResponseWriter, *http.Request):
		page(w, r)
	}
})

// TestMTASTS: the policies are served at 192.0.2.3; .5 refuses connections, .9 is silent,
// .12 has a certificate that ends soon, .13 one that has ended, and .14 no TLS.
func TestMTASTS(t *testing.T) {
	const ok, warning, critical, unknown, skipped = probe.OK, probe.Warning, probe.Critical, probe.Unknown, probe.Skipped
	var names []string
	for name := range policyPages {
		names = append(names, "mta-sts."+name)
	}
	secure, plain, caFile := webServers(t, policies, names...)
	to := map[string]string{"192.0.2.3:443": secure, "192.0.2.5:443": "127.0.0.1:1", "192.0.2.14:443": plain, "[2001:db8::1]:443": noRoute}
	files := []string{caFile}
	for at, sort := range map[string]string{"192.0.2.12:443": "soon", "192.0.2.13:443": "expired"} {
		authority, err := wiretest.NewAuthority()
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := authority.IssueFor("mta-sts."+sort+".org", sort)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, filepath.Join(t.TempDir(), "ca.pem"))
		if err := authority.WriteFile(files[len(files)-1]); err != nil {
			t.Fatal(err)
		}
		to[at] = webServer(t, policies, &certificate)
	}
	all := joined(t, files...)
	const record = "_mta-sts TXT \"v=STSv1; id=1\"\n"
	world := dnstest.World{Zones: []dnstest.Zone{{Name: "none.org"}, {Name: "two.org", Records: record + "_mta-sts TXT \"v=STSv1; id=2\""},
		{Name: "badid.org", Records: "_mta-sts TXT \"v=STSv1; id=a-b\""}, {Name: "nohost.org", Records: record},
		{Name: "uncertified.org", Records: record + "mta-sts A 192.0.2.3"}, {Name: "down.org"}, {Name: "refused.org", Records: record + "mta-sts A 192.0.2.5"},
		{Name: "silent.org", Records: record + "mta-sts A 192.0.2.9"}, {Name: "plain.org", Records: record + "mta-sts A 192.0.2.14"}, {Name: "six.org", Records: record + "mta-sts AAAA 2001:db8::1"},
		{Name: "bogus.org", Records: record}, {Name: "mta-sts.bogus.org", Records: "@ A 192.0.2.3", Fault: dnstest.Expired},
		{Name: "both.org", Records: record + "mta-sts AAAA 2001:db8::1\nmta-sts A 192.0.2.5\nmta-sts A 192.0.2.9"},
		{Name: "second.org", Records: record + "mta-sts A 192.0.2.3\nmta-sts A 192.0.2.5\n@ MX 1 a"}, {Name: "downhost.org", Records: record}}}
	world.Rules = []dnstest.Rule{{Name: "_mta-sts.down.org", Rcode: "SERVFAIL"}, {Name: "mta-sts.downhost.org", Rcode: "SERVFAIL"}}
	own := map[string]string{"soon.org": "192.0.2.12", "expired.org": "192.0.2.13"}
	for name := range policyPages {
		if slices.ContainsFunc(world.Zones, func(z dnstest.Zone) bool { return z.Name == name }) {
			continue
		}
		deeper := map[string]string{"deep.org": "@ MX 20 x.a\nx.a A 192.0.2.1\n"}[name]
		world.Zones = append(world.Zones, dnstest.Zone{Name: name, Records: deeper + "@ MX 10 a\na A 192.0.2.1\n" + record + "mta-sts A " + cmp.Or(own[name], "192.0.2.3")})
	}
	addr, anchors := start(t, world)
	for _, want := range []row{
		{"good.org", ok, "", "sts_mode=enforce sts_max_age=604800 sts_cert_days_left=89", "enforce a.good.org"},
		{"crlf.org", ok, "", "sts_mode=enforce sts_max_age=604800", ""},
		{"second.org", ok, "", "sts_mode=enforce", ""},
		{"deep.org", critical, "mta-sts-mismatch", "", "the exchanger x.a.deep.org"},
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
		{"endless.org", critical, "mta-sts-unusable", "", "65536"},
		{"drip.org", unknown, "mta-sts-unreachable", "", ""},
		{"garbage.org", critical, "mta-sts-unusable", "", "does not answer by HTTP"},
		{"header.org", critical, "mta-sts-unusable", "", "the header of the answer is longer than 65536 bytes"},
		{"none.org", skipped, "", "", ""},
		{"two.org", critical, "mta-sts-unusable", "", "2 records"},
		{"badid.org", critical, "mta-sts-unusable", "", "a-b"},
		{"nohost.org", critical, "mta-sts-unusable", "", "mta-sts.nohost.org has no address"},
		{"uncertified.org", critical, "mta-sts-unusable", "", "the certificate is not for mta-sts.uncertified.org"},
		{"expired.org", critical, "mta-sts-unusable", "", "the certificate expired on"},
		{"soon.org", warning, "cert-expires-soon", "sts_mode=enforce sts_cert_days_left=10", "the certificate expires in 10 days"},
		{"refused.org", critical, "mta-sts-unusable", "", "the connection is refused"},
		{"plain.org", critical, "mta-sts-unusable", "", "does not speak TLS"},
		{"both.org", critical, "mta-sts-unusable", "", "the connection is refused"},
		{"bogus.org", critical, "dnssec-bogus", "", "mta-sts.bogus.org"},
		{"silent.org", unknown, "mta-sts-unreachable", "", "is HTTPS blocked here?"},
		{"six.org", unknown, "mta-sts-unreachable", "", "is HTTPS blocked here?"},
		{"down.org", unknown, "resolver-failed", "", ""},
		{"downhost.org", unknown, "resolver-failed", "", ""},
	} {
		t.Run(want.name, func(t *testing.T) {
			t.Parallel()
			r := wholeOf(t, dialled(to), want.name, "--resolver", addr, "--trust-anchor", anchors, "--ca-file", all, "--only", "mta-sts", "--no-sessions", "--timeout", "2s")
			want.judge(t, &r.Steps[0])
		})
	}
}

// TestPublishSTS: what to publish for a policy that is missing or does not fit.
func TestPublishSTS(t *testing.T) {
	secure, _, caFile := webServers(t, policies, "mta-sts.unmatched.org")
	addr, anchors := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "none.org", Records: "@ MX 10 a\na A 192.0.2.1\n@ MX 20 b\\;c"},
		{Name: "unmatched.org", Records: "@ MX 10 a\na A 192.0.2.1\n_mta-sts TXT \"v=STSv1; id=1\"\nmta-sts A 192.0.2.3"},
		{Name: "two.org", Records: "_mta-sts TXT \"v=STSv1; id=1\"\n_mta-sts TXT \"v=STSv1; id=2\""}}})
	kind := dialled(map[string]string{"192.0.2.3:443": secure})
	for name, hint := range map[string]string{
		"none.org":      "serve https://mta-sts.none.org/.well-known/mta-sts.txt with the lines version: STSv1, mode: testing, max_age: 604800, mx: a.none.org; then",
		"unmatched.org": "add to the policy mx: a.unmatched.org and then publish the record",
		"two.org":       "leave one record",
	} {
		r := wholeOf(t, kind, name, "--resolver", addr, "--trust-anchor", anchors, "--ca-file", caFile, "--only", "mta-sts", "--no-sessions", "--require", "mta-sts")
		s := &r.Steps[0]
		if s.Status != probe.Critical || !strings.HasPrefix(s.Hint, hint) {
			t.Errorf("%s: %s %s", name, s.Status, s.Hint)
		}
		if len(s.Fix) != 1 || !regexp.MustCompile(`^_mta-sts\.`+name+`\. IN TXT "v=STSv1; id=20\d{12}"$`).MatchString(s.Fix[0]) {
			t.Errorf("%s: to publish: %q", name, s.Fix)
		}
	}
}

// TestMTASTSOtherFamily: a server that -4 leaves out is not known to be bad.
func TestMTASTSOtherFamily(t *testing.T) {
	world := dnstest.World{Zones: []dnstest.Zone{{Name: "six.org", Records: "@ MX 10 mx\nmx A 192.0.2.1\n_mta-sts TXT \"v=STSv1; id=1\"\nmta-sts AAAA 2001:db8::3"}}}
	try(t, world, "mta-sts", []row{{"six.org", probe.Unknown, "wrong-family", "", "mta-sts.six.org has no IPv4 address"}}, "-4")
}
