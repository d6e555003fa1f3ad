// Package natstest starts the real nats-server for tests: one, or a cluster of them. It is
// built from the version that go.mod names.
package natstest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Options say how a server is started. The zero value is right for most tests: JetStream, one
// account, everybody may do everything.
type Options struct {
	// Config is appended to the server's configuration file, such as `authorization {...}`.
	Config string
	// Host is the address to listen at, default 127.0.0.1. Any other than of loopback is taken
	// for one of a namespace of the test's own, with the usual ports.
	Host string
	// Prefix is a command that runs the server, such as ip netns exec NAME.
	Prefix []string
}

// Server is a nats-server process. Its state stays in Dir over Kill and Restart, as do its
// ports.
type Server struct {
	// URL is where clients connect, nats://HOST:PORT, whether or not Options.Config has TLS.
	URL string
	// Name is the server's name, Dir its folder: nats.conf, nats.log and jetstream/.
	Name, Dir string

	tb     testing.TB
	args   []string
	ask    []string // a command that prints the state of JetStream, of a server of a cluster
	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{}
}

// program builds the server, once in a process; the build's cache keeps it for others.
var program = sync.OnceValues(func() (string, error) {
	var stderr bytes.Buffer
	cmd := exec.Command("go", "tool", "-n", "nats-server")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("cannot build nats-server: %w: %s", err, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
})

// Program returns the path of the real nats-server. Where it cannot be built the test is
// skipped, and fails under MAILPROBE_REAL=require.
func Program(tb testing.TB) string {
	tb.Helper()
	path, err := program()
	switch {
	case err == nil:
	case os.Getenv("MAILPROBE_REAL") == "require":
		tb.Fatal(err)
	default:
		tb.Skipf("SKIP %v", err)
	}
	return path
}

// Start starts one server and waits until it is ready. It is killed when the test ends.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	s := prepare(tb, o, "n1", "")
	s.Restart()
	return s
}

func (o Options) host() string {
	if o.Host == "" {
		return "127.0.0.1"
	}
	return o.Host
}

// port returns an address of the host with a port: one that was free just now, or the usual
// one where the host is not of this namespace.
func port(tb testing.TB, host, usual string) string {
	tb.Helper()
	if !net.ParseIP(host).IsLoopback() {
		return net.JoinHostPort(host, usual)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func prepare(tb testing.TB, o Options, name, cluster string) *Server {
	tb.Helper()
	dir := tb.TempDir()
	address := port(tb, o.host(), "4222")
	s := &Server{URL: "nats://" + address, Name: name, Dir: dir, tb: tb}
	config := filepath.Join(dir, "nats.conf")
	text := fmt.Sprintf("server_name: %s\nlisten: %q\njetstream { store_dir: %q, max_mem: 64MB, max_file: 1GB }\n", name, address, dir)
	if err := os.WriteFile(config, []byte(text+cluster+o.Config+"\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	s.args = append(append([]string{}, o.Prefix...), Program(tb), "-c", config, "-l", filepath.Join(dir, "nats.log"))
	tb.Cleanup(s.Kill)
	return s
}

// Restart starts a server that was killed or stopped, with what it has in its folder, and waits
// until it is ready.
func (s *Server) Restart() {
	s.tb.Helper()
	s.start()
	s.await("Server is ready")
}

func (s *Server) start() {
	s.tb.Helper()
	if err := os.Remove(s.logFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.tb.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		s.tb.Fatal("nats-server runs already")
	}
	cmd, exited := exec.Command(s.args[0], s.args[1:]...), make(chan struct{})
	if err := cmd.Start(); err != nil {
		s.tb.Fatal(err)
	}
	s.cmd, s.exited = cmd, exited
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
}

// await waits for a line of the log.
func (s *Server) await(line string) {
	s.tb.Helper()
	for {
		if strings.Contains(s.Log(), line) {
			return
		}
		select {
		case <-s.exited:
			s.tb.Fatalf("nats-server ended before %q:\n%s", line, s.Log())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Log returns what the server has logged since it was last started.
func (s *Server) Log() string {
	text, _ := os.ReadFile(s.logFile())
	return string(text)
}

func (s *Server) logFile() string { return filepath.Join(s.Dir, "nats.log") }

// PID is the server's process, 0 while it does not run. Behind a Prefix it is that of the
// prefix, such as ip, which becomes the server.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// Kill kills the server with SIGKILL, if it runs.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Stop ends the server in good order.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Reload has the server read its configuration anew.
func (s *Server) Reload() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.cmd.Process.Signal(syscall.SIGHUP)
}

func (s *Server) end(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(sig)
	<-s.exited
	s.cmd = nil
}
