package smtpcheck_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/dnssec/dnstest"
	"mailprobe/policy"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// TestPostfixAgrees holds the verdicts of --tls=dane against those of Postfix's
// posttls-finger, which believes a resolver that validates.
func TestPostfixAgrees(t *testing.T) { isolated(t, testPostfix) }

// unpacked is where make packages puts what conflicts with the system's packages.
const unpacked = "/var/cache/mailprobe-test-dns"

func testPostfix(t *testing.T) {
	finger := needed(t, "/usr/sbin/posttls-finger")
	unbound := needed(t, unpacked+"/usr/sbin/unbound")
	s := startServers(t)
	port := func(addr string) string {
		_, port, _ := net.SplitHostPort(s.to[addr])
		return port
	}
	own := func(addr string) string { return policy.TLSAFor(s.leaf[addr]).String() }
	whole := func(addr string) string {
		full := policy.TLSA{Usage: 3, Data: s.leaf[addr].Raw}
		return full.String()
	}
	authority := "2 0 0 " + hex.EncodeToString(s.ca.Raw)
	var signed, plain strings.Builder
	type row struct {
		host, addr string
		delivers   bool // whether Postfix would deliver at the level dane-only
	}
	var rows []row
	add := func(zone *strings.Builder, domain, name, addr string, delivers bool, tlsa ...string) {
		fmt.Fprintf(zone, "%s A 127.0.0.1\n", name)
		for _, record := range tlsa {
			fmt.Fprintf(zone, "_%s._tcp.%s TLSA %s\n", port(addr), name, record)
		}
		rows = append(rows, row{name + "." + domain, addr, delivers})
	}
	add(&signed, "example.org", "ee", goodServer, true, own(goodServer))
	add(&signed, "example.org", "full", goodServer, true, whole(goodServer))
	add(&signed, "example.org", "self", selfSigned, true, own(selfSigned))
	add(&signed, "example.org", "expired", expired, true, own(expired))
	add(&signed, "example.org", "wrong", wrongName, true, own(wrongName))
	add(&signed, "example.org", "mx", goodServer, true, authority)
	add(&signed, "example.org", "ta-name", goodServer, false, authority)
	add(&signed, "example.org", "other", goodServer, false, "3 1 1 "+stranger)
	add(&signed, "example.org", "rollover", goodServer, true, "3 1 1 "+stranger, own(goodServer))
	add(&signed, "example.org", "mixed", goodServer, true, "1 1 1 "+stranger, "3 1 1 0011", own(goodServer))
	add(&signed, "example.org", "sha512", goodServer, false, own(goodServer), "3 1 2 "+stranger+stranger)
	add(&signed, "example.org", "selectors", goodServer, true, own(goodServer), "3 0 2 "+stranger+stranger)
	add(&signed, "example.org", "none", goodServer, false)
	add(&signed, "example.org", "pkix", goodServer, false, "1 1 1 "+stranger)
	add(&signed, "example.org", "notls", withoutTLS, false, "3 1 1 "+stranger)
	add(&plain, "plain.org", "mx", goodServer, false, own(goodServer))
	rows = append(rows, row{"alias.example.org", goodServer, true}, row{"fails.example.org", goodServer, false}, row{"out.example.org", goodServer, true})
	server, args := start(t, dnstest.World{
		Zones: []dnstest.Zone{
			{Name: "example.org", Records: signed.String() + "alias CNAME ee\nfails A 127.0.0.1\nout CNAME mx.plain.org.\n_" + port(goodServer) + "._tcp.out TLSA " + own(goodServer)},
			{Name: "plain.org", Records: plain.String(), Algorithm: dnstest.Unsigned}},
		Rules: []dnstest.Rule{{Name: "_" + port(goodServer) + "._tcp.fails.example.org", Rcode: "SERVFAIL"}},
	})
	serveUnbound(t, unbound, server)
	replace(t, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions edns0 trust-ad\n")
	for _, row := range rows {
		target := row.host + ":" + port(row.addr)
		ours := run(t, smtpcheck.Kind(), target, append(args[2:], "--tls=dane", "--ca-file", s.caFile)...)[0]
		out, err := exec.Command(finger, "-c", "-l", "dane-only", "-o", "smtp_tls_dane_insecure_mx_policy=dane", "-o", "smtp_dns_support_level=dnssec", "-T", "5", "-t", "5",
			"["+row.host+"]:"+port(row.addr)).CombinedOutput()
		if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		theirs := strings.Contains(string(out), "Verified TLS connection established")
		if good := ours.Status == probe.OK; good != row.delivers || theirs != row.delivers {
			t.Errorf("%s: we say %s, posttls-finger %v, right is %v\n%s%s", row.host, verdict(ours), theirs, row.delivers, steps(ours), out)
		}
	}
}

func needed(t *testing.T, path string) string {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("MAILPROBE_REAL") == "require" {
			t.Fatalf("%s is missing: make packages", path)
		}
		t.Skipf("%s is missing: make packages, as root on Debian", path)
	}
	return path
}

// serveUnbound runs unbound at 127.0.0.1:53, which forwards to a world.
func serveUnbound(t *testing.T, path string, server *dnstest.Server) {
	t.Helper()
	dir := t.TempDir()
	_, upstream, _ := net.SplitHostPort(server.Addr())
	conf := fmt.Sprintf(`server:
	directory: %q
	chroot: ""
	username: ""
	pidfile: ""
	use-syslog: no
	interface: 127.0.0.1@53
	do-not-query-localhost: no
	module-config: "validator iterator"
	trust-anchor-signaling: no
	num-threads: 1
	trust-anchor: %q
remote-control:
	control-enable: no
forward-zone:
	name: "."
	forward-addr: 127.0.0.1@%s
`, dir, strings.TrimSpace(strings.ReplaceAll(server.Anchors(), "\t", " ")), upstream)
	file := filepath.Join(dir, "conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-d", "-c", file)
	libraries, _ := filepath.Glob(filepath.Join(unpacked, "usr/lib/*-linux-gnu"))
	cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(libraries, ":"))
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if answers() {
			return
		}
	}
	t.Fatal("unbound does not answer")
}

// answers reports whether unbound answers.
func answers() bool {
	conn, err := net.Dial("tcp", "127.0.0.1:53")
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
