//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// usage is what a process took.
type usage struct {
	wall, processor time.Duration
	out             []byte
}

// run runs a command of the near side, which has to end with 0.
func run(command []string) (usage, error) {
	cmd := exec.Command(command[0], command[1:]...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("%q: %w: %.2000s%.1000s", command, err, out.String(), complaint.String())
	}
	return usage{time.Since(begin), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), out.Bytes()}, nil
}

// runThere runs a command of the far side, which has all servers on its loopback.
func (f *far) runThere(command []string) (u usage, err error) {
	err = f.node.Do(func() (err error) {
		u, err = run(command)
		return err
	})
	return u, err
}

// elapsed is the time of the result that was printed, in seconds.
func (u usage) elapsed() (float64, error) {
	var results []struct{ Elapsed float64 }
	if json.Unmarshal(u.out, &results) != nil || len(results) != 1 || results[0].Elapsed == 0 {
		return 0, errNoElapsed
	}
	return results[0].Elapsed, nil
}

func writeFile(name, text string) error { return os.WriteFile(name, []byte(text), 0o600) }
