//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// scenario is one sort of run.
type scenario struct {
	name  string
	count int // checks in a run
	args  func(state string) []string
	// The goals, 0 for none: processor time of each check, and memory at the peak.
	cpu    time.Duration
	memory int64
}

// scenarios are those that are measured.
func scenarios(dir string, n, floods int) ([]scenario, error) {
	var addrs []string
	for _, session := range []func(net.Conn) error{plain, flood, hostile} {
		addr, err := listen(session)
		if err != nil {
			return nil, err
		}
		addrs = append(addrs, addr)
	}
	file := func(name, addr string, n int) string {
		name = filepath.Join(dir, name)
		_ = os.WriteFile(name, []byte(checks(n, addr)), 0o600) // a run would tell
		return name
	}
	good, bad := file("good.yaml", addrs[0], n), file("bad.yaml", addrs[2], floods)
	suite := func(file string) func(string) []string {
		return func(state string) []string {
			return []string{"check", "--state", state, "--per-host", "64", "--deadline", "0", "--print", "never", file}
		}
	}
	targets := slices.Repeat([]string{addrs[1]}, floods)
	return []scenario{
		{"check", n, suite(good), 2 * time.Millisecond, 100 << 20},
		{"check, hostile servers", floods, suite(bad), 0, 64<<20 + int64(floods)*64<<10},
		{"smtp -v -o json, floods", floods, func(string) []string {
			return append([]string{"smtp", "--tls=off", "--warn", "total=60s", "-v", "-o", "json"}, targets...)
		}, 0, 150 << 20},
	}, nil
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

// measure runs programs in turn and shows what they cost. The first run of each makes
// its history, and is not counted.
func (s scenario) measure(dir string, programs []string, runs int) error {
	all := make([][]cost, len(programs))
	for i := range runs + 1 {
		for j, program := range programs {
			c, err := run(program, s.args(filepath.Join(dir, fmt.Sprintf("state-%s-%d", s.name, j)))...)
			if err != nil {
				return err
			}
			if i > 0 {
				all[j] = append(all[j], c)
			}
		}
	}
	s.show(all)
	return nil
}

// show prints the medians, and the ratio to the other program.
func (s scenario) show(all [][]cost) {
	each := func(c cost) float64 { return ms(c.cpu) / float64(s.count) }
	memory := func(c cost) float64 { return float64(c.memory) / (1 << 20) }
	wall := func(c cost) float64 { return ms(c.wall) }
	s.line("processor time of each, ms", each, all, ms(s.cpu))
	s.line("peak memory, MiB", memory, all, float64(s.memory)/(1<<20))
	s.line("wall time, ms", wall, all, 0)
}

func (s scenario) line(what string, of func(cost) float64, all [][]cost, goal float64) {
	text := fmt.Sprintf("| %d x %s: %s | %.2f |", s.count, s.name, what, median(all[0], of))
	if goal > 0 {
		text += fmt.Sprintf(" under %.0f: %s |", goal, verdict(median(all[0], of) < goal))
	} else {
		text += "  |"
	}
	if len(all) > 1 {
		text += fmt.Sprintf(" %.2f | %.2f |", median(all[1], of), median(all[0], of)/median(all[1], of))
	}
	fmt.Println(text)
}

func median(all []cost, of func(cost) float64) float64 {
	var values []float64
	for _, c := range all {
		values = append(values, of(c))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "**missed**"
}
