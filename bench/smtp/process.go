package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"mailprobe/wire/wiretest"
)

// process is the server process, seen from outside.
type process struct {
	ports
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// startServer runs this program once more, as the server.
func startServer(certFile string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(self, "-serve", certFile)}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if p.out = bufio.NewScanner(out); !p.out.Scan() {
		return nil, errNotReady
	}
	return p, json.Unmarshal(p.out.Bytes(), &p.ports)
}

// ask gives the server a word and returns what it has seen by then.
func (p *process) ask(word string) (counts, error) {
	var c counts
	if _, err := io.WriteString(p.in, word+"\n"); err != nil {
		return c, err
	}
	if !p.out.Scan() {
		return c, errNotReady
	}
	return c, json.Unmarshal(p.out.Bytes(), &c)
}

// stop ends the server.
func (p *process) stop() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

// usage is what a program took.
type usage struct {
	wall   time.Duration
	memory int64 // the most it had resident, in bytes
}

// run runs a program with a file for its input, nil for none, to its good end.
func run(stdin *os.File, name string, args ...string) (usage, error) {
	cmd := exec.Command(name, args...)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	var said strings.Builder
	cmd.Stderr = &said
	begin := time.Now()
	err := cmd.Run()
	u := usage{wall: time.Since(begin)}
	if err != nil {
		return u, fmt.Errorf("%s: %w: %s", name, err, said.String())
	}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.memory = r.Maxrss << 10
	}
	return u, nil
}

// resident reads from outside how much memory a process has.
func resident(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("process %d tells no VmRSS", pid)
}

// writeCertificate writes a good certificate and its key to a file.
func writeCertificate(a *wiretest.Authority, name string) error {
	cert, err := a.Issue("good")
	if err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	return os.WriteFile(name, text, 0o600)
}
