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
	var most int64
	mine := func() (float64, error) {
		u, err := run(nil, b.mailprobe, "smtp", "--tls=off", "-q", "127.0.0.1:"+port)
		most = max(most, u.memory)
		return u.wall.Seconds(), err
	}
	against := func(n int, figure, goal string, limit float64, name string, args ...string) error {
		c, err := pairs(n, mine, func() (float64, error) {
			u, err := run(nil, name, args...)
			return u.wall.Seconds(), err
		})
		if err == nil {
			b.table.add(row{figure, milliseconds(c.mine), milliseconds(c.peer), fmt.Sprintf("%.2f", c.ratio), verdict(goal, c.ratio <= limit)})
		}
		return err
	}
	if !b.missing(checkSMTP, "monitoring-plugins-basic") {
		err := against(singlePairs*b.pairs, "one plain check, wall time, against check_smtp", "at most 2", 2,
			checkSMTP, "-H", "127.0.0.1", "-p", port)
		if err != nil {
			return err
		}
	}
	if !b.missing(swaks, "swaks") {
		err := against(2*b.pairs, "one plain check, wall time, against swaks", "at most 0.1", 0.1,
			swaks, "--silent", "3", "--server", "127.0.0.1", "--port", port, "--helo", "probe.example.net", "--quit-after", "EHLO")
		if err != nil {
			return err
		}
	}
	if most == 0 {
		if _, err := mine(); err != nil {
			return err
		}
	}
	b.table.add(row{"one plain check, peak memory", mebibytes(float64(most)), "", "", verdict("under 20 MiB", most < 20<<20)})
	return nil
}
