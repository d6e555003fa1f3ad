package main

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// held measures the memory of sessions in flight.
func (b *bench) held() error {
	if err := b.holding("plain", b.server.Held[0], 40<<10, "--tls=off"); err != nil {
		return err
	}
	return b.holding("with TLS", b.server.Late[0], 100<<10, "--tls=require", "--ca-file", b.caFile)
}

// holding adds the figure of one sort of session, the median of all runs.
func (b *bench) holding(how string, port int, limit float64, flags ...string) error {
	var all []float64
	for range b.pairs {
		each, err := b.holdOnce(port, flags)
		if err != nil {
			return err
		}
		all = append(all, each)
	}
	each := median(all)
	b.table.add(row{fmt.Sprintf("%d sessions in flight %s, memory of each", b.inFlight, how), kibibytes(each), "", "",
		verdict("under "+fmt.Sprintf("%g KiB", limit/1024), each < limit)})
	return nil
}

// settled is how long a process has been left alone before its memory is read.
const settled = 300 * time.Millisecond

// holdOnce runs mailprobe, reads its memory while it waits for targets and again
// while the server holds all of its sessions, and returns the growth for each.
func (b *bench) holdOnce(port int, flags []string) (float64, error) {
	args := append(append([]string{"smtp"}, flags...), "--timeout", "90s", "--jobs", fmt.Sprint(b.inFlight), "-o", "jsonl", "-")
	cmd := exec.Command(b.mailprobe, args...)
	var out bytes.Buffer
	cmd.Stdout = &out
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	growth, err := b.growth(cmd.Process.Pid, in, port)
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return 0, err
	}
	if err := cmd.Wait(); err != nil {
		return 0, fmt.Errorf("not every session ended well: %w", err)
	}
	if n := bytes.Count(out.Bytes(), []byte("\n")); n != b.inFlight {
		return 0, fmt.Errorf("%d results came, not %d", n, b.inFlight)
	}
	return growth, nil
}

func (b *bench) growth(pid int, in io.WriteCloser, port int) (float64, error) {
	time.Sleep(settled)
	idle, err := resident(pid)
	if err != nil {
		return 0, err
	}
	if _, err := io.WriteString(in, strings.Repeat(fmt.Sprintf("127.0.0.1:%d\n", port), b.inFlight)); err != nil {
		return 0, err
	}
	if err := b.awaitHeld(); err != nil {
		return 0, err
	}
	time.Sleep(settled)
	busy, err := resident(pid)
	if err != nil {
		return 0, err
	}
	if _, err := b.server.ask("release"); err != nil {
		return 0, err
	}
	return float64(busy-idle) / float64(b.inFlight), in.Close()
}

// awaitHeld waits until the server holds all sessions.
func (b *bench) awaitHeld() error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		c, err := b.server.ask("count")
		if err != nil || c.Held == int64(b.inFlight) {
			return err
		}
	}
	return fmt.Errorf("the server never held %d sessions at once", b.inFlight)
}

// flat measures how memory grows with the number of targets.
func (b *bench) flat() error {
	for _, how := range []struct {
		name  string
		flags []string
	}{{"plain", []string{"--tls=off"}}} {
		few, err := b.many(b.sessions, how.flags...)
		if err != nil {
			return err
		}
		lots, err := b.many(b.large, how.flags...)
		if err != nil {
			return err
		}
		ratio := float64(lots.memory) / float64(few.memory)
		b.table.add(row{fmt.Sprintf("peak memory of %d targets %s, against %d", b.large, how.name, b.sessions),
			mebibytes(float64(lots.memory)), mebibytes(float64(few.memory)), fmt.Sprintf("%.2f", ratio), verdict("flat (at most 1.2)", ratio <= 1.2)})
	}
	return nil
}
