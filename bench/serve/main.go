//go:build linux

// Serve measures the schedule of `mailprobe serve`: a thousand SMTP checks, each once a
// minute, against a mail host in another process. It shows the processor time that a
// minute takes, as a share of one core, the peak memory, and how late checks begin.
//
//	go run ./bench/serve [-n 1000] [-minutes 3] [-warm 70s]
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	n := flag.Int("n", 1000, "checks in the file")
	minutes := flag.Int("minutes", 3, "how long to measure")
	warm := flag.Duration("warm", 70*time.Second, "how long to run before")
	profile := flag.String("profile", "", "write a profile of the processor time to this `file`")
	scheduled := flag.String("schedule", "", "run a file of checks (for the program itself)")
	flag.Parse()
	var err error
	if *scheduled != "" {
		err = schedule(*scheduled, flag.Arg(0), *profile)
	} else {
		err = measureServe(*n, *minutes, *warm, *profile)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
