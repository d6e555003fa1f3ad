package domain_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/domain"
	"mailprobe/probe"
	"mailprobe/wire/wiretest"
)

// sessionArgs are the options of a check that connects to the servers of mailHosts.
func sessionArgs(addr, anchors, caFile string, more ...string) []string {
	return append(more, "--resolver", addr, "--trust-anchor", anchors, "--ca-file", caFile, "--timeout", "2s", "--helo", "client.example.net")
}

// TestSilent: while the exchangers use up the time that there is for them, everything else
// comes to its end.
func TestSilent(t *testing.T) {
	to, caFile := mailHosts(t)
	for name, c := range map[string]struct {
		addrs []string
		want  row
		most  time.Duration
	}{
		"no answer":   {[]string{"192.0.2.9", "192.0.2.19"}, row{"", probe.Unknown, "port-25-silent", "", "blocked here?"}, 1200 * time.Millisecond},
		"no greeting": {[]string{"192.0.2.13", "192.0.2.13"}, row{"", probe.Critical, "timeout", "", ""}, 2500 * time.Millisecond},
		"one":         {[]string{"192.0.2.9", "192.0.2.1"}, row{"", probe.Warning, "timeout", "", "no answer within"}, 1200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			world := perfect(t)
			world.Zones[0].Records = strings.NewReplacer("A     192.0.2.1", "A "+c.addrs[0], "A     192.0.2.2", "A "+c.addrs[1]).Replace(world.Zones[0].Records)
			world.Zones[1].Records = "9 PTR mx1.example.org.\n19 PTR mx2.example.org.\n13 PTR mx1.example.org.\n1 PTR mx2.example.org."
			addr, anchors := start(t, world)
			begin := time.Now()
			r := wholeOf(t, dialled(to), "example.org", sessionArgs(addr, anchors, caFile, "--ipv4", "--selector", "s1", "--require", "dnssec,tlsrpt,dkim,bimi")...)
			if took := time.Since(begin); took > c.most {
				t.Errorf("it took %s", took)
			}
			c.want.judge(t, r.Step("exchanger"))
			if len(r.Steps) != 17 {
				t.Errorf("%d steps", len(r.Steps))
			}
			for _, s := range r.Steps {
				reached := strings.HasPrefix(s.Name, "exchanger") || name == "one" && (s.Name == "dane" || s.Name == "ptr")
				if !reached && s.Status != probe.OK && s.Status != probe.Skipped {
					t.Errorf("%s: %s %s", s.Name, s.Status, s.Detail)
				}
			}
		})
	}
}

// TestDemands: what senders demand of an exchanger, by MTA-STS in the policy and by TLSA
// records, decides how bad it is.
func TestDemands(t *testing.T) {
	const ok, warning, critical, unknown = probe.OK, probe.Warning, probe.Critical, probe.Unknown
	to, caFile := mailHosts(t)
	const dane, none = "_25._tcp.mx TLSA 3 1 1 " + digest, ""
	const unusable = "_25._tcp.mx TLSA 1 1 1 " + digest
	for _, c := range []struct {
		addr, mode, more string
		exchanger, sts   row
		dane             row
	}{
		{"192.0.2.1", "enforce", none, row{status: ok}, row{status: ok}, row{status: probe.Skipped}},
		{"192.0.2.2", "enforce", none, row{status: critical, cause: "cert-wrong-name"}, row{status: critical, cause: "cert-wrong-name", says: "do not deliver to mx.example.org (192.0.2.2)"}, row{status: probe.Skipped}},
		{"192.0.2.3", "enforce", none, row{status: critical, cause: "cert-expired"}, row{status: critical, cause: "cert-expired"}, row{status: probe.Skipped}},
		{"192.0.2.4", "enforce", none, row{status: critical, cause: "tls-not-offered"}, row{status: critical, cause: "tls-not-offered"}, row{status: probe.Skipped}},
		{"192.0.2.8", "enforce", none, row{status: warning, cause: "cert-expires-soon"}, row{status: ok}, row{status: probe.Skipped}},
		{"192.0.2.9", "enforce", none, row{status: unknown, cause: "port-25-silent"}, row{status: ok}, row{status: probe.Skipped}},
		{"192.0.2.10", "enforce", none, row{status: critical, cause: "tls-refused"}, row{status: critical, cause: "tls-refused"}, row{status: probe.Skipped}},
		{"192.0.2.12", "enforce", none, row{status: critical, cause: "injection"}, row{status: critical, cause: "injection"}, row{status: probe.Skipped}},
		{"192.0.2.2", "testing", none, row{status: warning, cause: "cert-wrong-name"}, row{status: warning, cause: "mta-sts-weak"}, row{status: probe.Skipped}},
		{"192.0.2.10", "testing", dane, row{status: critical, cause: "tls-refused"}, row{status: warning, cause: "mta-sts-weak"}, row{status: critical, cause: "tlsa-mismatch"}},
		{"192.0.2.12", "testing", dane, row{status: critical, cause: "injection"}, row{status: warning}, row{status: critical, cause: "tlsa-mismatch"}},
		{"192.0.2.11", "testing", dane, row{status: critical, cause: "connection-closed"}, row{status: warning}, row{status: critical, cause: "tlsa-mismatch"}},
		{"192.0.2.3", "testing", dane, row{status: ok}, row{status: warning}, row{status: critical, cause: "tlsa-mismatch"}},
		{"192.0.2.3", "enforce", dane, row{status: critical, cause: "cert-expired"}, row{status: critical}, row{status: critical, cause: "tlsa-mismatch"}},
		{"192.0.2.8", "testing", dane, row{status: ok, facts: "x1_cert_days_left=10"}, row{status: warning}, row{status: critical, cause: "tlsa-mismatch"}},
		{"192.0.2.4", "testing", unusable, row{status: critical, cause: "tls-not-offered"}, row{status: warning}, row{status: warning, cause: "tlsa-unusable"}},
		{"192.0.2.2", "testing", unusable, row{status: warning, cause: "cert-wrong-name"}, row{status: warning}, row{status: warning, cause: "tlsa-unusable"}},
		{"192.0.2.9", "testing", dane, row{status: unknown}, row{status: warning}, row{status: ok, facts: "tlsa=1 tlsa_matching=0"}},
	} {
		name := c.addr + " " + c.mode + " " + c.more
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := "version: STSv1\nmode: " + c.mode + "\nmx: mx.example.org\nmax_age: 604800\n"
			secure, _, webCA := webServers(t, webPages{"mta-sts.example.org/.well-known/mta-sts.txt": policy}, "mta-sts.example.org")
			there := maps.Clone(to)
			there["192.0.2.99:443"] = secure
			addr, anchors := start(t, exampleAt(c.addr, "_mta-sts TXT \"v=STSv1; id=1\"\nmta-sts A 192.0.2.99\n"+c.more))
			r := wholeOf(t, dialled(there), "example.org", sessionArgs(addr, anchors, joined(t, caFile, webCA), "--only", "exchanger", "--only", "dane", "--only", "mta-sts")...)
			for step, want := range map[string]row{"exchanger": c.exchanger, "mta-sts": c.sts, "dane": c.dane} {
				s := r.Step(step)
				if want.cause == "" && s.Cause != nil && want.status != ok {
					want.cause = s.Cause.Name
				}
				want.name = step
				want.judge(t, s)
			}
		})
	}
}

// TestRefusals: whatever a server says up to EHLO over TLS has a cause that the kind
// declares, and none of it is as bad as no exchanger if another is there.
func TestRefusals(t *testing.T) {
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	declared := probe.New(domain.Kind()).Declared
	const ehlo = "S: 220 mx.example.org ESMTP\nC: EHLO client.example.net\n"
	to, caFile := mailHosts(t)
	for i, c := range []struct {
		script string
		status probe.Status
		cause  string
	}{
		{"S: 421 4.7.0 mx.example.org Error: too many connections from 192.0.2.1", probe.Warning, "too-many-connections"},
		{"S: 421 4.3.2 mx.example.org Shutting down", probe.Warning, "maintenance"},
		{"S: 450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]", probe.Unknown, "no-reverse-dns"},
		{"S: 521 mx.example.org does not accept mail", probe.Critical, "no-mail-here"},
		{"S: 535 5.7.8 Error: authentication failed", probe.Unknown, "refused-by-policy"},
		{"S: +OK POP3 ready", probe.Unknown, "wrong-protocol"},
		{"S: SSH-2.0-OpenSSH_9.2", probe.Unknown, "wrong-protocol"},
		{"S: 220 mx.example.org\nS: 220 more", probe.Critical, ""},
		{"* close", probe.Critical, "connection-closed"},
		{ehlo + "S: 504 5.5.2 <client>: Helo command rejected: need fully-qualified hostname", probe.Unknown, "helo-not-qualified"},
		{ehlo + "S: 500 5.5.1 Use LHLO instead of EHLO (LMTP)", probe.Unknown, "speaks-lmtp"},
		{ehlo + "S: 502 unknown\nC: HELO client.example.net\nS: 250 mx.example.org\nC: QUIT\nS: 221 bye", probe.Warning, "tls-not-offered"},
		{ehlo + "S: 502 unknown\nC: HELO client.example.net\nS: 550 go away", probe.Unknown, "blocklisted"},
		{ehlo + "* close", probe.Critical, "connection-closed"},
		{startTLS + "S: 220 go\n* starttls\nC: EHLO client.example.net\nS: 550 5.7.1 Client host rejected: Access denied", probe.Unknown, ""},
		{startTLS + "S: 554 5.7.0 no TLS for you\nC: QUIT\nS: 221 bye", probe.Warning, "tls-refused"},
	} {
		there := maps.Clone(to)
		if !strings.HasSuffix(c.script, "close") && !strings.Contains(c.script, "QUIT") {
			c.script += "\nC: QUIT\nS: 221 bye"
		}
		there["192.0.2.30:25"] = scripted(t, authority, c.script)
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			for _, another := range []string{"", "@ MX 20 b\nb A 192.0.2.1"} {
				addr, anchors := start(t, exampleAt("192.0.2.30", another))
				s := wholeOf(t, dialled(there), "example.org", sessionArgs(addr, anchors, caFile, "--only", "exchanger")...).Step("exchanger")
				want := c.status
				if another != "" && want == probe.Critical {
					want = probe.Warning
				}
				if s.Status != want || c.cause != "" && s.Cause.Name != c.cause {
					t.Errorf("%s\n%s %v: %s\nwant %s %s", c.script, s.Status, s.Cause, s.Detail, want, c.cause)
				}
				for _, word := range strings.Fields(s.Hint) {
					if name, ok := strings.CutPrefix(strings.TrimRight(word, ",;:"), "--"); ok && probe.FindOption(declared, name) == nil {
						t.Errorf("%s: there is no option %s: %s", c.script, name, s.Hint)
					}
				}
			}
		})
	}
}

// joined is a file with the text of several.
func joined(t *testing.T, files ...string) string {
	t.Helper()
	name := t.TempDir() + "/all.pem"
	var all []byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	if err := os.WriteFile(name, all, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestCertificateDays: the end of a certificate is judged as in a session of smtp, by
// thresholds of the user's own, and once for all who have the same.
func TestCertificateDays(t *testing.T) {
	const ok, warning, critical = probe.OK, probe.Warning, probe.Critical
	to, caFile := mailHosts(t)
	for _, c := range []struct {
		addr, more string
		args       []string
		want       []row
	}{
		{"192.0.2.8", "", nil, []row{{"exchanger", warning, "cert-expires-soon", "x1_cert_days_left=10", ""}}},
		{"192.0.2.8", "", []string{"--warn", "x1_cert_days_left=5:"}, []row{{"exchanger", ok, "", "x1_cert_days_left=10", ""}}},
		{"192.0.2.8", "", []string{"--crit", "x1_cert_days_left=30:"}, []row{{"exchanger", critical, "cert-expires-soon", "", ""}}},
		{"192.0.2.1", "", []string{"--warn", "x1_cert_days_left=100:"}, []row{{"exchanger", warning, "cert-expires-soon", "x1_cert_days_left=90", ""}}},
		{"192.0.2.1", "", []string{"--warn", "x1_cert_days_left=14:"}, []row{{"exchanger", ok, "", "x1_cert_days_left=90", ""}}},
		{"192.0.2.1", "mx A 192.0.2.8", nil, []row{{"exchanger", warning, "cert-expires-soon", "x1_cert_days_left=10", ""}}}, // the worst of its addresses
		{"192.0.2.8", "@ MX 20 b\nb A 192.0.2.8", nil, []row{
			{"exchanger", warning, "cert-expires-soon", "x1_cert_days_left=10", ""}, {"exchanger-2", warning, "cert-wrong-name", "x2_cert_days_left=10", ""}}},
		{"192.0.2.3", "", nil, []row{{"exchanger", warning, "cert-expired", "x1_cert_days_left=-6", ""}}},
	} {
		t.Run(c.addr+c.more+strings.Join(c.args, " "), func(t *testing.T) {
			t.Parallel()
			addr, anchors := start(t, exampleAt(c.addr, c.more))
			r := wholeOf(t, dialled(to), "example.org", sessionArgs(addr, anchors, caFile, append(c.args, "--only", "exchanger")...)...)
			for _, want := range c.want {
				s := r.Step(want.name)
				want.judge(t, s)
				soon := slices.ContainsFunc(s.Also, func(also *probe.Cause) bool { return also.Name == "cert-expires-soon" })
				if soon || strings.Count(s.Detail, "expire") > 1 {
					t.Errorf("%s: %s, also %v", s.Name, s.Detail, s.Also)
				}
			}
		})
	}
}

// TestTranscripts: the sessions are in the transcript, one after the other, each under its
// exchanger and address.
func TestTranscripts(t *testing.T) {
	to, caFile := mailHosts(t)
	addr, anchors := start(t, exampleAt("192.0.2.1", "mx A 192.0.2.4\n@ MX 20 b\nb A 192.0.2.5"))
	r := wholeOf(t, dialled(to), "example.org", sessionArgs(addr, anchors, caFile, "--only", "exchanger")...)
	var got []string
	for _, line := range r.Transcript.Lines() {
		if strings.HasPrefix(line, "# exchanger") || line == "C: EHLO client.example.net" || line == "* starttls" || line == "C: QUIT" {
			got = append(got, line)
		}
	}
	want := []string{"# exchanger: mx.example.org (192.0.2.1)", "C: EHLO client.example.net", "* starttls", "C: EHLO client.example.net", "C: QUIT",
		"# exchanger: mx.example.org (192.0.2.4)", "C: EHLO client.example.net", "C: QUIT", "# exchanger-2: b.example.org (192.0.2.5)"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nin %q", got, r.Transcript.Lines())
	}
}
