package main

import (
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"mailprobe/bench/measure"
)

// held measures the memory of sessions in flight.
func (b *bench) held() error {
	if err := b.holding("plain", b.server.Held[0], 40<<10, "--tls=off"); err != nil {
		return err
	}
	return b.holding("with TLS", b.server.Late[0], 100<<10, "--tls=require", "--ca-file", b.caFile)
}

// holding adds the figure of one kind of session, the median of all runs.
func (b *bench) holding(how string, port int, limit float64, flags ...string) error {
	var all []float64
	for range b.pairs {
		each, err := b.holdOnce(port, flags)
		if err != nil {
			return err
		}
		all = append(all, each)
	}
	each := measure.Median(all)
	b.table.Add(measure.Row{Figure: fmt.Sprintf("%d sessions in flight %s, memory of each", b.inFlight, how), Mine: kibibytes(each),
		Goal: measure.Verdict(fmt.Sprintf("under %g KiB", limit/1024), each < limit)})
	return nil
}

// settled is the pause before the memory of a process is read.
const settled = 300 * time.Millisecond

// holdOnce reads mailprobe's memory while it waits for targets and again while
// the server holds all of its sessions, and returns the growth for each.
func (b *bench) holdOnce(port int, flags []string) (growth float64, err error) {
	flags = append([]string{"--timeout", "90s", "--jobs", fmt.Sprint(b.inFlight)}, flags...)
	err = b.fed(flags, func(pid int, in io.Writer) error {
		idle, err := measure.Memory(pid, measure.Resident)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(in, strings.Repeat(fmt.Sprintf("127.0.0.1:%d\n", port), b.inFlight)); err != nil {
			return err
		}
		if err := b.await(func(c counts) bool { return c.Held == int64(b.inFlight) }); err != nil {
			return err
		}
		time.Sleep(settled)
		busy, err := measure.Memory(pid, measure.Resident)
		if err != nil {
			return err
		}
		growth = (busy - idle) / float64(b.inFlight)
		_, err = b.server.ask("release")
		return err
	})
	return growth, err
}

// fed runs mailprobe, with feed writing targets to its input.
func (b *bench) fed(flags []string, feed func(pid int, in io.Writer) error) error {
	cmd := exec.Command(b.mailprobe, append(append([]string{"smtp", "-o", "jsonl"}, flags...), "-")...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	time.Sleep(settled)
	if err := feed(cmd.Process.Pid, in); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return err
	}
	_ = in.Close()
	return cmd.Wait()
}

// await waits until the counts of the server are enough.
func (b *bench) await(enough func(counts) bool) error {
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		c, err := b.server.ask("count")
		if err != nil || enough(c) {
			return err
		}
	}
	return fmt.Errorf("the server did not get the expected sessions in time")
}

// most returns the peak resident memory of mailprobe with n targets.
func (b *bench) most(n int, flags ...string) (most float64, err error) {
	err = b.fed(flags, func(pid int, in io.Writer) error {
		before, err := b.server.ask("count")
		if err != nil {
			return err
		}
		if _, err := io.WriteString(in, b.lines(n, "127.0.0.1:%d\n")); err != nil {
			return err
		}
		if err := b.await(func(c counts) bool { return c.Done-before.Done == int64(n) }); err != nil {
			return err
		}
		time.Sleep(settled)
		most, err = measure.Memory(pid, measure.Peak)
		return err
	})
	return most, err
}

// flat measures how memory grows with the number of targets.
func (b *bench) flat() error {
	few, err := b.most(b.sessions, "--tls=off")
	if err != nil {
		return err
	}
	lots, err := b.most(b.large, "--tls=off")
	if err != nil {
		return err
	}
	ratio := lots / few
	b.table.Add(measure.Row{Figure: fmt.Sprintf("peak memory of %d targets, against %d", b.large, b.sessions), Mine: mebibytes(lots), Peer: mebibytes(few),
		Ratio: fmt.Sprintf("%.2f", ratio), Goal: measure.Verdict("at most 1.2", ratio <= 1.2)})
	return nil
}

func mebibytes(n float64) string { return fmt.Sprintf("%.1f MiB", n/(1<<20)) }

func kibibytes(n float64) string { return fmt.Sprintf("%.1f KiB", n/(1<<10)) }
