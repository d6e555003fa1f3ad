package smtpcheck_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/dnssec/dnstest"
	"mailprobe/mailtest"
	"mailprobe/policy"
	"mailprobe/smtpcheck"
)

// inside is set in a process that has a network and an /etc of its own.
const inside = "MAILPROBE_TEST_INSIDE"

// TestSystemResolver: the system's resolver, search domains and /etc/hosts, on a machine
// that has IPv4 and loopback alone.
func TestSystemResolver(t *testing.T) {
	isolated(t, testSystem)
}

// isolated runs a test in a process that has a network and mounts of its own.
func isolated(t *testing.T, test func(*testing.T)) {
	t.Helper()
	if os.Getenv(inside) != "" {
		command(t, "ip", "link", "set", "lo", "up")
		test(t)
		return
	}
	if out, err := exec.Command("unshare", "-mn", "mount", "-t", "tmpfs", "none", "/mnt").CombinedOutput(); err != nil {
		if os.Getenv("MAILPROBE_REAL") == "require" {
			t.Fatalf("unshare: %v: %s", err, out)
		}
		t.Skipf("unshare: %v: %s", err, out)
	}
	cmd := exec.Command("unshare", "-mn", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), inside+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func testSystem(t *testing.T) {
	host, err := mailtest.Start(mailtest.Config{Name: "mx.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	_, port, _ := net.SplitHostPort(host.Addr(mailtest.SMTP))
	tlsa := fmt.Sprintf("_%s._tcp.mx TLSA %s", port, policy.TLSAFor(leafOf(t, host.Addr(mailtest.SMTP))))
	server, args := start(t, dnstest.World{Zones: []dnstest.Zone{
		{Name: "example.org", Records: "@ MX 10 mx\nmx A 127.0.0.1\n" + tlsa},
		{Name: "corp.test", Records: "* MX 10 mx.example.org.\n*.org MX 10 mx.example.org.\nshort A 127.0.0.1"},
		{Name: "down.org", Records: "@ MX 10 mx\nmx A 127.0.0.1\nmx AAAA 2001:db8::7"},
		{Name: "six.org", Records: "@ MX 10 mx\nmx AAAA 2001:db8::7"},
	}})
	forward(t, server.Addr())
	replace(t, "/etc/resolv.conf", "nameserver 127.0.0.1\nsearch corp.test\noptions timeout:1 attempts:1 ndots:3 edns0\n")
	replace(t, "/etc/hosts", "127.0.0.1 localhost\n127.0.0.1 hosted.example Hosted-Alias\n")
	args = args[2:] // without --resolver
	for _, row := range []struct{ options, target, want, says string }{
		{"--mx --tls=dane", "example.org", "OK", "the certificate matches"},
		{"--mx --tls=off", "exmaple.org", "CRITICAL no-such-name", "exmaple.org does not exist in DNS"},
		{"--mx --tls=off", "mistyped", "CRITICAL no-such-name", "mistyped"},
		{"--tls=off", "hosted.example", "OK", ""},
		{"--dane --ca-file " + caOf(t, host) + " --server-name mx.example.org", "hosted.example", "OK", "no TLSA record"},
		{"--dane --ca-file " + caOf(t, host) + " --server-name mx.example.org", "hosted-alias", "OK", "no TLSA record"},
		{"--dane --ca-file " + caOf(t, host) + " --server-name mx.example.org", "localhost", "OK", "no TLSA record"},
		{"--dane --ca-file " + caOf(t, host) + " --server-name mx.example.org", "short", "OK", "no TLSA record"},
		{"--tls=dane", "hosted.example", "CRITICAL tlsa-missing", ""},
		{"--mx --tls=off", "hosted.example", "OK", "implicit MX"},
		{"--mx --tls=off", "down.org:1", "CRITICAL refused", "2001:db8::7) is left out, as this machine has no way to it"},
		{"--mx --tls=off", "six.org:1", "UNKNOWN no-route", ""},
	} {
		target, options := row.target, strings.Fields(row.options)
		if !strings.Contains(target, ":") {
			target += ":" + port
		}
		if strings.Contains(row.options, "--mx") || strings.Contains(row.options, "dane") {
			options = append(options, args[:2]...)
		}
		all := run(t, smtpcheck.Kind(), target, append(options, args[2:]...)...)
		if len(all) != 1 || verdict(all[0]) != row.want || !strings.Contains(steps(all[0]), row.says) {
			t.Errorf("%s %s: %d results, %s, not %s %q\n%s", row.options, row.target, len(all), verdict(all[0]), row.want, row.says, steps(all[0]))
		}
	}
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v: %s", name, args, err, out)
	}
}

// replace puts a file in the place of another, for this process and its children.
func replace(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), filepath.Base(name))
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	command(t, "mount", "--bind", file, name)
	t.Cleanup(func() { command(t, "umount", name) })
}

func caOf(t *testing.T, host *mailtest.Host) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := host.WriteCA(file); err != nil {
		t.Fatal(err)
	}
	return file
}

// forward leads 127.0.0.1:53 by UDP to a server, until the process ends.
func forward(t *testing.T, to string) {
	t.Helper()
	near, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close() })
	go func() {
		buf := make([]byte, 65535)
		for {
			n, from, err := near.ReadFrom(buf)
			if err != nil {
				return
			}
			query := append([]byte(nil), buf[:n]...)
			go func() {
				if answer, err := ask(to, query); err == nil {
					near.WriteTo(answer, from)
				}
			}()
		}
	}()
}

func ask(server string, query []byte) ([]byte, error) {
	conn, err := net.Dial("udp", server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := conn.Write(query); err != nil {
		return nil, err
	}
	answer := make([]byte, 65535)
	n, err := conn.Read(answer)
	return answer[:n], err
}
