package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// service is a running program.
type service struct {
	cmd     *exec.Cmd
	in      io.Closer
	address string
}

// start starts a program and returns the first line it prints; wait is false for one that
// prints none.
func (b *bench) start(wait bool, name string, args ...string) (*service, []byte, error) {
	s := &service{cmd: exec.Command(b.path(name), args...)}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, nil, err
	}
	if err := s.cmd.Start(); err != nil || !wait {
		return s, nil, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		s.stop()
		return nil, nil, fmt.Errorf("%s did not start: %w", name, err)
	}
	return s, line, nil
}

func (s *service) stop() {
	_ = s.in.Close()
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// startSMTP starts the server of bench/smtp.
func (b *bench) startSMTP() error {
	s, line, err := b.start(true, "smtp", "-serve", b.path("server.pem"))
	if err != nil {
		return err
	}
	b.smtp = s
	var ports struct{ Free []int }
	err = json.Unmarshal(line, &ports)
	b.ports = ports.Free
	return err
}

func (b *bench) startMine() (*service, error) {
	return b.startServer("mailprobe", func(address string) []string {
		return []string{"serve", "--listen", address, b.path("mailprobe.yaml")}
	})
}

func (b *bench) startPeer() (*service, error) {
	return b.startServer("blackbox_exporter", func(address string) []string {
		return []string{"--config.file", b.path("blackbox.yml"), "--web.listen-address", address, "--log.level", "error", "--log.prober", "error"}
	})
}

// startServer starts a program at a free port, and waits until it answers there.
func (b *bench) startServer(name string, args func(address string) []string) (*service, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	_ = l.Close()
	s, _, err := b.start(false, name, args(address)...)
	if err != nil {
		return nil, err
	}
	s.address = address
	for range 400 {
		if r, err := http.Get("http://" + address + "/-/healthy"); err == nil {
			_ = r.Body.Close()
			return s, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("%s does not answer at %s", name, address)
}

// processor returns the processor time of all threads so far, to the nanosecond.
func (s *service) processor() (time.Duration, error) {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	var all time.Duration
	for _, t := range threads {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/schedstat", s.cmd.Process.Pid, t.Name()))
		if err != nil {
			continue // it has ended
		}
		n, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
		if err != nil {
			return 0, err
		}
		all += time.Duration(n)
	}
	return all, nil
}
