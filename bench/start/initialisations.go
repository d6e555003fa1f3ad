//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"mailprobe/bench/start/inittrace"
)

// shown is the shortest initialisation that is listed.
const shown = 20 * time.Microsecond

// initialisations lists the packages that take longest to initialise, but for those that
// the reference has as well.
func (b *bench) initialisations() error {
	all, err := inittrace.Run(context.Background(), b.runs, b.mailprobe, "--version")
	if err != nil {
		return err
	}
	common, err := inittrace.Run(context.Background(), b.runs, b.reference)
	if err != nil {
		return err
	}
	sum := time.Duration(0)
	for name := range common {
		sum += all[name].Time
		delete(all, name)
	}
	fmt.Printf("\n| package | initialisation, least of %d |\n|---|---|\n| those of the reference | %s |\n", b.runs, sum)
	rest := time.Duration(0)
	for _, name := range slices.SortedFunc(maps.Keys(all), func(x, y string) int { return cmp.Compare(all[y].Time, all[x].Time) }) {
		took := all[name].Time
		if took < shown {
			rest += took
			continue
		}
		fmt.Printf("| %s | %s |\n", name, took)
	}
	fmt.Printf("| all others | %s |\n", rest)
	return nil
}
