package main

import (
	"fmt"
	"strconv"
)

// singlePairs is how many times more pairs there are of single checks, which are
// short and noisy.
const singlePairs = 20

// single measures one plain check as a whole process.
func (b *bench) single() error {
	port := strconv.Itoa(b.server.Free[0])
	if !b.missing(checkSMTP, "monitoring-plugins-basic") {
		goal := goal{"at most 2", func(ratio float64) bool { return ratio <= 2 }}
		if err := b.wall(singlePairs*b.pairs, goal, checkSMTP, "-H", "127.0.0.1", "-p", port); err != nil {
			return err
		}
	}
	if !b.missing(swaks, "swaks") {
		goal := goal{"at most 0.1", func(ratio float64) bool { return ratio <= 0.1 }}
		if err := b.wall(3*b.pairs, goal, swaks, "--server", "127.0.0.1", "--port", port, "--quit-after", "EHLO"); err != nil {
			return err
		}
	}
	most, err := b.most(1, "--tls=off", "-q")
	if err == nil {
		b.table.add(row{"one plain check, peak memory", mebibytes(most), "", "", verdict("under 20 MiB", most < 20<<20)})
	}
	return err
}

// wall compares the wall time of a plain check with that of a peer.
func (b *bench) wall(n int, g goal, name string, args ...string) error {
	mine := func() (float64, error) {
		return run(nil, b.mailprobe, "smtp", "--tls=off", "-q", fmt.Sprintf("127.0.0.1:%d", b.server.Free[0]))
	}
	c, err := pairs(n, mine, func() (float64, error) { return run(nil, name, args...) })
	if err == nil {
		b.table.add(row{"one plain check, wall time, against " + base(name), milliseconds(c.mine), milliseconds(c.peer), fmt.Sprintf("%.2f", c.ratio), g.verdict(c.ratio)})
	}
	return err
}
