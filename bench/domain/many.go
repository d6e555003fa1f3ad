//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"mailprobe/bench/measure"
)

// The goals for a thousand domains.
const (
	manyProcessor = 4.0
	manyMemory    = 60 << 20
)

// cost is what a run over many domains took: seconds and bytes.
type cost struct{ processor, wall, memory float64 }

// thousand adds the cost of many domains under one top-level domain.
func (b *bench) thousand() error {
	anchors := filepath.Join(b.dir, "many.anchors")
	if err := b.far.publish(many(b.many), anchors); err != nil {
		return err
	}
	programs := []string{b.mailprobe}
	if b.against != "" {
		programs = append(programs, b.against)
	}
	all := make([][]cost, len(programs))
	for i := range max(3, b.runs/2) + 1 {
		for j, program := range programs {
			c, err := b.over(program, anchors)
			if err != nil {
				return err
			}
			if i > 0 {
				all[j] = append(all[j], c)
			}
		}
	}
	figure := fmt.Sprintf("%d signed domains under one, `--no-sessions`, ", b.many)
	seconds := func(s float64) string { return fmt.Sprintf("%.2f s", s) }
	b.addMany(figure+"processor time", all, func(c cost) float64 { return c.processor }, seconds, "at most 4 s", manyProcessor)
	b.addMany(figure+"peak memory", all, func(c cost) float64 { return c.memory }, func(n float64) string { return fmt.Sprintf("%.1f MiB", n/(1<<20)) }, "at most 60 MiB", manyMemory)
	b.addMany(figure+"wall time", all, func(c cost) float64 { return c.wall }, seconds, "", 0)
	return nil
}

// addMany adds a figure, with that of the other build beside it.
func (b *bench) addMany(figure string, all [][]cost, of func(cost) float64, show func(float64) string, goal string, limit float64) {
	values := make([][]float64, len(all))
	var ratios []float64
	for i, costs := range all {
		for j, c := range costs {
			values[i] = append(values[i], of(c))
			if i > 0 {
				ratios = append(ratios, of(all[0][j])/of(c))
			}
		}
	}
	mine := measure.Median(values[0])
	row := measure.Row{Figure: figure, Mine: show(mine)}
	if goal != "" {
		row.Goal = measure.Verdict(goal, mine <= limit)
	}
	if len(values) > 1 {
		row.Figure += ", against the other build"
		row.Peer, row.Ratio = show(measure.Median(values[1])), fmt.Sprintf("%.2f", measure.Median(ratios))
	}
	b.table.Add(row)
}

// over checks all domains. The memory is read when all results are there, and before the
// program may end.
func (b *bench) over(program, anchors string) (c cost, err error) {
	cmd := exec.Command(program, "domain", "-o", "jsonl", "--no-sessions", "--resolver", dnsAddr, "--trust-anchor", anchors, "--require", "dnssec,dane,tlsrpt", "-")
	in, err := cmd.StdinPipe()
	if err != nil {
		return c, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return c, err
	}
	cmd.Stderr = os.Stderr
	begin := time.Now()
	if err := b.far.node.Do(cmd.Start); err != nil {
		return c, err
	}
	go func() {
		for i := range b.many {
			_, _ = io.WriteString(in, domainName(i)+"\n") // what does not arrive has no result
		}
	}()
	err = b.await(bufio.NewScanner(out))
	c.wall = time.Since(begin).Seconds()
	if err == nil {
		c.memory, err = measure.Memory(cmd.Process.Pid, measure.Peak)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return c, err
	}
	_ = in.Close()
	_, _ = io.Copy(io.Discard, out)
	err = cmd.Wait()
	c.processor = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	return c, err
}

// await reads results until all are there, and good.
func (b *bench) await(lines *bufio.Scanner) error {
	lines.Buffer(nil, 1<<20)
	for range b.many {
		if !lines.Scan() {
			return fmt.Errorf("results are missing: %w", lines.Err())
		}
		var r struct{ Status, Summary string }
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil || r.Status != "OK" {
			return fmt.Errorf("a domain is %s: %s", r.Status, r.Summary)
		}
	}
	return nil
}
