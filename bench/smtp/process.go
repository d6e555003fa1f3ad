package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"mailprobe/wire/wiretest"
)

// process is the server process, as its parent sees it.
type process struct {
	ports
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// errSilent is returned when the server process does not answer.
var errSilent = errors.New("the server process does not answer")

// startServer starts this program again as the server.
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
		return nil, errSilent
	}
	return p, json.Unmarshal(p.out.Bytes(), &p.ports)
}

// ask sends the server a command and returns its counts.
func (p *process) ask(command string) (counts, error) {
	var c counts
	if _, err := io.WriteString(p.in, command+"\n"); err != nil {
		return c, err
	}
	if !p.out.Scan() {
		return c, errSilent
	}
	return c, json.Unmarshal(p.out.Bytes(), &c)
}

// stop ends the server.
func (p *process) stop() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

// run runs a program to completion, with stdin as its input (nil for none), and returns
// the seconds it took. A program that fails is an error.
func run(stdin *os.File, name string, args ...string) (float64, error) {
	cmd := exec.Command(name, args...)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	var said strings.Builder
	cmd.Stderr = &said
	begin := time.Now()
	err := cmd.Run()
	took := time.Since(begin).Seconds()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", name, err, said.String())
	}
	return took, err
}

// The lines of /proc/PID/status with the resident memory of a process and its peak.
// The peak that wait4 returns includes the memory of the parent at the fork.
const (
	residentNow  = "VmRSS:"
	residentMost = "VmHWM:"
)

// memory reads a memory figure of a process, in bytes.
func memory(pid int, which string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, which); ok {
			n, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return n * 1024, err
		}
	}
	return 0, fmt.Errorf("process %d has no %s", pid, which)
}

// writeCertificate writes a valid certificate and its key to a file.
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
