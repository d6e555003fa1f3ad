package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"mailprobe/bench/measure"
)

// process is a part of a measurement that runs.
type process struct {
	*exec.Cmd
	said string // its first line, for one that speaks
}

// startSpeaking starts a program and waits for its first line.
func startSpeaking(program string, args ...string) (*process, error) {
	p := &process{Cmd: exec.Command(program, args...)}
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	p.said = strings.TrimSpace(line)
	return p, err
}

// end ends a process in good order, and returns its processor time in seconds.
func (p *process) end() float64 {
	_ = p.Process.Signal(syscall.SIGTERM)
	_ = p.Wait()
	return seconds(p.Cmd)
}

// seconds is the processor time of a process that has ended.
func seconds(cmd *exec.Cmd) float64 {
	return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
}

// fleet is a nats-server with two workers.
type fleetOfTwo struct {
	url string
	all []*process // the server first
}

// startFleet starts one, with nothing in its streams.
func (b *bench) startFleet() (*fleetOfTwo, error) {
	dir, err := os.MkdirTemp(b.dir, "nats-")
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	_ = l.Close()
	config := filepath.Join(dir, "nats.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, "listen: %q\njetstream { store_dir: %q, max_file: 20GB }\n", address, dir), 0o600); err != nil {
		return nil, err
	}
	server := &process{Cmd: exec.Command(b.natsServer, "-c", config, "-l", filepath.Join(dir, "log"))}
	if err := server.Start(); err != nil {
		return nil, err
	}
	f := &fleetOfTwo{url: "nats://" + address, all: []*process{server}}
	for !listens(address) {
		time.Sleep(10 * time.Millisecond)
	}
	for i := range 2 {
		w, err := startSpeaking(b.self, "-role", "worker", "-url", f.url, "-place", fmt.Sprint("w", i))
		if err != nil {
			return nil, errors.Join(err, f.end(nil))
		}
		f.all = append(f.all, w)
	}
	return f, nil
}

func listens(address string) bool {
	c, err := net.Dial("tcp", address)
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}

// end ends the workers and the server, and adds their processor time, in seconds, in this
// order, where somebody asks for it.
func (f *fleetOfTwo) end(each *[]float64) error {
	for i := len(f.all) - 1; i >= 0; i-- {
		took := f.all[i].end()
		if each != nil {
			*each = append(*each, took)
		}
	}
	return nil
}

// compare compares the processor time of sessions over NATS with that of one process.
func (b *bench) compare() error {
	list, err := b.list()
	if err != nil {
		return err
	}
	c, err := measure.Pairs(b.pairs, func() (float64, error) { return b.over(list) }, func() (float64, error) {
		return b.check(list, "-o", "jsonl")
	})
	if err != nil {
		return err
	}
	goal := measure.AtMost(1.25)
	each := func(s float64) string { return fmt.Sprintf("%.0f us each", s/float64(b.sessions)*1e6) }
	b.table.Add(measure.Row{Figure: fmt.Sprintf("processor time of %d SMTP sessions by 2 workers, nats-server and who submits, against one process", b.sessions),
		Mine: each(c.Mine), Peer: each(c.Peer), Ratio: fmt.Sprintf("%.2f", c.Ratio), Goal: goal.Verdict(c.Ratio)})
	return nil
}

// list writes the targets: an address of the loopback each.
func (b *bench) list() (string, error) {
	var text []byte
	for i := range b.sessions {
		text = fmt.Appendf(text, "127.%d.%d.%d:%s\n", 1+i>>16, i>>8&255, i&255, b.smtp)
	}
	name := filepath.Join(b.dir, "targets")
	return name, os.WriteFile(name, text, 0o600)
}

// check has mailprobe check the list, and returns its processor time in seconds.
func (b *bench) check(list string, flags ...string) (float64, error) {
	in, err := os.Open(list)
	if err != nil {
		return 0, err
	}
	defer func() { _ = in.Close() }()
	cmd := exec.Command(b.mailprobe, append([]string{"smtp", "--tls=off", "-"}, flags...)...)
	lines := &counter{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, lines, os.Stderr
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(b.dir, "state"))
	if err := cmd.Run(); err != nil {
		return 0, err
	}
	if lines.n != b.sessions {
		return 0, fmt.Errorf("%d results of %d", lines.n, b.sessions)
	}
	return seconds(cmd), nil
}

// counter counts lines.
type counter struct{ n int }

func (c *counter) Write(text []byte) (int, error) {
	c.n += strings.Count(string(text), "\n")
	return len(text), nil
}

// over is check by a fleet, and the processor time is that of all.
func (b *bench) over(list string) (float64, error) {
	f, err := b.startFleet()
	if err != nil {
		return 0, err
	}
	total, err := b.check(list, "--fleet", f.url)
	var each []float64
	if err := errors.Join(err, f.end(&each)); err != nil {
		return 0, err
	}
	fmt.Fprintf(os.Stderr, "who submits %.1f s, workers and nats-server %.1f s\n", total, each)
	for _, s := range each {
		total += s
	}
	return total, nil
}

// cost measures what a target and a job cost by themselves.
func (b *bench) cost() error {
	var all []float64
	for range b.pairs {
		f, err := b.startFleet()
		if err != nil {
			return err
		}
		cmd := exec.Command(b.self, "-role", "collect", "-url", f.url, "-targets", strconv.Itoa(b.small))
		cmd.Stderr = os.Stderr
		err = cmd.Run()
		var each []float64
		if err := errors.Join(err, f.end(&each)); err != nil {
			return err
		}
		total := seconds(cmd)
		fmt.Fprintf(os.Stderr, "who submits %.2f s, workers and nats-server %.2f s\n", total, each)
		for _, s := range each {
			total += s
		}
		all = append(all, total/float64(b.small)*1e6)
	}
	each := measure.Median(all)
	b.table.Add(measure.Row{Figure: fmt.Sprintf("a target's own cost, of all processes, in a run of %d that checks nothing", b.small),
		Mine: fmt.Sprintf("%.1f us", each), Goal: measure.Verdict("at most 40 us", each <= 40)})
	return nil
}

// memory compares the memory of runs that check nothing.
func (b *bench) memory() error {
	small, err := b.peaks(b.small)
	if err != nil {
		return err
	}
	large, err := b.peaks(b.large)
	if err != nil {
		return err
	}
	for i, who := range []string{"who submits and collects", "a worker", "nats-server"} {
		ratio := large[i] / small[i]
		b.table.Add(measure.Row{Figure: fmt.Sprintf("peak memory of %d targets, against %d: %s", b.large, b.small, who),
			Mine: mebibytes(large[i]), Peer: mebibytes(small[i]), Ratio: fmt.Sprintf("%.2f", ratio), Goal: measure.AtMost(1.5).Verdict(ratio)})
	}
	return nil
}

func mebibytes(n float64) string { return fmt.Sprintf("%.1f MiB", n/(1<<20)) }

// peaks returns the peak memory of the parts of a run, in bytes: who submits, a worker and
// the server.
func (b *bench) peaks(targets int) ([]float64, error) {
	f, err := b.startFleet()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.end(nil) }()
	cmd := exec.Command(b.self, "-role", "collect", "-url", f.url, "-targets", strconv.Itoa(targets))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	peak := 0.0
	begin := time.Now()
	for running := true; running; {
		if m, err := measure.Memory(cmd.Process.Pid, measure.Peak); err == nil {
			peak = max(peak, m)
		}
		select {
		case err := <-ended:
			if err != nil {
				return nil, err
			}
			running = false
		case <-time.After(20 * time.Millisecond):
		}
	}
	fmt.Fprintf(os.Stderr, "%d targets: %.0f a second\n", targets, float64(targets)/time.Since(begin).Seconds())
	worker, err := measure.Memory(f.all[1].Process.Pid, measure.Peak)
	if err != nil {
		return nil, err
	}
	server, err := measure.Memory(f.all[0].Process.Pid, measure.Peak)
	return []float64{peak, worker, server}, err
}
