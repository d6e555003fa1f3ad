// Command sweep probes the addresses on standard input once each and prints
// those that answer: the echo engine with nothing around it, to be measured
// against fping and the like.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"runtime"

	"mailprobe/icmp"
)

func main() {
	var o icmp.SweepOptions
	flag.IntVar(&o.Retries, "retries", 0, "probes after the first")
	flag.Float64Var(&o.Rate, "rate", 0, "probes a second, 0 for no limit")
	flag.IntVar(&o.Window, "window", 0, "probes in flight, 0 for what the receive buffer holds")
	flag.BoolVar(&o.Stamps, "stamps", false, "have requests stamped by the kernel")
	pairs := flag.Int("pairs", min(runtime.GOMAXPROCS(0), icmp.MaxPairs), "pairs of sockets side by side")
	flag.Parse()
	if err := run(*pairs, o); err != nil {
		fmt.Fprintln(os.Stderr, "sweep:", err)
		os.Exit(3)
	}
}

func run(pairs int, o icmp.SweepOptions) error {
	e, err := icmp.Listen(icmp.Options{Pairs: pairs, Polled: true})
	if err != nil {
		return err
	}
	defer e.Close()
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	defer out.Flush()
	count := map[icmp.Outcome]int{}
	line := make([]byte, 0, 64)
	for r := range e.Sweep(context.Background(), stdin, o) {
		count[r.Outcome]++
		if r.Outcome == icmp.Received {
			line = append(r.Addr.AppendTo(line[:0]), '\n')
			out.Write(line)
		}
	}
	fmt.Fprintln(os.Stderr, count)
	return nil
}

// stdin yields the addresses on standard input, one a line.
func stdin(yield func(netip.Addr) bool) {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		addr, err := netip.ParseAddr(in.Text())
		if err != nil {
			fmt.Fprintln(os.Stderr, "sweep:", err)
			continue
		}
		if !yield(addr) {
			return
		}
	}
}
