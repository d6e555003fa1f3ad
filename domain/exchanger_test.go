package domain_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
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

// TestBounds: of many exchangers and addresses some are connected to, and the step says of
// how many that is not so.
func TestBounds(t *testing.T) {
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	server := scripted(t, authority, "S: 554 no\nC: QUIT\nS: 221 bye")
	to := map[string]string{}
	records := "mx A 192.0.2.2\nmx A 192.0.2.3\nmx A 192.0.2.4\nmx A 192.0.2.5\nmx A 192.0.2.6\n"
	for i := range 35 {
		records += fmt.Sprintf("@ MX %d m%d\nm%d A 192.0.2.1\n", 20+i, i, i)
	}
	for i := range 8 {
		to[fmt.Sprintf("192.0.2.%d:25", i)] = server
	}
	addr, anchors := start(t, exampleAt("192.0.2.1", records))
	r := wholeOf(t, dialled(to), "example.org", "--resolver", addr, "--trust-anchor", anchors, "--only", "exchanger", "--timeout", "5s")
	if len(r.Steps) != 16 {
		t.Fatalf("%d steps", len(r.Steps))
	}
	first, last := r.Steps[0].Detail, r.Steps[15].Detail
	if !strings.HasSuffix(first, "; not connected to: 2 of its addresses") || !strings.HasSuffix(last, "; not connected to: 20 of the exchangers") {
		t.Errorf("%s\n%s", first, last)
	}
}

// TestSessionOptions: those of kind smtp for TLS hold for the sessions with exchangers, but
// not those that say when to use TLS, log in, or are for one server.
func TestSessionOptions(t *testing.T) {
	c := probe.New(domain.Kind())
	for name, want := range map[string]bool{"ca-file": true, "tls-min": true, "client-cert": true, "client-key": true, "helo": true,
		"tls": false, "server-name": false, "insecure": false, "user": false, "proxy-protocol": false, "auth-without-tls": false} {
		if got := probe.FindOption(c.Declared, name) != nil; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	to := map[string]string{}
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	authorityFile := t.TempDir() + "/ca.pem"
	if err := authority.WriteFile(authorityFile); err != nil {
		t.Fatal(err)
	}
	old, err := authority.IssueFor("mx.example.org", "good")
	if err != nil {
		t.Fatal(err)
	}
	to["192.0.2.20:25"] = oldTLS(t, old)
	addr, anchors := start(t, exampleAt("192.0.2.20", ""))
	for least, want := range map[string]row{"1.0": {"1.0", probe.OK, "", "", "TLS 1.2"}, "1.3": {"1.3", probe.Warning, "tls-old-version", "", "TLS 1.2 only"}} {
		r := wholeOf(t, dialled(to), "example.org", sessionArgs(addr, anchors, authorityFile, "--only", "exchanger", "--tls-min", least)...)
		want.judge(t, &r.Steps[0])
	}
}

// oldTLS is an SMTP server that speaks TLS 1.2 at most.
func oldTLS(t *testing.T, certificate tls.Certificate) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go wiretest.Accept(listener, func(c net.Conn) error {
		fmt.Fprint(c, "220 mx.example.org ESMTP\r\n")
		in := bufio.NewReader(c)
		for _, reply := range []string{"250-mx.example.org\r\n250 STARTTLS\r\n", "220 go ahead\r\n"} {
			if _, err := in.ReadString('\n'); err != nil {
				return err
			}
			fmt.Fprint(c, reply)
		}
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}, MaxVersion: tls.VersionTLS12})
		for in := bufio.NewScanner(s); in.Scan(); {
			if in.Text() == "QUIT" {
				return nil
			}
			fmt.Fprint(s, "250 mx.example.org\r\n")
		}
		return nil
	})
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}
