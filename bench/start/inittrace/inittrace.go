// Package inittrace learns how long the packages of a program of Go take to initialise,
// which every start of it pays.
package inittrace

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Run starts a program several times and returns, for each of its packages, the shortest
// time that its initialisation took: what was longer was the machine's other work.
func Run(ctx context.Context, runs int, program string, args ...string) (map[string]time.Duration, error) {
	least := map[string]time.Duration{}
	for range runs {
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		var trace bytes.Buffer
		cmd.Stderr = &trace
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("%s: %w", program, err)
		}
		for lines := bufio.NewScanner(&trace); lines.Scan(); {
			name, took, ok := parse(lines.Text())
			if before, known := least[name]; ok && (!known || took < before) {
				least[name] = took
			}
		}
	}
	return least, nil
}

// parse reads a line such as "init net @1.2 ms, 0.05 ms clock, 1768 bytes, 23 allocs".
func parse(line string) (name string, took time.Duration, ok bool) {
	var at, clock float64
	n, _ := fmt.Sscanf(line, "init %s @%f ms, %f ms clock", &name, &at, &clock)
	return name, time.Duration(clock * float64(time.Millisecond)), n == 3
}
