package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
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
