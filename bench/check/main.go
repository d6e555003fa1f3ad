//go:build linux

// Check measures what a run of a file with a thousand checks costs: processor time
// of each check, and memory at its peak. The server is this program, on loopback, so
// that what it needs is not counted.
package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// The goals.
const (
	goalCPU    = 2 * time.Millisecond
	goalMemory = 100 << 20
)

func main() {
	n := flag.Int("n", 1000, "checks in the file")
	runs := flag.Int("runs", 5, "runs, of which the median is shown")
	flag.Parse()
	if err := measure(*n, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// cost is what one run took.
type cost struct {
	cpu, wall time.Duration
	memory    int64 // bytes
}

func measure(n, runs int) error {
	dir, err := os.MkdirTemp("", "mailprobe-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program := filepath.Join(dir, "mailprobe")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./cmd/mailprobe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return errors.New(string(out))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	go serve(listener)
	file := filepath.Join(dir, "checks.yaml")
	if err := os.WriteFile(file, []byte(checks(n, listener.Addr().String())), 0o600); err != nil {
		return err
	}
	var all []cost
	for i := range runs + 1 {
		c, err := run(program, "check", "--state", filepath.Join(dir, "state"), "--per-host", "64", "--deadline", "0", file)
		if err != nil {
			return err
		}
		if i > 0 { // the first makes the history
			all = append(all, c)
		}
	}
	show(n, all)
	return nil
}

// checks is a file of n checks of one host.
func checks(n int, addr string) string {
	var b strings.Builder
	b.WriteString("defaults: {tls: \"off\", timeout: 30s}\nchecks:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {name: check-%d, kind: smtp, target: \"%s\", warn: {total: 60s}}\n", i, addr)
	}
	return b.String()
}

// serve speaks as much SMTP as a check without TLS needs.
func serve(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			_ = session(conn)
		}()
	}
}

func session(conn net.Conn) error {
	if _, err := conn.Write([]byte("220 mx.example.org ESMTP\r\n")); err != nil {
		return err
	}
	buffer := make([]byte, 512)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return err
		}
		if strings.HasPrefix(string(buffer[:n]), "QUIT") {
			_, err = conn.Write([]byte("221 2.0.0 bye\r\n"))
			return err
		}
		if _, err := conn.Write([]byte("250-mx.example.org\r\n250-PIPELINING\r\n250 SIZE 10240000\r\n")); err != nil {
			return err
		}
	}
}

// run runs the program and returns what it cost.
func run(program string, args ...string) (cost, error) {
	cmd := exec.Command(program, args...)
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	c := cost{wall: time.Since(begin)}
	if err != nil || len(out) > 0 {
		return c, fmt.Errorf("%w %s", err, out)
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.memory = usage.Maxrss << 10 // Linux counts in KiB
	}
	return c, nil
}

func show(n int, all []cost) {
	median := func(of func(cost) int64) int64 {
		var values []int64
		for _, c := range all {
			values = append(values, of(c))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	each := time.Duration(median(func(c cost) int64 { return int64(c.cpu) }) / int64(n))
	memory := median(func(c cost) int64 { return c.memory })
	wall := time.Duration(median(func(c cost) int64 { return int64(c.wall) }))
	fmt.Printf("| figure | mailprobe check | goal |\n|---|---|---|\n")
	fmt.Printf("| %d checks, processor time of each | %.2f ms | under %.0f ms: %s |\n", n, ms(each), ms(goalCPU), verdict(each < goalCPU))
	fmt.Printf("| %d checks, peak memory | %.1f MiB | under %d MiB: %s |\n", n, float64(memory)/(1<<20), goalMemory>>20, verdict(memory < goalMemory))
	fmt.Printf("| %d checks, wall time | %.0f ms |  |\n", n, ms(wall))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "**missed**"
}
