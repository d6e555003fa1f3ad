//go:build linux

// Check measures a run of a file with a thousand checks: processor time per check and
// peak memory, also with servers that flood. The server is this program, on loopback, and
// does not count.
//
//	go run ./bench/check [-n 1000] [-runs 5] [-against PROGRAM]
//
// With -against, the two builds run in turn and the median of the ratios of their runs is
// shown, which on a busy machine says more than the figures.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"mailprobe/bench/measure"
)

func main() {
	n := flag.Int("n", 1000, "checks in the file")
	floods := flag.Int("floods", 2000, "servers that flood")
	runs := flag.Int("runs", 5, "runs, of which the median is shown")
	against := flag.String("against", "", "another `program` to measure against")
	flag.Parse()
	if err := compare(*n, *floods, *runs, *against); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// cost is the resource usage of one run.
type cost struct {
	cpu, wall time.Duration
	memory    int64 // bytes
}

func compare(n, floods, runs int, against string) error {
	dir, err := os.MkdirTemp("", "mailprobe-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program := filepath.Join(dir, "mailprobe")
	if err := measure.Build(program, "mailprobe/cmd/mailprobe"); err != nil {
		return err
	}
	programs := []string{program}
	if against != "" {
		programs = append(programs, against)
	}
	all, err := scenarios(dir, n, floods)
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := s.measure(dir, programs, runs); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// run runs a program and returns its cost. An exit status above 2 is an error: the program
// had no verdict.
func run(program string, args ...string) (cost, error) {
	cmd := exec.Command(program, args...)
	begin := time.Now()
	var complaint strings.Builder
	cmd.Stderr = &complaint // the output goes nowhere
	_ = cmd.Run()
	c := cost{wall: time.Since(begin)}
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > 2 {
		return c, fmt.Errorf("%v: %.1000s", cmd.ProcessState, complaint.String())
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.memory = usage.Maxrss << 10 // Linux counts in KiB
	}
	return c, nil
}
