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

// scenario is a kind of run.
type scenario struct {
	name  string
	count int // checks in a run
	args  func(state string) []string
	// The goals, 0 for none: processor time of each check, and memory at the peak.
	cpu    time.Duration
	memory int64
	// The same as ratios to the other program.
	cpuRatio, memoryRatio float64
}

// scenarios returns the scenarios to measure.
func scenarios(dir string, n, floods int) ([]scenario, error) {
	var addrs []string
	for _, session := range []func(net.Conn) error{plain, flood, hostile, pop3, imap} {
		addr, err := listen(session)
		if err != nil {
			return nil, err
		}
		addrs = append(addrs, addr)
	}
	file := func(name string, n int, targets ...string) string {
		name = filepath.Join(dir, name)
		_ = os.WriteFile(name, []byte(checks(n, targets)), 0o600) // the run fails without the file
		return name
	}
	good, bad := file("good.yaml", n, "smtp://"+addrs[0]), file("bad.yaml", floods, "smtp://"+addrs[2])
	mixed := file("mixed.yaml", n, "smtp://"+addrs[0], "pop3://"+addrs[3], "imap://"+addrs[4])
	suite := func(file string) func(string) []string {
		return func(state string) []string {
			return []string{"check", "--state", state, "--per-host", "64", "--deadline", "0", "--print", "never", file}
		}
	}
	targets := slices.Repeat([]string{addrs[1]}, floods)
	return []scenario{
		{"check", n, suite(good), 2 * time.Millisecond, 100 << 20, 0.6, 0.8},
		{"check, three protocols", n, suite(mixed), 2 * time.Millisecond, 100 << 20, 0.6, 0.8},
		{"check, hostile servers", floods, suite(bad), 0, 64<<20 + int64(floods)*64<<10, 0, 0},
		{"smtp -v -o json, floods", floods, func(string) []string {
			return append([]string{"smtp", "--tls=off", "--warn", "total=60s", "-v", "-o", "json"}, targets...)
		}, 0, 150 << 20, 0, 0},
	}, nil
}

// checks returns a file of n checks, which cycle through the targets.
func checks(n int, targets []string) string {
	var b strings.Builder
	b.WriteString("defaults: {tls: \"off\", timeout: 30s}\nchecks:\n")
	for i := range n {
		kind, _, _ := strings.Cut(targets[i%len(targets)], ":")
		fmt.Fprintf(&b, "  - {name: check-%d, kind: %s, target: \"%s\", warn: {total: 60s}}\n", i, kind, targets[i%len(targets)])
	}
	return b.String()
}

// measure runs the programs in turn and prints their cost. The first run of each creates
// its history and does not count.
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
	s.line("processor time of each, ms", each, all, ms(s.cpu), s.cpuRatio)
	s.line("peak memory, MiB", memory, all, float64(s.memory)/(1<<20), s.memoryRatio)
	s.line("wall time, ms", wall, all, 0, 0)
}

// line prints a figure, its goal, that of the other program, the ratio, and its goal.
func (s scenario) line(what string, of func(cost) float64, all [][]cost, goal, ratioGoal float64) {
	values := make([][]float64, len(all))
	for i, costs := range all {
		for _, c := range costs {
			values[i] = append(values[i], of(c))
		}
	}
	text := fmt.Sprintf("| %d x %s: %s | %.2f |%s", s.count, s.name, what, median(values[0]), verdict("under %.0f", median(values[0]), goal))
	if len(values) > 1 {
		ratios := make([]float64, len(values[0]))
		for i := range ratios {
			ratios[i] = values[0][i] / values[1][i]
		}
		text += fmt.Sprintf(" %.2f | %.2f |%s", median(values[1]), median(ratios), verdict("at most %.1f", median(ratios), ratioGoal))
	}
	fmt.Println(text)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// verdict says whether a figure is within its goal; 0 is none.
func verdict(words string, is, goal float64) string {
	if goal == 0 {
		return "  |"
	}
	met := "**missed**"
	if is <= goal {
		met = "met"
	}
	return fmt.Sprintf(" "+words+": %s |", goal, met)
}
