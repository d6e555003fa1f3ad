package domain_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mailprobe/dnssec/dnstest"
	"mailprobe/domain"
	"mailprobe/probe"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

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

// TestShared: domains with the same exchangers share the sessions with them.
func TestShared(t *testing.T) {
	var sessions atomic.Int32
	to := map[string]string{"192.0.2.1:25": counting(t, &sessions)}
	world := dnstest.World{Zones: []dnstest.Zone{{Name: "hosts.net", Records: "mx A 192.0.2.1\nalso A 192.0.2.1"}}}
	for i := range 12 {
		world.Zones = append(world.Zones, dnstest.Zone{Name: fmt.Sprintf("d%d.org", i), Records: "@ MX 10 mx.hosts.net.\n@ MX 20 also.hosts.net."})
	}
	addr, anchors := start(t, world)
	c := probe.New(dialled(to))
	if _, err := probe.ParseArgs(c.Declared, []string{"--resolver", addr, "--trust-anchor", anchors, "--only", "exchanger", "--helo", "client.example.net"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			r := c.Do(t.Context(), probe.Target{Text: fmt.Sprintf("d%d.org", i), Host: fmt.Sprintf("d%d.org", i)})[0]
			if len(r.Steps) != 2 || !strings.Contains(r.Steps[0].Detail, "mx.hosts.net (192.0.2.1)") || len(r.Transcript.Lines()) < 8 {
				t.Errorf("%d steps, %s, %q", len(r.Steps), r.Steps[0].Detail, r.Transcript.Lines())
			}
		})
	}
	all.Wait()
	if n := sessions.Load(); n != 2 {
		t.Errorf("%d sessions", n)
	}
}

// counting is an SMTP server that counts its sessions.
func counting(t *testing.T, sessions *atomic.Int32) string {
	t.Helper()
	script, err := wire.ParseTranscript("S: 220 mx.hosts.net ESMTP\nC: EHLO client.example.net\nS: 250 mx.hosts.net\nC: QUIT\nS: 221 bye")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &wiretest.Server{Script: script}
	go wiretest.Accept(listener, func(c net.Conn) error {
		sessions.Add(1)
		return server.Serve(c)
	})
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}

// TestSharedCertificate: the end of a certificate that several servers have is judged once.
func TestSharedCertificate(t *testing.T) {
	certificate, text := selfSignedFor(t, 10*24*time.Hour+time.Hour, "mx.example.org", "b.example.org", "mta-sts.example.org")
	caFile := t.TempDir() + "/ca.pem"
	if err := os.WriteFile(caFile, text, 0o600); err != nil {
		t.Fatal(err)
	}
	pages := webPages{"mta-sts.example.org/.well-known/mta-sts.txt": "version: STSv1\nmode: enforce\nmx: *.example.org\nmax_age: 604800\n"}
	smtp := oldTLS(t, certificate)
	kind := dialled(map[string]string{"192.0.2.1:25": smtp, "192.0.2.2:25": smtp, "192.0.2.3:443": webServer(t, pages, &certificate)})
	addr, anchors := start(t, exampleAt("192.0.2.1", "@ MX 20 b\nb A 192.0.2.2\n_mta-sts TXT \"v=STSv1; id=1\"\nmta-sts A 192.0.2.3"))
	soon, ok := row{"soon", probe.Warning, "cert-expires-soon", "", "the certificate expires in 10 days"}, row{"ok", probe.OK, "", "", ""}
	for skip, want := range map[string]map[string]row{
		"srv":     {"exchanger": ok, "exchanger-2": ok, "mta-sts": soon},
		"mta-sts": {"exchanger": soon, "exchanger-2": ok},
	} {
		r := wholeOf(t, kind, "example.org", sessionArgs(addr, anchors, caFile, "--only", "exchanger", "--only", "mta-sts", "--skip", skip)...)
		for step, want := range want {
			want.name = skip + " " + step
			want.judge(t, r.Step(step))
		}
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
