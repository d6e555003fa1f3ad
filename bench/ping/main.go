//go:build linux

// Command ping measures the echo engine against other pingers on the same
// network in the same run, and prints a table. It needs root, and works in a
// network namespace that it makes for itself.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"mailprobe/bench/measure"
	"mailprobe/bench/tun"
)

func main() {
	runs := flag.Int("runs", 5, "runs of each sweep; the median counts")
	only := flag.String("only", "", "one of sweep, far, memory, rtt, flood, once")
	flag.Parse()
	if err := bench(*runs, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(runs int, only string) error {
	t, err := build()
	if err != nil {
		return err
	}
	defer os.RemoveAll(t.dir)
	if err := tun.Isolate(); err != nil {
		return err
	}
	b := benchmark{tools: t, runs: runs}
	return measure.Run(only, measure.Part{Name: "sweep", Do: b.sweepLoopback}, measure.Part{Name: "far", Do: b.sweepFar}, measure.Part{Name: "memory", Do: b.memory},
		measure.Part{Name: "rtt", Do: b.roundTrips}, measure.Part{Name: "flood", Do: b.flood}, measure.Part{Name: "once", Do: b.once})
}

type benchmark struct {
	tools
	runs int
}

// addresses lists n addresses from 127.1.0.0 or 10.1.0.0 on, one a line.
func addresses(first byte, n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "%d.%d.%d.%d\n", first, 1+i>>16, i>>8&0xff, i&0xff)
	}
	return b.Bytes()
}

// A contender is a program that sweeps what stands on its standard input.
type contender struct {
	name string
	argv []string
}

// race runs the contenders in turn, several times, and prints the medians of each and
// those of what part of it the first one takes in the same round.
func (b *benchmark) race(input []byte, all []contender) {
	runs := make([][]usage, len(all))
	for range b.runs {
		for i, c := range all {
			runs[i] = append(runs[i], run(input, c.argv[0], c.argv[1:]...))
		}
	}
	wall := func(u usage) time.Duration { return u.wall }
	cpu := func(u usage) time.Duration { return u.cpu }
	for i, c := range all {
		u := runs[i]
		fmt.Printf("| %s | %.2f s | %.2f s | %d | x%.2f wall, x%.2f processor |\n", c.name, middle(u, wall).Seconds(), middle(u, cpu).Seconds(),
			lines(u[0].out), part(runs[0], u, wall), part(runs[0], u, cpu))
	}
}

func (b *benchmark) sweepLoopback() error {
	fmt.Println("\n60,000 loopback addresses, one probe each: wall, processor, alive, the first one's part of that")
	b.race(addresses(127, 60000), []contender{
		{"mailprobe ping --alive -", []string{b.path("mailprobe"), "ping", "--alive", "-"}},
		{"mailprobe engine", []string{b.path("sweep")}},
		{"fping -i0 -r0 -a -q", []string{"fping", "-i0", "-r0", "-a", "-q"}},
		{"fping -i0 -c1 -q", []string{"fping", "-i0", "-c1", "-q"}},
		{"sendmmsg and recvmmsg in C", []string{b.path("limit")}},
	})
	return nil
}

// respond starts a responder with a delay; the function ends it.
func (b *benchmark) respond(delay time.Duration) (func(), error) {
	cmd := exec.Command(b.path("responder"), "-delay", delay.String())
	out, err := cmd.StdoutPipe()
	if err == nil {
		cmd.Stderr = os.Stderr
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	if _, err := out.Read(make([]byte, 8)); err != nil {
		return nil, fmt.Errorf("no TUN responder on this machine: %w", err)
	}
	return func() { cmd.Process.Kill(); cmd.Wait() }, nil
}

func (b *benchmark) sweepFar() error {
	stop, err := b.respond(20 * time.Millisecond)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Println("\n60,000 addresses 20 ms away: wall, processor, alive, the first one's part of that")
	b.race(addresses(10, 60000), []contender{
		{"mailprobe engine", []string{b.path("sweep")}},
		{"mailprobe ping --alive --rate 0 -", []string{b.path("mailprobe"), "ping", "--alive", "--rate", "0", "-"}},
		{"mailprobe engine, 1 retry", []string{b.path("sweep"), "-retries", "1"}},
		{"fping -i0 -r0 -a -q", []string{"fping", "-i0", "-r0", "-a", "-q"}},
	})
	return nil
}

func (b *benchmark) memory() error {
	fmt.Println("\nPeak memory of a loopback sweep")
	for _, n := range []int{60_000, 1_000_000} {
		u := run(addresses(127, n), b.path("sweep"))
		fmt.Printf("| engine, %d addresses | %.1f MiB | %.1f s | %d alive |\n", n, float64(u.rss)/(1<<20), u.wall.Seconds(), lines(u.out))
		u = run(addresses(127, n), b.path("mailprobe"), "ping", "--alive", "-")
		fmt.Printf("| mailprobe, %d addresses | %.1f MiB | %.1f s | %d alive |\n", n, float64(u.rss)/(1<<20), u.wall.Seconds(), lines(u.out))
	}
	return nil
}

// burn keeps every processor busy; the function ends it.
func burn() func() {
	var all []*exec.Cmd
	for range runtime.NumCPU() {
		cmd := exec.Command("sh", "-c", "while :; do :; done")
		if cmd.Start() == nil {
			all = append(all, cmd)
		}
	}
	return func() {
		for _, cmd := range all {
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
}

func (b *benchmark) roundTrips() error {
	fmt.Println("\nAverage round trip reported, less that on the wire")
	for _, delay := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond} {
		for _, busy := range []bool{false, true} {
			if err := b.roundTrip(delay, busy); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *benchmark) roundTrip(delay time.Duration, busy bool) error {
	stop, err := b.respond(delay)
	if err != nil {
		return err
	}
	defer stop()
	load := "idle"
	if busy {
		load = "busy"
		defer burn()()
	}
	for _, p := range pingers() {
		c, err := startCapture("tun0")
		if err != nil {
			return err
		}
		args := p.args(b.tools, "10.1.0.7", 100, 20*time.Millisecond)
		u := run(nil, args[0], args[1:]...)
		wire, n := c.close()
		avg, err := p.avg(u.out)
		if err != nil {
			fmt.Printf("| %s | %s | %s | %.60q |\n", delay, load, p.name, err)
			continue
		}
		fmt.Printf("| %s | %s | %s | wire %s (%d) | error %+.1f us |\n", delay, load, p.name, wire, n, float64(avg-wire)/1e3)
	}
	return nil
}

func (b *benchmark) flood() error {
	fmt.Println("\nMany probes to one host within 10 s")
	for _, n := range []string{"70000", "200000"} {
		u := run(nil, b.path("mailprobe"), "ping", "-o", "nagios", "-c", n, "-i", "0", "127.0.0.1")
		fmt.Printf("| mailprobe -c %s -i 0 | %.1f s | %.0f MiB | %.60s |\n", n, u.wall.Seconds(), float64(u.rss)/(1<<20), u.out)
	}
	return nil
}

func (b *benchmark) once() error {
	fmt.Println("\nOne probe of loopback, whole process: wall, the last one's multiple of that")
	commands := [][]string{
		{b.path("mailprobe"), "ping", "-c", "1", "-o", "nagios", "127.0.0.1"},
		{b.path("mailprobe"), "--version"}, // its libraries alone
		{"fping", "-c1", "-q", "127.0.0.1"},
	}
	runs := make([][]usage, len(commands))
	for range 41 {
		for i, argv := range commands {
			runs[i] = append(runs[i], run(nil, argv[0], argv[1:]...))
		}
	}
	wall := func(u usage) time.Duration { return u.wall }
	for i, argv := range commands {
		fmt.Printf("| %s | %.1f ms | x%.1f |\n", strings.Join(append([]string{filepath.Base(argv[0])}, argv[1:]...), " "),
			middle(runs[i], wall).Seconds()*1e3, part(runs[i], runs[len(runs)-1], wall))
	}
	return nil
}
