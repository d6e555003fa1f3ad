package integration

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/bench/tun"
)

// unpackedDNS is where make puts name servers that are not to be installed.
const unpackedDNS = "/var/cache/mailprobe-test-dns"

// The addresses of the signed lab, all on the loopback of a network namespace.
const (
	parentsAddr  = "192.0.2.2"  // BIND: the root, the top-level domain and the reverse zones
	domainsAddr  = "192.0.2.1"  // Knot: the domains
	resolverAddr = "192.0.2.53" // Unbound
	policyAddr   = "192.0.2.80" // the policies of MTA-STS, by HTTPS
)

// domainLab is a DNS of its own, from the root, with domains that real software signs and
// serves, and their exchangers.
type domainLab struct {
	t       testing.TB
	dir     string
	node    *tun.Node
	ca      *authority
	domains []*mailDomain
	anchor  string // the DS of the root
}

// startDomainLab starts all servers. They end with the test.
func startDomainLab(t testing.TB, domains []*mailDomain) *domainLab {
	t.Helper()
	for _, name := range []string{"knotd", "keymgr", "named", "dnssec-keygen", "dnssec-signzone", "unbound", "delv"} {
		unpackedProgram(t, name)
	}
	node, err := tun.NewNode()
	if err != nil {
		lacking(t, "no network namespace: %v", err)
	}
	l := &domainLab{t: t, dir: t.TempDir(), node: node, domains: domains}
	t.Cleanup(node.Close)
	l.must(os.Chmod(l.dir, 0o755))
	l.must(os.Chmod(filepath.Dir(l.dir), 0o755)) // Postfix's user walks through it
	l.addAddresses()
	l.makeCertificates()
	l.publish()
	l.serveZones()
	l.servePolicies()
	l.startExchangers()
	return l
}

func (l *domainLab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// unpackedProgram finds a program, or skips the test.
func unpackedProgram(t testing.TB, name string) string {
	t.Helper()
	for _, folder := range []string{"usr/sbin", "usr/bin"} {
		path := filepath.Join(unpackedDNS, folder, name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	lacking(t, "%s is missing; as root on Debian: make packages", name)
	return ""
}

// lacking skips a test for what this machine does not have; under MAILPROBE_REAL=require
// it fails.
func lacking(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("MAILPROBE_REAL") == "require" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// unpackedCommand is the command line of an unpacked program, with its libraries.
func unpackedCommand(t testing.TB, name string, args ...string) []string {
	t.Helper()
	libraries, _ := filepath.Glob(filepath.Join(unpackedDNS, "usr/lib/*-linux-gnu"))
	more, _ := filepath.Glob(filepath.Join(unpackedDNS, "lib/*-linux-gnu"))
	path := "LD_LIBRARY_PATH=" + strings.Join(append(libraries, more...), ":")
	return append([]string{"env", path, unpackedProgram(t, name)}, args...)
}

// addAddresses gives the loopback the addresses of the lab.
func (l *domainLab) addAddresses() {
	l.t.Helper()
	addrs := []string{parentsAddr + "/32", domainsAddr + "/32", resolverAddr + "/32", policyAddr + "/32"}
	for _, d := range l.domains {
		for _, x := range d.Exchangers {
			addrs = append(addrs, x.addr4()+"/32", x.addr6()+"/128")
		}
	}
	for _, addr := range addrs {
		l.must(l.node.Run("ip", "addr", "add", addr, "dev", "lo", "nodad"))
	}
}

// daemon starts a server in the lab's network, under its name.
func (l *domainLab) daemon(name string, command ...string) *daemon {
	l.t.Helper()
	var d *daemon
	l.must(l.node.Do(func() (err error) {
		d, err = startDaemon(name, filepath.Join(l.dir, name+".log"), command[0], command[1:]...)
		return err
	}))
	l.t.Cleanup(func() {
		d.stop()
		if l.t.Failed() {
			l.t.Logf("%s:\n%s", name, d.logTail())
		}
	})
	return d
}

// await polls until a server takes TCP connections.
func (l *domainLab) await(d *daemon, addr string) {
	l.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := l.node.Do(func() error {
			conn, err := net.DialTimeout("tcp", addr, time.Second)
			if err == nil {
				conn.Close()
			}
			return err
		})
		if err == nil {
			return
		}
		if dead := d.running(); dead != nil {
			l.t.Fatal(dead)
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("%s is not ready: %v\n%s", d.name, err, d.logTail())
		}
	}
}

// run runs a program in the lab's network to its end, for half a minute at most, and
// returns what it prints. A program that fails is no error, for it may have to.
func (l *domainLab) run(command ...string) (code int, out string) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=" + l.dir, "MAIL_CONFIG=" + filepath.Join(l.dir, "postfix")}
	cmd.WaitDelay = time.Second
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	l.must(l.node.Do(cmd.Start))
	err := cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		l.t.Fatalf("%q: %v\n%s", command, err, both.String())
	}
	return cmd.ProcessState.ExitCode(), both.String()
}

// make runs a program that has to succeed.
func (l *domainLab) make(command ...string) string {
	l.t.Helper()
	code, out := l.run(command...)
	if code != 0 {
		l.t.Fatalf("%q: exit code %d\n%s", command, code, out)
	}
	return out
}

// resolving runs a command where /etc/resolv.conf names the lab's resolver.
func (l *domainLab) resolving(command ...string) (code int, out string) {
	l.t.Helper()
	file := filepath.Join(l.dir, "resolv.conf")
	l.must(os.WriteFile(file, []byte("nameserver "+resolverAddr+"\noptions edns0 trust-ad\n"), 0o644))
	const script = `mount --bind "$1" /etc/resolv.conf && shift && exec "$@"`
	return l.run(append([]string{"unshare", "-m", "sh", "-c", script, "sh", file}, command...)...)
}

// servePolicies serves the policies of MTA-STS, each host with a certificate of its own.
func (l *domainLab) servePolicies() {
	l.t.Helper()
	certs := map[string]*tls.Certificate{}
	for _, d := range l.domains {
		file := filepath.Join(l.dir, "mta-sts."+d.Name)
		l.must(issue(l.dir, filepath.Base(file), hostTemplate("mta-sts."+d.Name, Good), l.ca))
		cert, err := tls.LoadX509KeyPair(file+".crt", file+".key")
		l.must(err)
		certs["mta-sts."+d.Name] = &cert
	}
	var listener net.Listener
	l.must(l.node.Do(func() (err error) {
		listener, err = net.Listen("tcp", net.JoinHostPort(policyAddr, "443"))
		return err
	}))
	server := &http.Server{
		TLSConfig: &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return certs[hello.ServerName], nil }},
		Handler:   http.HandlerFunc(l.sendPolicy),
	}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	l.t.Cleanup(func() { _ = server.Close() })
}

func (l *domainLab) sendPolicy(w http.ResponseWriter, r *http.Request) {
	for _, d := range l.domains {
		if r.Host == "mta-sts."+d.Name && d.sts != "" {
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprintf(w, "version: STSv1\nmode: %s\nmx: *.%s\nmax_age: 604800\n", d.sts, d.Name)
			return
		}
	}
	http.NotFound(w, r)
}

// startExchangers starts Postfix, with a listener for each exchanger that is to run.
func (l *domainLab) startExchangers() {
	l.t.Helper()
	dir := filepath.Join(l.dir, "postfix")
	l.must(makeQueue(filepath.Join(dir, "queue")))
	data := filepath.Join(dir, "data")
	l.must(os.Mkdir(data, 0o755))
	l.must(giveTo("postfix", data))
	var running []*mailExchanger
	for _, d := range l.domains {
		for _, x := range d.Exchangers {
			if !x.down {
				running = append(running, x)
			}
		}
	}
	for _, name := range []string{"main.cf", "master.cf"} {
		l.must(renderFrom("config/domain", filepath.Join(dir, name), struct {
			Dir        string
			Exchangers []*mailExchanger
		}{dir, running}))
	}
	d := l.daemon("postfix", postfixMaster, "-c", dir)
	for _, x := range running {
		l.await(d, net.JoinHostPort(x.addr4(), "25"))
	}
}
