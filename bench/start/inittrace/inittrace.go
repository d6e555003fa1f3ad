// Package inittrace learns how long the packages of a program of Go take to initialise,
// which every start of it pays.
package inittrace

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"time"
)

// Cost is what the initialisation of a package takes.
type Cost struct {
	// Time is the shortest of several starts: what was longer was the machine's other work.
	// Most of it is what the kernel takes to give the package its memory.
	Time time.Duration
	// Allocations is how many objects it allocates: the tables and patterns that it makes.
	// They are as many on every machine.
	Allocations int
}

// Run starts a program several times, and returns what the initialisation of each of its
// packages takes.
func Run(ctx context.Context, runs int, program string, args ...string) (map[string]Cost, error) {
	all := map[string]Cost{}
	for range runs {
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		var trace bytes.Buffer
		cmd.Stderr = &trace
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("%s: %w", program, err)
		}
		for lines := bufio.NewScanner(&trace); lines.Scan(); {
			name, cost, ok := parse(lines.Text())
			if before, known := all[name]; ok && (!known || cost.Time < before.Time) {
				all[name] = cost
			}
		}
	}
	return all, nil
}

// parse reads a line such as "init net @1.2 ms, 0.05 ms clock, 1768 bytes, 23 allocs".
func parse(line string) (name string, c Cost, ok bool) {
	var at, clock float64
	var size int
	n, _ := fmt.Sscanf(line, "init %s @%f ms, %f ms clock, %d bytes, %d allocs", &name, &at, &clock, &size, &c.Allocations)
	c.Time = time.Duration(clock * float64(time.Millisecond))
	if plain, err := url.PathUnescape(name); err == nil { // the linker escapes dots in the last part
		name = plain
	}
	return name, c, n == 5
}
