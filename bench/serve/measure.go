//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"mailprobe/bench/measure"
	"mailprobe/mailtest"
)

// The goals.
const (
	maxShare  = 0.02     // of one core
	maxMemory = 60 << 20 // bytes
	minInTime = 0.99     // of the checks begin within a second
)

// bench is what is measured.
type bench struct {
	n, minutes int
	warm       time.Duration

	program, file, dir string
}

// figures are what was seen.
type figures struct {
	took, cpu, atOnce time.Duration
	lag               lag
	memory, scraped   float64 // the peak in bytes, and that after scrapes
	metrics           int     // bytes of /metrics
}

func (b *bench) run() error {
	dir, err := os.MkdirTemp("", "mailprobe-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b.dir, b.program, b.file = dir, filepath.Join(dir, "mailprobe"), filepath.Join(dir, "checks.yaml")
	if err := measure.Build(b.program, "mailprobe/cmd/mailprobe"); err != nil {
		return err
	}
	host, err := mailtest.Start(mailtest.Config{})
	if err != nil {
		return err
	}
	defer func() { _ = host.Close() }()
	if err := os.WriteFile(b.file, []byte(checks(b.n, host.SMTPURL())), 0o600); err != nil {
		return err
	}
	var f figures
	if err := b.serve(&f); err != nil {
		return err
	}
	if f.atOnce, err = b.check(); err != nil {
		return err
	}
	f.show()
	return nil
}

// serve measures the server.
func (b *bench) serve(f *figures) (err error) {
	s, err := start(b.program, "serve", "--listen", "127.0.0.1:0", "--state", filepath.Join(b.dir, "served"), b.file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	time.Sleep(b.warm)
	before, err := measure.Processor(s.cmd.Process.Pid)
	if err != nil {
		return err
	}
	begin := time.Now()
	time.Sleep(time.Duration(b.minutes) * time.Minute)
	after, err := measure.Processor(s.cmd.Process.Pid)
	if err != nil {
		return err
	}
	f.cpu, f.took = after-before, time.Since(begin)
	if f.memory, err = measure.Memory(s.cmd.Process.Pid, measure.Peak); err != nil {
		return err
	}
	for range 3 {
		if f.lag, f.metrics, err = s.scrape(); err != nil {
			return err
		}
	}
	f.scraped, err = measure.Memory(s.cmd.Process.Pid, measure.Peak)
	return err
}

// check runs the file once by `mailprobe check`, and returns the processor time of a check.
func (b *bench) check() (time.Duration, error) {
	cmd := exec.Command(b.program, "check", "--print", "never", "--per-host", "20", "--state", filepath.Join(b.dir, "checked"), b.file)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return 0, err
	}
	return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()) / time.Duration(b.n), nil
}

// show prints the table.
func (f figures) show() {
	share, each := f.cpu.Seconds()/f.took.Seconds(), f.cpu/time.Duration(max(f.lag.inMinutes(f.took), 1))
	mebi := func(n float64) string { return fmt.Sprintf("%.1f MiB", n/(1<<20)) }
	inTime := float64(f.lag.within) / float64(max(f.lag.all, 1))
	what := fmt.Sprintf("%d SMTP checks a minute: ", f.lag.checks)
	var t measure.Table
	t.Add(measure.Row{Figure: what + "processor time, of one core", Mine: fmt.Sprintf("%.1f %%", 100*share), Goal: measure.Verdict("at most 2 %", share <= maxShare)})
	t.Add(measure.Row{Figure: what + "processor time of each, against that of `mailprobe check`", Mine: milliseconds(each),
		Peer: milliseconds(f.atOnce), Ratio: fmt.Sprintf("%.2f", each.Seconds()/f.atOnce.Seconds())})
	t.Add(measure.Row{Figure: what + "peak memory", Mine: mebi(f.memory), Goal: measure.Verdict("at most 60 MiB", f.memory <= maxMemory)})
	t.Add(measure.Row{Figure: fmt.Sprintf("%spage of metrics, and peak memory with it", what), Mine: fmt.Sprintf("%d kB, %s", f.metrics/1000, mebi(f.scraped))})
	t.Add(measure.Row{Figure: what + "begun within a second of their turn", Mine: fmt.Sprintf("%.2f %%", 100*inTime), Goal: measure.Verdict("99 %", inTime >= minInTime)})
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
