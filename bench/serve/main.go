//go:build linux

// Serve measures `mailprobe serve`: a thousand SMTP checks, each once a minute, against a mail
// host in another process. It shows the processor time that a minute takes, as a share of one
// core and beside that of `mailprobe check` for the same file, the peak memory, and how late
// checks begin. Memory is measured without and with a scrape of /metrics.
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
	var b bench
	flag.IntVar(&b.n, "n", 1000, "checks in the file")
	flag.IntVar(&b.minutes, "minutes", 3, "how long to measure")
	flag.DurationVar(&b.warm, "warm", 70*time.Second, "how long to run before")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
