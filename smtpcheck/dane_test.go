package smtpcheck_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/mailtest"
	"mailprobe/policy"
	"mailprobe/probe"
)

// host is one name of the world of TestDANE, in the zone example.org unless it has dots.
func host(name, addr string, tlsa ...string) string {
	lines := []string{name + " A " + addr}
	for _, record := range tlsa {
		lines = append(lines, fmt.Sprintf("_25._tcp.%s TLSA %s", name, record))
	}
	return strings.Join(lines, "\n") + "\n"
}

// stranger is a digest of no certificate.
var stranger = strings.Repeat("00", 32)

// daneWorld has a name for every way that TLSA records can be.
func (s *servers) daneWorld() dnstest.World {
	own := func(addr string) string { return policy.TLSAFor(s.leaf[addr]).String() }
	authority := "2 0 0 " + hex.EncodeToString(s.ca.Raw)
	records := host("ee", goodServer, own(goodServer)) +
		host("self", selfSigned, own(selfSigned)) +
		host("expired", expired, own(expired)) +
		host("weak", weakKey, own(weakKey)) +
		host("mx", goodServer, authority) +
		host("ta-name", goodServer, authority) +
		host("other", goodServer, "3 1 1 "+stranger) +
		host("other-self", selfSigned, "3 1 1 "+stranger) +
		host("rollover", goodServer, "3 1 1 "+stranger, own(goodServer)) +
		host("sha512", goodServer, own(goodServer), "3 1 2 "+stranger+stranger) +
		host("none", goodServer) +
		host("pkix", goodServer, "1 1 1 "+stranger) +
		host("odd", goodServer, "3 1 1 0011", own(goodServer)) +
		host("notls", withoutTLS, "3 1 1 "+stranger) +
		host("fails", goodServer) +
		"alias CNAME ee\n" +
		"out CNAME mx.plain.org.\n_25._tcp.out TLSA " + own(goodServer) + "\n" +
		"_465._tcp.ee TLSA " + own(goodServer) + "\n" +
		"@ MX 10 ee\n"
	return dnstest.World{
		Zones: []dnstest.Zone{
			{Name: "example.org", Records: records},
			{Name: "plain.org", Records: host("mx", goodServer, own(goodServer)) + "bare A " + goodServer + "\nalias CNAME ee.example.org.\n@ MX 10 ee.example.org.", Algorithm: dnstest.Unsigned},
			{Name: "bogus.org", Records: host("mx", goodServer, own(goodServer)), Fault: dnstest.Expired},
			{Name: "domain.org", Records: "@ MX 10 mx.example.org.\n@ MX 20 other.example.org."},
			{Name: "taname.org", Records: "@ MX 10 ta-name.example.org."},
		},
		Rules: []dnstest.Rule{
			{Name: "_25._tcp.fails.example.org", Type: "TLSA", Rcode: "SERVFAIL", EDE: 23, Text: "timed out"},
			{Name: "_25._tcp.bare.plain.org", Type: "TLSA", Rcode: "SERVFAIL"},
			{Name: "bogus.org", Below: true, WithoutCD: true, Rcode: "SERVFAIL", EDE: 7, Text: "expired a while ago"},
		},
	}
}

// TestDANE: every way that TLSA records can be, with --dane, which goes on where there is
// nothing to go by, and with --tls=dane, which demands a record that matches.
func TestDANE(t *testing.T) {
	s := startServers(t)
	_, args := start(t, s.daneWorld())
	const mismatch, critical = "CRITICAL tlsa-mismatch", "CRITICAL "
	for _, row := range []struct {
		target    string
		tried     string // the verdict with --dane
		demanded  string // and with --tls=dane
		facts     string // tlsa, tlsa_matching
		says, fix string
	}{
		{"ee.example.org", "OK", "OK", "1 1", "the certificate matches 3 1 1", ""},
		{"self.example.org", "OK", "OK", "1 1", "self-signed (not counted: the TLSA records decide)", ""},
		{"expired.example.org", "OK", "OK", "1 1", "expired on", ""},
		{"weak.example.org", "WARNING cert-weak", "CRITICAL cert-weak", "1 1", "", ""},
		{"mx.example.org", "OK", "OK", "1 1", "", ""},
		{"ta-name.example.org", mismatch, mismatch, "1 0", "certificate is valid for mx.example.org, not ta-name.example.org", "_25._tcp.ta-name.example.org. IN TLSA " + policy.TLSAFor(s.leaf[goodServer]).String()},
		{"other.example.org", mismatch, mismatch, "1 0", "3 1 1 00000000...", "_25._tcp.other.example.org. IN TLSA " + policy.TLSAFor(s.leaf[goodServer]).String()},
		{"other-self.example.org", mismatch, mismatch, "1 0", "", "_25._tcp.other-self.example.org. IN TLSA " + policy.TLSAFor(s.leaf[selfSigned]).String()},
		{"rollover.example.org", "OK", "OK", "2 1", "2 usable TLSA records", ""},
		{"sha512.example.org", mismatch, mismatch, "2 0", "senders look only at the one with SHA-512", "_25._tcp.sha512.example.org. IN TLSA " + policy.TLSAFor(s.leaf[goodServer]).String()},
		{"odd.example.org", "OK", "OK", "2 1", "1 usable TLSA record", ""},
		{"none.example.org", "WARNING cert-wrong-name", critical + "tlsa-missing", " ", "there is no TLSA record at _25._tcp.none.example.org", ""},
		{"pkix.example.org", "WARNING cert-wrong-name", critical + "tlsa-unusable", "1 ", "WARNING tlsa: no TLSA record at _25._tcp.pkix.example.org can be used: usage 1 is not used for SMTP", ""},
		{"notls.example.org", mismatch, critical + "tls-not-offered", "1 ", "", ""},
		{"fails.example.org", critical + "tlsa-lookup-failed", critical + "tlsa-lookup-failed", " ", "network error (\"timed out\")", ""},
		{"alias.example.org", "OK", "OK", "1 1", "_25._tcp.ee.example.org", ""},
		{"out.example.org", "OK", "OK", "1 1", "_25._tcp.out.example.org", ""},
		{"mx.plain.org", "WARNING cert-wrong-name", critical + "tlsa-unsigned", "1 ", "WARNING tlsa: the TLSA records at _25._tcp.mx.plain.org have no effect", ""},
		{"bare.plain.org", "WARNING cert-wrong-name", critical + "tlsa-unsigned", " ", "bare.plain.org is not signed", ""},
		{"alias.plain.org", "WARNING cert-wrong-name", critical + "tlsa-missing", " ", "there is no TLSA record at _25._tcp.alias.plain.org", ""},
		{"mx.bogus.org", critical + "dnssec-bogus", critical + "dnssec-bogus", " ", "signature expired (\"expired a while ago\")", ""},
		{"smtps://ee.example.org", "OK", "OK", "1 1", "_465._tcp.ee.example.org", ""},
		{"192.0.2.1", "WARNING cert-wrong-name", "", " ", "only a name has", ""},
	} {
		t.Run(row.target, func(t *testing.T) {
			to := s.to
			if strings.HasPrefix(row.target, "smtps:") {
				to = map[string]string{goodServer: s.hosts[goodServer].Addr(mailtest.Submissions)}
			}
			for option, want := range map[string]string{"--dane": row.tried, "--tls=dane": row.demanded} {
				if want == "" {
					continue
				}
				r := run(t, dialled(to), row.target, append(args, option, "--ca-file", s.caFile)...)[0]
				if got := verdict(r); got != want {
					t.Errorf("%s: %s, not %s\n%s", option, got, want, steps(r))
				}
				if option == "--tls=dane" && want != "OK" {
					continue
				}
				if got := fact(r, "tlsa") + " " + fact(r, "tlsa_matching"); got != row.facts {
					t.Errorf("%s: the facts are %q, not %q\n%s", option, got, row.facts, steps(r))
				}
				if got := strings.Join(fixes(r), "\n"); got != row.fix {
					t.Errorf("%s: to publish is %q, not %q", option, got, row.fix)
				}
				if !strings.Contains(steps(r), row.says) {
					t.Errorf("%s does not say %q:\n%s", option, row.says, steps(r))
				}
			}
		})
	}
}

// TestDANEExchangers: the MX records have to be signed as well, and a certificate may be
// for the domain.
func TestDANEExchangers(t *testing.T) {
	s := startServers(t)
	_, args := start(t, s.daneWorld())
	for target, want := range map[string][]string{
		"example.org": {"OK"},
		"domain.org":  {"OK", "CRITICAL tlsa-mismatch"},
		"plain.org":   {"CRITICAL tlsa-unsigned"},
		"taname.org":  {"CRITICAL tlsa-mismatch"},
		// The zone of the exchanger is the domain's: its name is in the certificate.
		"mx.example.org": {"OK"},
	} {
		var got []string
		all := run(t, dialled(s.to), target, append(args, "--mx", "--tls=dane", "--ca-file", s.caFile)...)
		for _, r := range all {
			got = append(got, verdict(r))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, not %q", target, got, want)
			for _, r := range all {
				t.Log(r.Target + "\n" + steps(r))
			}
		}
	}
}

// TestDANESecrets: what --tls=dane demands comes before credentials and the message, and
// --dane keeps credentials back from a server that another certificate is published for.
func TestDANESecrets(t *testing.T) {
	s := startServers(t)
	_, args := start(t, s.daneWorld())
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("wonderland\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	kind := dialled(map[string]string{goodServer: s.hosts[goodServer].Addr(mailtest.Submission)})
	login := append(args, "--ca-file", s.caFile, "-u", "alice", "--password-file", password, "-f", "alice@example.org", "-t", "alice@example.org", "--send")
	for _, row := range []struct {
		target, option, want string
		tried                bool // whether the log-in was
	}{
		{"other.example.org", "--tls=dane", "CRITICAL tlsa-mismatch", false},
		{"none.example.org", "--tls=dane", "CRITICAL tlsa-missing", false},
		{"mx.plain.org", "--tls=dane", "CRITICAL tlsa-unsigned", false},
		{"other.example.org", "--dane", "CRITICAL tlsa-mismatch", false},
		{"rollover.example.org", "--tls=dane", "OK", true},
		{"ee.example.org", "--dane", "OK", true},
	} {
		before := len(s.hosts[goodServer].Messages("alice"))
		r := run(t, kind, row.target, append(login, row.option)...)[0]
		if got := verdict(r); got != row.want {
			t.Errorf("%s %s: %s, not %s\n%s", row.target, row.option, got, row.want, steps(r))
		}
		if said := strings.Join(r.Transcript.Lines(), "\n"); strings.Contains(said, "C: AUTH") != row.tried || strings.Contains(said, "MAIL FROM") != row.tried {
			t.Errorf("%s %s: the session was\n%s", row.target, row.option, said)
		}
		if err := s.hosts[goodServer].Flush(t.Context()); err != nil { // delivery follows the reply
			t.Fatal(err)
		}
		if sent := len(s.hosts[goodServer].Messages("alice")) - before; (sent == 1) != row.tried {
			t.Errorf("%s %s: %d messages came", row.target, row.option, sent)
		}
	}
}

// TestDANEUnknown: what cannot be validated is neither good nor bad.
func TestDANEUnknown(t *testing.T) {
	s := startServers(t)
	world := s.daneWorld()
	world.Strips = true
	_, args := start(t, world)
	for _, target := range []string{"mx.example.org", "none.example.org"} {
		for _, option := range []string{"--dane", "--tls=dane"} {
			r := run(t, dialled(s.to), target, append(args, option, "--ca-file", s.caFile, "--server-name", "mx.example.org")...)[0]
			if got := verdict(r); got != "UNKNOWN resolver-strips-dnssec" {
				t.Errorf("%s %s: %s\n%s", target, option, got, steps(r))
			}
		}
	}
}

// TestDANEUsage: what cannot be done is said before a connection is made.
func TestDANEUsage(t *testing.T) {
	for args, says := range map[string]string{
		"--dane --tls=off":                       "nothing to verify with --tls=off",
		"--trust-anchor dane_test.go":            "only where answers are validated",
		"--dane --trust-anchor /nonexistent":     "does not exist",
		"--tls=dane --trust-anchor dane_test.go": "dane_test.go",
	} {
		c := probe.New(dialled(nil))
		if _, err := probe.ParseArgs(c.Declared, strings.Fields(args)); err != nil {
			t.Fatal(err)
		}
		if err := c.Prepare(t.Context()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", args, err)
		}
	}
	c := probe.New(dialled(nil))
	if err := c.Set("tls", "dane"); err != nil || c.Prepare(t.Context()) != nil {
		t.Fatal(err)
	}
	target, err := c.Kind.ParseTarget("192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.PrepareTarget(target); err == nil || !strings.Contains(err.Error(), "the name of a server") {
		t.Errorf("an address: %v", err)
	}
}
