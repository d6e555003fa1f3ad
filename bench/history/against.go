//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// processorLine is the beginning of the row with the processor time of a run's write.
const processorLine = "| a run's write, processor time on average | "

// compare runs this program and another build of it in turn.
func compare(against string, runs, days, checks int) error {
	runs = max(runs, 1)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var ratios []float64
	var ours, theirs []time.Duration
	for range runs {
		a, err := writeOf(self, days, checks)
		if err != nil {
			return err
		}
		b, err := writeOf(against, days, checks)
		if err != nil {
			return err
		}
		ours, theirs, ratios = append(ours, a), append(theirs, b), append(ratios, a.Seconds()/b.Seconds())
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	slices.Sort(ratios)
	fmt.Printf("| a run's write, processor time | %s | %s | %.2f |\n", ours[runs/2], theirs[runs/2], ratios[runs/2])
	return nil
}

// writeOf returns the processor time of a run's write by a program.
func writeOf(program string, days, checks int) (time.Duration, error) {
	out, err := exec.Command(program, "-days", fmt.Sprint(days), "-checks", fmt.Sprint(checks)).Output()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", program, err)
	}
	_, rest, _ := strings.Cut(string(out), processorLine)
	text, _, _ := strings.Cut(rest, " |")
	return time.ParseDuration(text)
}
