package dnssec_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/dnssec"
	"mailprobe/dnssec/dnstest"
)

// unpacked is where make puts resolvers that are not to be installed.
const unpacked = "/var/cache/mailprobe-test-dns"

// real finds a program, or skips the test; it fails under MAILPROBE_REAL=require.
func real(t *testing.T, name string) string {
	t.Helper()
	for _, folder := range []string{"usr/sbin", "usr/bin"} {
		path := filepath.Join(unpacked, folder, name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	if os.Getenv("MAILPROBE_REAL") == "require" {
		t.Fatalf("%s is missing: make packages", name)
	}
	t.Skipf("%s is missing: make packages, as root on Debian", name)
	return ""
}

// command makes one that finds the libraries unpacked beside the program.
func command(path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	if strings.HasPrefix(path, unpacked) {
		libraries, _ := filepath.Glob(filepath.Join(unpacked, "usr/lib/*-linux-gnu"))
		more, _ := filepath.Glob(filepath.Join(unpacked, "lib/*-linux-gnu"))
		cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(append(libraries, more...), ":"))
	}
	return cmd
}

// resolver is a real one that forwards to a world.
type resolver struct {
	name      string
	validates bool
	// start returns the command for a folder of its own and a port.
	start func(t *testing.T, dir, port string, s *dnstest.Server) *exec.Cmd
}

var unbound = resolver{"unbound", true, func(t *testing.T, dir, port string, s *dnstest.Server) *exec.Cmd {
	return startUnbound(t, dir, port, s, "validator iterator")
}}

var resolvers = []resolver{
	unbound,
	{"unbound without validator", false, func(t *testing.T, dir, port string, s *dnstest.Server) *exec.Cmd {
		return startUnbound(t, dir, port, s, "iterator")
	}},
	{"named", true, func(t *testing.T, dir, port string, s *dnstest.Server) *exec.Cmd {
		return startNamed(t, dir, port, s, "yes")
	}},
	{"named without validation", false, func(t *testing.T, dir, port string, s *dnstest.Server) *exec.Cmd {
		return startNamed(t, dir, port, s, "no")
	}},
	{"dnsmasq", true, func(t *testing.T, dir, port string, s *dnstest.Server) *exec.Cmd {
		tag, algorithm, digest, hex := anchorOf(s)
		return startDnsmasq(t, dir, port, s, "--dnssec", "--trust-anchor=.,"+strings.Join([]string{tag, algorithm, digest, hex}, ","))
	}},
	{"dnsmasq without validation", false, func(t *testing.T, dir, port string, s *dnstest.Server) *exec.Cmd {
		return startDnsmasq(t, dir, port, s, "--proxy-dnssec")
	}},
	{"pdns-recursor", true, func(t *testing.T, dir, port string, s *dnstest.Server) *exec.Cmd {
		return startPowerDNS(t, dir, port, s, "validate")
	}},
}

func startUnbound(t *testing.T, dir, port string, s *dnstest.Server, modules string) *exec.Cmd {
	_, upstream, _ := net.SplitHostPort(s.Addr())
	write(t, dir, "anchors", s.Anchors())
	write(t, dir, "conf", fmt.Sprintf(`server:
	interface: 127.0.0.1@%s
	username: ""
	chroot: ""
	directory: %q
	pidfile: ""
	use-syslog: no
	do-not-query-localhost: no
	trust-anchor-signaling: no
	module-config: %q
	trust-anchor-file: anchors
	ede: yes
	local-zone: "test." nodefault
	num-threads: 1
forward-zone:
	name: "."
	forward-addr: 127.0.0.1@%s
remote-control:
	control-enable: no
`, port, dir, modules, upstream))
	return command(real(t, "unbound"), "-d", "-c", filepath.Join(dir, "conf"))
}

func startNamed(t *testing.T, dir, port string, s *dnstest.Server, validate string) *exec.Cmd {
	_, upstream, _ := net.SplitHostPort(s.Addr())
	write(t, dir, "conf", fmt.Sprintf(`options {
	directory %q; pid-file none; session-keyfile none; lock-file none;
	listen-on port %s { 127.0.0.1; }; listen-on-v6 { none; };
	forward only; forwarders { 127.0.0.1 port %s; };
	dnssec-validation %s; trust-anchor-telemetry no; recursion yes;
	qname-minimization off;
};
controls { };
%s`, dir, port, upstream, validate, namedAnchors(s)))
	return command(real(t, "named"), "-g", "-n", "1", "-c", filepath.Join(dir, "conf"))
}

// namedAnchors writes the root's key as named and delv want it.
func namedAnchors(s *dnstest.Server) string {
	tag, algorithm, digest, hex := anchorOf(s)
	return fmt.Sprintf("trust-anchors { . static-ds %s %s %s %q; };\n", tag, algorithm, digest, hex)
}

func anchorOf(s *dnstest.Server) (tag, algorithm, digest, hex string) {
	fields := strings.Fields(s.Anchors())
	fields = fields[len(fields)-4:]
	return fields[0], fields[1], fields[2], fields[3]
}

func startDnsmasq(t *testing.T, dir, port string, s *dnstest.Server, flags ...string) *exec.Cmd {
	host, upstream, _ := net.SplitHostPort(s.Addr())
	write(t, dir, "conf", "")
	return command(real(t, "dnsmasq"), append([]string{
		"--keep-in-foreground", "--conf-file=" + filepath.Join(dir, "conf"), "--no-resolv", "--no-hosts", "--port=" + port,
		"--listen-address=127.0.0.1", "--bind-interfaces", "--server=" + host + "#" + upstream, "--pid-file=",
		"--user=", "--log-facility=-",
	}, flags...)...)
}

func startPowerDNS(t *testing.T, dir, port string, s *dnstest.Server, mode string) *exec.Cmd {
	tag, algorithm, digest, hex := anchorOf(s)
	write(t, dir, "recursor.conf", "")
	write(t, dir, "anchors.lua", fmt.Sprintf("clearTA()\naddTA('.', \"%s %s %s %s\")\n", tag, algorithm, digest, hex))
	return command(real(t, "pdns_recursor"), "--config-dir="+dir, "--socket-dir="+dir, "--daemon=no", "--local-address=127.0.0.1",
		"--local-port="+port, "--forward-zones-recurse=.="+s.Addr(), "--dont-query=", "--dnssec="+mode, "--security-poll-suffix=",
		"--lua-config-file="+filepath.Join(dir, "anchors.lua"), "--threads=1", "--quiet=yes")
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run starts a resolver and returns its address, when it answers.
func (r resolver) run(t *testing.T, s *dnstest.Server) string {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	cmd := r.start(t, dir, port, s)
	var log logBuffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-done
		if t.Failed() {
			t.Logf("%s:\n%s", r.name, log.tail())
		}
	})
	addr := net.JoinHostPort("127.0.0.1", port)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if _, err := clientAt(t, addr, s.Anchors()).Lookup(t.Context(), "org", dnssec.TypeSOA); err == nil {
			return addr
		}
		select {
		case err := <-done:
			done <- err
			t.Fatalf("%s ended: %v\n%s", r.name, err, log.tail())
		default:
		}
	}
	t.Fatalf("%s does not answer\n%s", r.name, log.tail())
	return ""
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// logBuffer keeps what a program prints.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.b.String()
	return text[max(0, len(text)-3000):]
}

// output runs a program to its end.
func output(ctx context.Context, cmd *exec.Cmd) string {
	stop := context.AfterFunc(ctx, func() {
		if cmd.Process != nil {
			cmd.Process.Kill()
		}
	})
	defer stop()
	out, _ := cmd.CombinedOutput()
	return string(out)
}
