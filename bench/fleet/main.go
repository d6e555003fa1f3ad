//go:build linux

// Fleet measures the centre of a fleet, `mailprobe serve --fleet` with its embedded server, and
// 50 agents that run a thousand SMTP checks a minute against a mail host on loopback: 49 in the
// process of the benchmark, each with a connection, a state directory and a schedule of its own,
// and one `mailprobe agent` that runs a hundred of the checks. Shown are the processor time of
// the centre and of that agent as a share of one core, and their peak memory, once with each
// check at one place and once at three.
//
//	go run ./bench/fleet [-n 1000] [-agents 50] [-from 1,3] [-minutes 3] [-warm 90s]
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"mailprobe/bench/measure"
)

func main() {
	var b bench
	from := flag.String("from", "1,3", "at how many places each check is run, each measured by itself")
	flag.IntVar(&b.n, "n", 1000, "checks in the file")
	flag.IntVar(&b.agents, "agents", 50, "agents")
	flag.IntVar(&b.minutes, "minutes", 3, "how long to measure")
	flag.DurationVar(&b.warm, "warm", 90*time.Second, "how long to run before")
	flag.StringVar(&b.program, "program", "", "a build of mailprobe to measure, in the place of one that is made")
	flag.Parse()
	if err := b.run(strings.Split(*from, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench/fleet:", err)
		os.Exit(1)
	}
	fmt.Print(b.table.String())
}

// bench is one run of all measurements.
type bench struct {
	n, agents, minutes int
	warm               time.Duration
	program            string
	table              measure.Table
}

// run builds the program, unless there is one, and measures.
func (b *bench) run(from []string) error {
	if b.program == "" {
		dir, err := os.MkdirTemp("", "mailprobe-bench-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		b.program = filepath.Join(dir, "mailprobe")
		if err := measure.Build(b.program, "mailprobe/cmd/mailprobe"); err != nil {
			return err
		}
	}
	for _, one := range from {
		n, err := strconv.Atoi(one)
		if err == nil {
			err = b.at(n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
