package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mailprobe/bench/measure"
)

// sideBySide is the number of concurrent sessions, mailprobe's default.
const sideBySide = 64

// load is a kind of session to measure many of, with mailprobe and with check_smtp.
type load struct {
	name            string
	mine, peer      int // sessions in one measurement
	flags, peerFlag []string
	goal            measure.Goal
}

// rates measures many sessions.
func (b *bench) rates() error {
	able, err := b.capacity()
	if err != nil {
		return err
	}
	b.table.Add(measure.Row{Figure: "the server alone, plain, with a client that only speaks", Peer: perSecond(able)})
	if b.missing(checkSMTP, "monitoring-plugins-basic") {
		return nil
	}
	for _, l := range []load{
		{"plain", b.sessions, b.peer, []string{"--tls=off"}, nil,
			measure.Goal{Text: "at least 8", Met: func(ratio float64) bool { return ratio >= 8 }}},
		{"with STARTTLS", b.sessions / tlsShare, b.peer / 2, []string{"--tls=require", "--ca-file", b.caFile}, []string{"-S"},
			measure.Goal{Text: "at least 3", Met: func(ratio float64) bool { return ratio >= 3 }}},
	} {
		if err := b.rate(l); err != nil {
			return err
		}
	}
	return nil
}

// tlsShare divides the number of sessions if they use TLS, as they take longer.
const tlsShare = 4

// rate compares the sessions a second with those of check_smtp.
func (b *bench) rate(l load) error {
	mine := func() (float64, error) {
		took, err := b.many(l.mine, l.flags...)
		return float64(l.mine) / took, err
	}
	peer := func() (float64, error) {
		took, err := b.manyPeers(l.peer, l.peerFlag...)
		return float64(l.peer) / took, err
	}
	c, err := measure.Pairs(b.pairs, mine, peer)
	if err == nil {
		figure := fmt.Sprintf("%d sessions %s, against %d of check_smtp under xargs -P %d", l.mine, l.name, l.peer, sideBySide)
		b.table.Add(measure.Row{Figure: figure, Mine: perSecond(c.Mine), Peer: perSecond(c.Peer), Ratio: fmt.Sprintf("%.1f", c.Ratio), Goal: l.goal.Verdict(c.Ratio)})
	}
	return err
}

// many has mailprobe check n targets, verifies that it did, and returns the seconds it
// took.
func (b *bench) many(n int, flags ...string) (float64, error) {
	targets, err := b.targets(n, "127.0.0.1:%d\n")
	if err != nil {
		return 0, err
	}
	defer func() { _ = targets.Close() }()
	return b.counted(n, func() (float64, error) {
		return run(targets, b.mailprobe, append(append([]string{"smtp"}, flags...), "-o", "jsonl", "-")...)
	})
}

// manyPeers does the same with check_smtp, a process a session.
func (b *bench) manyPeers(n int, flags ...string) (float64, error) {
	targets, err := b.targets(n, "%d\n")
	if err != nil {
		return 0, err
	}
	defer func() { _ = targets.Close() }()
	args := append([]string{"-P", fmt.Sprint(sideBySide), "-n", "1", checkSMTP, "-H", "127.0.0.1"}, append(flags, "-p")...)
	return b.counted(n, func() (float64, error) { return run(targets, "xargs", args...) })
}

// counted verifies that the server completed n sessions.
func (b *bench) counted(n int, do func() (float64, error)) (float64, error) {
	before, err := b.server.ask("count")
	if err != nil {
		return 0, err
	}
	took, err := do()
	if err != nil {
		return 0, err
	}
	after, err := b.server.ask("count")
	if got := after.Done - before.Done; err == nil && got != int64(n) {
		err = fmt.Errorf("the server completed %d sessions, not %d", got, n)
	}
	return took, err
}

// targets creates a file with n targets, one a line, and opens it.
func (b *bench) targets(n int, format string) (*os.File, error) {
	name := filepath.Join(b.dir, "targets")
	if err := os.WriteFile(name, []byte(b.lines(n, format)), 0o600); err != nil {
		return nil, err
	}
	return os.Open(name)
}

// lines returns n targets, spread over the server's ports.
func (b *bench) lines(n int, format string) string {
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, format, b.server.Free[i%len(b.server.Free)])
	}
	return lines.String()
}

// capacity returns how many sessions a second the server handles at least.
func (b *bench) capacity() (float64, error) {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	begin := time.Now()
	for range sideBySide {
		all.Go(func() {
			for i := next.Add(1); i <= int64(b.sessions); i = next.Add(1) {
				if err := speak(b.server.Free[int(i)%len(b.server.Free)]); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(b.sessions) / time.Since(begin).Seconds(), nil
}

// speak holds one plain session and does nothing else.
func speak(port int) error {
	conn, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReaderSize(conn, 512)
	for _, command := range []string{"", "EHLO probe.example.net\r\n", "QUIT\r\n"} {
		if command != "" {
			if _, err := conn.Write([]byte(command)); err != nil {
				return err
			}
		}
		for more := true; more; {
			line, err := reader.ReadSlice('\n')
			if err != nil {
				return err
			}
			more = line[3] == '-'
		}
	}
	return nil
}

func perSecond(rate float64) string { return fmt.Sprintf("%.0f/s", rate) }
