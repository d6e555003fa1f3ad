//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"mailprobe/bench/measure"
)

// tools are the programs under test, built into a folder of their own.
type tools struct{ dir string }

func build() (tools, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return tools{}, err
	}
	for _, name := range []string{"cmd/mailprobe", "bench/sweep", "bench/responder"} {
		if err := measure.Build(filepath.Join(dir, filepath.Base(name)), "mailprobe/"+name); err != nil {
			return tools{}, err
		}
	}
	cc := exec.Command("cc", "-O2", "-o", filepath.Join(dir, "limit"), "bench/limit/limit.c")
	if out, err := cc.CombinedOutput(); err != nil {
		return tools{}, fmt.Errorf("build limit: %w\n%s", err, out)
	}
	return tools{dir}, nil
}

func (t tools) path(name string) string { return filepath.Join(t.dir, name) }

// usage is what one run of a program took.
type usage struct {
	wall, cpu time.Duration
	rss       int64 // bytes at most
	out       string
	err       error
}

// run runs a program with input and a limit of time. Both ways go by files, so that
// nobody at the other end of a pipe takes part of the processor.
func run(input []byte, name string, args ...string) usage {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return usage{err: err}
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command(name, args...)
	if err := redirect(cmd, input, dir); err != nil {
		return usage{err: err}
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return usage{err: err}
	}
	timer := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	peak := watch(cmd.Process.Pid)
	err = cmd.Wait()
	u := usage{wall: time.Since(begin), err: err, rss: peak()}
	timer.Stop()
	u.cpu = cmd.ProcessState.SystemTime() + cmd.ProcessState.UserTime()
	out, outErr := os.ReadFile(filepath.Join(dir, "out"))
	errs, errsErr := os.ReadFile(filepath.Join(dir, "err"))
	u.out, u.err = string(out)+string(errs), errors.Join(u.err, outErr, errsErr)
	return u
}

func redirect(cmd *exec.Cmd, input []byte, dir string) error {
	in := filepath.Join(dir, "in")
	if err := os.WriteFile(in, input, 0o600); err != nil {
		return err
	}
	stdin, inErr := os.Open(in)
	stdout, outErr := os.Create(filepath.Join(dir, "out"))
	stderr, errErr := os.Create(filepath.Join(dir, "err"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	return errors.Join(inErr, outErr, errErr)
}

// watch follows the peak memory of a process by what the kernel says while it
// runs; the figure in its rusage would have that of its parent before exec.
func watch(pid int) func() int64 {
	stop, peak := make(chan struct{}), make(chan int64, 1)
	go func() {
		var most int64
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(10 * time.Millisecond):
				most = max(most, highWater(pid))
			}
		}
	}()
	return func() int64 { close(stop); return <-peak }
}

var vmHWM = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

func highWater(pid int) int64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	m := vmHWM.FindSubmatch(status)
	if m == nil {
		return 0
	}
	kB, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return kB << 10
}

// middle returns the median of a figure.
func middle(runs []usage, of func(usage) time.Duration) time.Duration {
	figures := make([]time.Duration, len(runs))
	for i, u := range runs {
		figures[i] = of(u)
	}
	slices.Sort(figures)
	return figures[len(figures)/2]
}

// part returns the median of what part of one program's figure another's is, of runs
// made one after the other.
func part(runs, ofThese []usage, of func(usage) time.Duration) float64 {
	parts := make([]float64, len(runs))
	for i := range runs {
		parts[i] = float64(of(runs[i])) / float64(of(ofThese[i]))
	}
	slices.Sort(parts)
	return parts[len(parts)/2]
}

// A pinger is a program and the way to read its average round trip.
type pinger struct {
	name string
	args func(t tools, host string, count int, every time.Duration) []string
	avg  func(out string) (time.Duration, error)
}

var slashes = regexp.MustCompile(`max\S* = [0-9.]+/([0-9.]+)/`)

func averageOfSlashes(out string) (time.Duration, error) {
	m := slashes.FindStringSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("no average in %q", out)
	}
	ms, err := strconv.ParseFloat(m[1], 64)
	return time.Duration(ms * 1e6), err
}

func averageOfJSON(out string) (time.Duration, error) {
	var results []struct {
		Steps []struct {
			Facts []struct {
				Name  string
				Value float64
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &results); err != nil {
		return 0, fmt.Errorf("%w in %q", err, out)
	}
	for _, s := range results[0].Steps {
		for _, f := range s.Facts {
			if f.Name == "rtt_avg" {
				return time.Duration(f.Value * 1e9), nil
			}
		}
	}
	return 0, fmt.Errorf("no average in %q", out)
}

func pingers() []pinger {
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	return []pinger{
		{"mailprobe", func(t tools, host string, n int, every time.Duration) []string {
			return []string{t.path("mailprobe"), "ping", "-o", "json", "-c", strconv.Itoa(n), "-i", every.String(), host}
		}, averageOfJSON},
		{"fping", func(_ tools, host string, n int, every time.Duration) []string {
			return []string{"fping", "-q", "-c", strconv.Itoa(n), "-p", ms(every), "-t", "1000", host}
		}, averageOfSlashes},
		{"iputils ping", func(_ tools, host string, n int, every time.Duration) []string {
			return []string{"ping", "-q", "-c", strconv.Itoa(n), "-i", fmt.Sprint(every.Seconds()), host}
		}, averageOfSlashes},
	}
}

// lines counts the lines of output that are addresses.
func lines(out string) int {
	n := 0
	for line := range strings.Lines(out) {
		if line[0] >= '0' && line[0] <= '9' && !strings.Contains(line, " ") {
			n++
		}
	}
	return n
}
