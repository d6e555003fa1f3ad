//go:build linux

// Command start measures how long mailprobe takes to start, side by side with a program of
// Go that links TLS and HTTP and prints a line (bench/start/reference), and what one plain
// check costs as a whole process, side by side with check_smtp of the monitoring plugins and
// swaks. Programs take turns, so that whatever else the machine does meets all of them. What
// it prints is a table of Markdown, and the packages that take long to initialise.
//
//	go run ./bench/start [-runs 60] [-against PROGRAM]
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"mailprobe/bench/measure"
)

// The programs to compare with.
const (
	checkSMTP = "/usr/lib/nagios/plugins/check_smtp"
	swaks     = "swaks"
)

// bench is one run of all measurements.
type bench struct {
	runs                int
	mailprobe, against  string
	reference           string
	host, port, address string // of the server
	table               measure.Table
}

func main() {
	b := &bench{}
	flag.IntVar(&b.runs, "runs", 60, "runs of each program")
	flag.StringVar(&b.against, "against", "", "another build of mailprobe to measure against")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/start:", err)
		os.Exit(1)
	}
}

// run builds the programs, starts the server and measures.
func (b *bench) run() error {
	dir, err := os.MkdirTemp("", "mailprobe-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b.mailprobe, b.reference = filepath.Join(dir, "mailprobe"), filepath.Join(dir, "reference")
	for program, source := range map[string]string{b.mailprobe: "mailprobe/cmd/mailprobe", b.reference: "mailprobe/bench/start/reference"} {
		if err := measure.Build(program, source); err != nil {
			return err
		}
	}
	if b.host, b.port, err = serve(); err != nil {
		return err
	}
	b.address = b.host + ":" + b.port
	for _, measure := range []func() error{b.start, b.check, b.faults, b.older} {
		if err := measure(); err != nil {
			return err
		}
	}
	fmt.Print(b.table.String())
	return b.initialisations()
}

// start compares `mailprobe --version` with the reference.
func (b *bench) start() error {
	return b.wall("`mailprobe --version`, against a program that links TLS and HTTP", measure.AtMost(1.2),
		[]string{b.mailprobe, "--version"}, []string{b.reference})
}

// plain is one plain check.
func (b *bench) plain(program string) []string {
	return []string{program, "smtp", "-o", "nagios", "--tls=off", b.address}
}

// check compares a plain check with those of its peers.
func (b *bench) check() error {
	for _, peer := range []struct {
		goal     float64
		packages string
		command  []string
	}{
		{1.2, "monitoring-plugins-basic", []string{checkSMTP, "-H", b.host, "-p", b.port}},
		{0.07, "swaks", []string{swaks, "--server", b.host, "--port", b.port, "--quit-after", "EHLO"}},
	} {
		figure := "one plain check, against " + filepath.Base(peer.command[0])
		if _, err := exec.LookPath(peer.command[0]); err != nil {
			b.table.Add(measure.Row{Figure: figure, Mine: "not measured: it is not installed (Debian: " + peer.packages + ")"})
			continue
		}
		if err := b.wall(figure, measure.AtMost(peer.goal), b.plain(b.mailprobe), peer.command); err != nil {
			return err
		}
	}
	return nil
}

// older compares both with another build.
func (b *bench) older() error {
	if b.against == "" {
		return nil
	}
	none := measure.Goal{Text: "", Met: func(float64) bool { return true }}
	if err := b.wall("`mailprobe --version`, against the other build", none, []string{b.mailprobe, "--version"}, []string{b.against, "--version"}); err != nil {
		return err
	}
	return b.wall("one plain check, against the other build", none, b.plain(b.mailprobe), b.plain(b.against))
}

// wall adds a row that compares the wall time of two commands.
func (b *bench) wall(figure string, goal measure.Goal, mine, peer []string) error {
	timed := func(command []string) func() (float64, error) {
		return func() (float64, error) {
			begin := time.Now()
			_, err := usage(command)
			return time.Since(begin).Seconds(), err
		}
	}
	c, err := measure.Pairs(b.runs, timed(mine), timed(peer))
	if err == nil {
		row := measure.Row{Figure: figure, Mine: measure.Milliseconds(c.Mine), Peer: measure.Milliseconds(c.Peer), Ratio: fmt.Sprintf("%.2f", c.Ratio)}
		if goal.Text != "" {
			row.Goal = goal.Verdict(c.Ratio)
		}
		b.table.Add(row)
	}
	return err
}

// faults adds the page faults of a start and of a check.
func (b *bench) faults() error {
	count := func(command []string) func() (float64, error) {
		return func() (float64, error) {
			u, err := usage(command)
			return float64(u.Minflt), err
		}
	}
	for figure, command := range map[string][]string{"`mailprobe --version`, page faults": {b.mailprobe, "--version"}, "one plain check, page faults": b.plain(b.mailprobe)} {
		c, err := measure.Pairs(b.runs, count(command), count([]string{b.reference}))
		if err != nil {
			return err
		}
		b.table.Add(measure.Row{Figure: figure, Mine: fmt.Sprintf("%.0f", c.Mine), Peer: fmt.Sprintf("%.0f", c.Peer), Ratio: fmt.Sprintf("%.2f", c.Ratio),
			Goal: measure.Verdict("at most 450", c.Mine <= 450)})
	}
	return nil
}

// usage runs a command, which has to succeed, and returns what it used.
func usage(command []string) (*syscall.Rusage, error) {
	cmd := exec.Command(command[0], command[1:]...)
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%v: %w", command, err)
	}
	u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return nil, fmt.Errorf("%v: no usage is known", command)
	}
	return u, nil
}
