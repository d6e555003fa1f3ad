//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mailprobe/internal/report/reporttest"
)

// server is a `mailprobe serve` that runs as a process of its own.
type serverProcess struct {
	*exec.Cmd
	url  string
	done chan error

	mu   sync.Mutex
	said strings.Builder
}

// log is what it has said so far.
func (s *serverProcess) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

var listensOn = regexp.MustCompile(`(?m)^mailprobe: listening on (https?://\S+)/$`)

// startServer starts a server, and waits until it listens.
func startServer(t *testing.T, cmd *exec.Cmd) *serverProcess {
	t.Helper()
	s := &serverProcess{Cmd: cmd, done: make(chan error, 1)}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listens := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			s.mu.Lock()
			s.said.WriteString(lines.Text() + "\n")
			s.mu.Unlock()
			if m := listensOn.FindStringSubmatch(lines.Text()); m != nil {
				listens <- m[1]
			}
		}
		s.done <- cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		if t.Failed() {
			t.Log(s.log())
		}
	})
	select {
	case s.url = <-listens:
	case err := <-s.done:
		t.Fatalf("it ended: %v\n%s", err, s.log())
	case <-time.After(time.Minute):
		t.Fatalf("it does not listen\n%s", s.log())
	}
	return s
}

// serverCommand is `mailprobe serve` on a free port.
func serverCommand(t *testing.T, dir string, args ...string) *exec.Cmd {
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--state", filepath.Join(dir, "state")}, args...)
	return exec.CommandContext(t.Context(), "mailprobe", args...)
}

// end sends a signal and waits for the end.
func (s *serverProcess) end(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := s.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-s.done:
		if err != nil {
			t.Errorf("it ended with %v\n%s", err, s.log())
		}
	case <-time.After(time.Minute):
		t.Fatalf("it does not end\n%s", s.log())
	}
}

// get asks the server.
func (s *serverProcess) get(t *testing.T, method, path string) (code int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("%v\n%s", err, s.log())
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for begun := time.Now(); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatal("never: " + what)
		}
	}
}

// checksFile writes a file of checks whose names are given. Nobody listens at port 1.
func checksFile(t *testing.T, name string, checks ...string) {
	t.Helper()
	text := "defaults: {every: 1s}\nchecks:\n"
	for _, c := range checks {
		text += "  - {name: " + c + ", kind: smtp, target: \"127.0.0.1:1\"}\n"
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestServe: the checks run, a signal ends the server in order, and `mailprobe check` says
// meanwhile who runs them.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "checks.yaml")
	checksFile(t, file, "a", "b")
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		s := startServer(t, serverCommand(t, dir, file))
		eventually(t, "both checks have run", func() bool {
			_, text := s.get(t, "GET", "/metrics")
			return strings.Count(text, "\nmailprobe_status{") == 2
		})
		if code, text := s.get(t, "GET", "/-/ready"); code != 200 {
			t.Errorf("ready: %d %s", code, text)
		}
		if code, text := s.get(t, "GET", "/probe?module=smtp&target=127.0.0.1:1"); code != 200 || !strings.Contains(text, "\nprobe_success 0\n") {
			t.Errorf("probe: %d %s", code, text)
		}
		second := exec.CommandContext(t.Context(), "mailprobe", "serve", "--listen", "127.0.0.1:0", "--state", filepath.Join(dir, "state"), file)
		if out, err := second.CombinedOutput(); second.ProcessState.ExitCode() != exitCannotRun || !strings.Contains(string(out), "mailprobe serve runs these checks") {
			t.Errorf("another server: %v\n%s", err, out)
		}
		s.end(t, signal)
	}
	out, err := exec.CommandContext(t.Context(), "mailprobe", "history", "--state", filepath.Join(dir, "state")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "127.0.0.1:1") {
		t.Errorf("the history: %v\n%s", err, out)
	}
}

// TestServeReload: SIGHUP, POST and a change of the file read it anew; errors are in the
// log, in the answer and in a metric, and the checks go on.
func TestServeReload(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "checks.yaml")
	checksFile(t, file, "a")
	s := startServer(t, serverCommand(t, dir, file))
	has := func(series string) func() bool {
		return func() bool { _, text := s.get(t, "GET", "/metrics"); return strings.Contains(text, "\n"+series+"\n") }
	}
	eventually(t, "one check", has("mailprobe_scheduler_checks 1"))
	checksFile(t, file, "a", "b")
	eventually(t, "the changed file is read", has("mailprobe_scheduler_checks 2"))
	checksFile(t, file, "a", "b", "a")
	if code, text := s.get(t, "POST", "/-/reload"); code != 500 || !strings.Contains(text, "checks.yaml:5:") || !strings.Contains(text, "cannot be used: 1 error") {
		t.Errorf("a bad file: %d %s", code, text)
	}
	if !has("mailprobe_config_last_reload_successful 0")() || !has("mailprobe_scheduler_checks 2")() {
		t.Error("a bad file is in use")
	}
	if _, text := s.get(t, "GET", "/"); !strings.Contains(text, "checks.yaml:5:") || strings.Contains(text, "5 | ") {
		t.Error("the page does not say what is wrong, or shows lines of the file")
	}
	eventually(t, "the log", func() bool {
		return strings.Contains(s.log(), "cannot be used: 1 error, 0 warnings; the checks go on as they were\n")
	})
	if err := errors.Join(os.Remove(file), syscall.Mkfifo(file, 0o600)); err != nil {
		t.Fatal(err)
	}
	if code, text := s.get(t, "POST", "/-/reload"); code != 500 || !strings.Contains(text, "is no regular file") {
		t.Errorf("a pipe: %d %s", code, text)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	checksFile(t, file, "c", "d", "e")
	if err := s.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "SIGHUP", has("mailprobe_scheduler_checks 3"))
	if !has("mailprobe_config_last_reload_successful 1")() {
		t.Error("the good file is none")
	}
	s.end(t, syscall.SIGTERM)
}

// TestServeErrors: what is wrong is said in a line, and the exit status is 4.
func TestServeErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	dir := t.TempDir()
	file, bad, config := filepath.Join(dir, "checks.yaml"), filepath.Join(dir, "bad.yaml"), filepath.Join(dir, "web.yml")
	checksFile(t, file, "a")
	checksFile(t, bad, "a", "a")
	if err := os.WriteFile(config, []byte("basic_auth_users: {alice: secret}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"port in use":       {[]string{"--listen", taken.Addr().String(), file}, "another program listens there"},
		"no file":           {[]string{filepath.Join(dir, "none.yaml")}, "no such file"},
		"bad file":          {[]string{bad}, "bad.yaml cannot be used: 1 error"},
		"bad web config":    {[]string{"--web.config.file", config, file}, "--web.config.file: "},
		"no web config":     {[]string{"--web.config.file", dir + "/none", file}, "--web.config.file: "},
		"bad URL":           {[]string{"--web.external-url", "example.org", file}, "is no URL such as"},
		"bad jobs":          {[]string{"--jobs", "0", file}, "--jobs and --per-host are numbers from 1 up"},
		"two files":         {[]string{file, file}, "at most one FILE"},
		"an unknown flag":   {[]string{"--listn", "x"}, "--listen"},
		"no state possible": {[]string{"--state", file, file}, "checks.yaml"},
	} {
		args := append([]string{"serve", "--state", filepath.Join(dir, "state")}, tt.args...)
		cmd := exec.CommandContext(t.Context(), "mailprobe", args...)
		out, _ := cmd.CombinedOutput()
		last := out[strings.LastIndex(strings.TrimSuffix("\n"+string(out), "\n"), "\n"):]
		if cmd.ProcessState.ExitCode() != exitCannotRun || !strings.HasPrefix(string(last), "mailprobe: ") || !strings.Contains(string(last), tt.want) {
			t.Errorf("%s: exit status %d, %s", name, cmd.ProcessState.ExitCode(), out)
		}
	}
}

// TestServeProbesOnly: without a file there are probes, and the log says so.
func TestServeProbesOnly(t *testing.T) {
	dir := t.TempDir()
	cmd := serverCommand(t, dir)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir)
	s := startServer(t, cmd)
	if code, text := s.get(t, "GET", "/probe?module=smtp&target=127.0.0.1:1"); code != 200 || !strings.Contains(text, "probe_success 0") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := s.get(t, "POST", "/-/reload"); code != 404 {
		t.Errorf("reload: %d %s", code, text)
	}
	if err := s.Process.Signal(syscall.SIGHUP); err != nil { // there is nothing to read, and no reason to end
		t.Fatal(err)
	}
	if code, _ := s.get(t, "GET", "/-/ready"); code != 200 || !strings.Contains(s.log(), "there is no file of checks") {
		t.Errorf("ready: %d, the log: %s", code, s.log())
	}
	s.end(t, syscall.SIGTERM)
}

// TestServeNotify: the service manager learns when the server is ready, reloads and stops,
// and its watchdog is fed.
func TestServeNotify(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "checks.yaml")
	checksFile(t, file, "a")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	said := make(chan string, 100)
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := socket.Read(buffer)
			if err != nil {
				return
			}
			said <- string(buffer[:n])
		}
	}()
	cmd := serverCommand(t, dir, file)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+socket.LocalAddr().String(), "WATCHDOG_USEC=3000000")
	s := startServer(t, cmd)
	hears := func(want string) {
		t.Helper()
		for late := time.After(time.Minute); ; {
			select {
			case state := <-said:
				if strings.HasPrefix(state, want) {
					return
				}
			case <-late:
				t.Fatalf("the manager never heard %s", want)
			}
		}
	}
	hears("READY=1")
	for range 3 {
		hears("WATCHDOG=1")
	}
	if err := s.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	hears("RELOADING=1\nMONOTONIC_USEC=")
	hears("READY=1")
	s.end(t, syscall.SIGTERM)
	hears("STOPPING=1")
}

// TestServeActivation: systemd's own tool opens the socket, and hands it over with the
// first connection.
func TestServeActivation(t *testing.T) {
	tool := reporttest.Tool(t, "systemd-socket-activate")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	program, err := exec.LookPath("mailprobe")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "checks.yaml")
	checksFile(t, file, "a")
	cmd := exec.CommandContext(t.Context(), tool, "-l", address, "-E", "PATH", "-E", "GORACE", program, "serve", "--state", dir, file)
	libraries, _ := filepath.Glob(filepath.Join(filepath.Dir(tool), "../lib/*/systemd"))
	cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(libraries, ":"))
	go func() { // systemd hands the socket over once somebody connects
		for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(100 * time.Millisecond) {
			if conn, err := net.Dial("tcp", address); err == nil {
				_ = conn.Close()
				return
			}
		}
	}()
	s := startServer(t, cmd)
	if s.url != "http://"+address {
		t.Errorf("it listens on %s", s.url)
	}
	if code, text := s.get(t, "GET", "/-/healthy"); code != 200 {
		t.Errorf("%d %s", code, text)
	}
	s.end(t, syscall.SIGTERM)
}

// TestServePrometheus: a real Prometheus scrapes the checks, and the histograms as native
// ones.
func TestServePrometheus(t *testing.T) {
	tool := reporttest.Tool(t, "prometheus")
	dir := t.TempDir()
	file := filepath.Join(dir, "checks.yaml")
	checksFile(t, file, "a")
	s := startServer(t, serverCommand(t, dir, file))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("scrape_configs: [{job_name: mailprobe, scrape_interval: 1s, static_configs: [{targets: ['%s']}]}]\n", strings.TrimPrefix(s.url, "http://"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	prometheus := exec.CommandContext(t.Context(), tool, "--config.file", config, "--storage.tsdb.path", filepath.Join(dir, "tsdb"),
		"--web.listen-address", address, "--enable-feature=native-histograms")
	var said strings.Builder
	prometheus.Stdout, prometheus.Stderr = &said, &said
	if err := prometheus.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = prometheus.Process.Kill(); _ = prometheus.Wait() }()
	for query, want := range map[string]string{
		`mailprobe_status{entry="a"}`:                                       `"2"]`,
		`histogram_count(mailprobe_step_latency_seconds{step="connect"})>0`: `"value":[`,
		`up`: `"1"]`,
	} {
		eventually(t, query, func() bool {
			response, err := http.Get("http://" + address + "/api/v1/query?query=" + strings.NewReplacer(`"`, "%22", "{", "%7B", "}", "%7D", ">", "%3E").Replace(query))
			if err != nil {
				return false
			}
			defer func() { _ = response.Body.Close() }()
			body, _ := io.ReadAll(response.Body)
			return strings.Contains(string(body), want)
		})
	}
	s.end(t, syscall.SIGTERM)
}

// TestServeStopped: a signal before the checks have begun is an orderly stop, too.
func TestServeStopped(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "checks.yaml")
	checksFile(t, file, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var said strings.Builder
	a := &app{stderr: &said}
	f := &serveFlags{state: filepath.Join(dir, "state"), jobs: 1, perHost: 1, keep: time.Hour}
	if err := a.serve(ctx, f, file); err != nil || said.String() != "mailprobe: stopped by a signal, before it had begun\n" {
		t.Errorf("%v, %q", err, said.String())
	}
}
