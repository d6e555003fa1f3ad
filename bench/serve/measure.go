//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"mailprobe/bench/measure"
	"mailprobe/mailtest"
)

// The goals.
const (
	maxShare  = 0.02     // of one core
	maxMemory = 60 << 20 // bytes
	maxLag    = time.Second
)

func measureServe(n, minutes int, warm time.Duration, profile string) error {
	dir, err := os.MkdirTemp("", "mailprobe-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	host, err := mailtest.Start(mailtest.Config{})
	if err != nil {
		return err
	}
	defer func() { _ = host.Close() }()
	file := filepath.Join(dir, "checks.yaml")
	if err := os.WriteFile(file, []byte(checks(n, host.SMTPURL())), 0o600); err != nil {
		return err
	}
	p, err := start(file, dir, profile)
	if err != nil {
		return err
	}
	defer p.stop()
	time.Sleep(warm)
	if _, err := p.ask("profile"); err != nil {
		return err
	}
	before, err := processorTime(p.cmd.Process.Pid)
	if err != nil {
		return err
	}
	begin := time.Now()
	time.Sleep(time.Duration(minutes) * time.Minute)
	after, err := processorTime(p.cmd.Process.Pid)
	if err != nil {
		return err
	}
	late, err := p.ask("late")
	if err != nil {
		return err
	}
	memory, err := peakMemory(p.cmd.Process.Pid)
	if err != nil {
		return err
	}
	took := time.Since(begin)
	atOnce, err := p.end()
	if err != nil {
		return err
	}
	show(late, took, after-before, atOnce, memory)
	return nil
}

// show prints the table.
func show(late lateness, took, cpu, atOnce time.Duration, memory float64) {
	share, each := cpu.Seconds()/took.Seconds(), cpu/time.Duration(max(late.Checks, 1))
	what := fmt.Sprintf("%d SMTP checks on their schedules: ", late.Checks)
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()) }
	var t measure.Table
	t.Add(measure.Row{Figure: what + "processor time, of one core", Mine: fmt.Sprintf("%.1f %%", 100*share), Goal: measure.Verdict("at most 2 %", share <= maxShare)})
	t.Add(measure.Row{Figure: what + "processor time of each, against that of all at once", Mine: milliseconds(each),
		Peer: milliseconds(atOnce), Ratio: fmt.Sprintf("%.2f", each.Seconds()/atOnce.Seconds())})
	t.Add(measure.Row{Figure: what + "peak memory", Mine: fmt.Sprintf("%.1f MiB", memory/(1<<20)), Goal: measure.Verdict("at most 60 MiB", memory <= maxMemory)})
	t.Add(measure.Row{Figure: what + "lag at the 99th percentile", Mine: seconds(late.P99), Goal: measure.Verdict("under 1 s", late.P99 < maxLag)})
	t.Add(measure.Row{Figure: what + "median and longest lag", Mine: seconds(late.Median) + ", " + seconds(late.Max)})
	fmt.Print(t.String())
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f ms", d.Seconds()*1000) }

// checks returns a file of n checks of one target, each run every minute.
func checks(n int, target string) string {
	var b strings.Builder
	b.WriteString("defaults: {every: 1m, tls: \"off\", timeout: 20s}\nchecks:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {name: check-%d, kind: smtp, target: \"%s\"}\n", i, target)
	}
	return b.String()
}

// process is the one that is measured.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// start starts this program again, to run a file.
func start(file, state, profile string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(self, "-profile", profile, "-schedule", file, state)}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	return p, p.cmd.Start()
}

// ask returns how late checks have been since the process was asked last.
func (p *process) ask(command string) (late lateness, err error) {
	if _, err := io.WriteString(p.in, command+"\n"); err != nil {
		return late, err
	}
	if !p.out.Scan() {
		return late, errors.New("the process does not answer")
	}
	return late, json.Unmarshal(p.out.Bytes(), &late)
}

// end ends the schedule, and returns the processor time that a check takes where all are
// run at once.
func (p *process) end() (each time.Duration, err error) {
	_ = p.in.Close()
	if !p.out.Scan() {
		return 0, errors.New("the process did not end")
	}
	return each, json.Unmarshal(p.out.Bytes(), &each)
}

func (p *process) stop() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

// tick is the unit of processor times in /proc (proc(5): sysconf(_SC_CLK_TCK), 100 on every Linux).
const tick = 10 * time.Millisecond

// processorTime reads how much a process has used.
func processorTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest) // from the third on
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, errors.Join(err, err2)
}

// peakMemory reads the most resident memory that a process had, in bytes.
func peakMemory(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return n * 1024, err
		}
	}
	return 0, fmt.Errorf("process %d has no peak", pid)
}
