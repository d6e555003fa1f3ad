package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/mailtest"
	"mailprobe/policy"
	"mailprobe/wire/wiretest"
)

// domainBlock is the README's check of a domain.
var domainBlock = regexp.MustCompile("(?s)(<!-- domain -->\n```console\n\\$ mailprobe )([^\n]*)\n(.*?)```")

// TestDomainInReadme: the README shows what the check of a domain prints. The times, and
// the certificate that the test makes, are others each time.
func TestDomainInReadme(t *testing.T) {
	const name = "../../README.md"
	readme, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	shown := domainBlock.FindSubmatch(readme)
	if shown == nil {
		t.Fatal("the README does not show the check of a domain")
	}
	out := settled(domainOutput(t, strings.Fields(string(shown[2]))))
	switch {
	case out == string(shown[3]):
	case *update:
		if err := os.WriteFile(name, domainBlock.ReplaceAll(readme, []byte("${1}${2}\n"+out+"```")), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("it prints\n%s", out)
	}
}

// settled replaces what differs from run to run.
func settled(out string) string {
	out = regexp.MustCompile(`(?m)^(\w+  domain \S+), [\d.]+ m?s$`).ReplaceAllString(out, "$1, 61.3 ms")
	return regexp.MustCompile(`3 1 1 [0-9a-f]{64}`).ReplaceAllString(out, "3 1 1 c54743fa93ad8f1c58ef81a1c97bf9b1c22a0b9c3a1f95b3e9b9a0fb1d0c4f6a")
}

// domainOutput checks a domain of two exchangers, of which the second has got a new
// certificate that its TLSA record does not match.
func domainOutput(t *testing.T, args []string) string {
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := authority.WriteFile(ca); err != nil {
		t.Fatal(err)
	}
	world, err := readZones("testdata/readme/zones")
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[string]string{}
	for i, records := range []string{"", "_25._tcp.mx2 TLSA 3 1 1 " + strings.Repeat("ff47", 16)} {
		host, err := mailtest.Start(mailtest.Config{Name: fmt.Sprintf("mx%d.example.org", i+1), Authority: authority})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = host.Close() })
		hosts[fmt.Sprintf("192.0.2.%d:25", i+1)] = host.Addr(mailtest.SMTP)
		if records == "" {
			records = "_25._tcp.mx1 TLSA " + tlsaOf(t, host.Addr(mailtest.SMTP))
		}
		addRecords(&world, "example.org", records)
	}
	addr, anchor := startWorld(t, world)
	var out bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &out}
	a.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if other, ok := hosts[address]; ok {
			address = other
		}
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
	a.run(t.Context(), append(args, "--resolver", addr, "--trust-anchor", anchor, "--ca-file", ca))
	return out.String()
}

// addRecords adds records to a zone of a world.
func addRecords(world *dnstest.World, zone, records string) {
	for i := range world.Zones {
		if world.Zones[i].Name == zone {
			world.Zones[i].Records += records + "\n"
		}
	}
}

// tlsaOf is the TLSA record of the certificate that a server has.
func tlsaOf(t *testing.T, addr string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	text := textproto.NewConn(conn)
	for _, say := range []string{"EHLO client.example", "STARTTLS", ""} {
		if _, _, err := text.ReadResponse(2); err != nil {
			t.Fatal(err)
		}
		if say != "" {
			_ = text.PrintfLine("%s", say)
		}
	}
	secured := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // its own server
	if err := secured.Handshake(); err != nil {
		t.Fatal(err)
	}
	return policy.TLSAFor(secured.ConnectionState().PeerCertificates[0]).String()
}
