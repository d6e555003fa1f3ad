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
)

// sideBySide is how many sessions go on at once, mailprobe's default.
const sideBySide = 64

// rates measures many sessions.
func (b *bench) rates() error {
	able, err := b.capacity()
	if err != nil {
		return err
	}
	b.table.add(row{figure: "what the server can do, plain, with a client that only speaks", peer: perSecond(able)})
	if b.missing(checkSMTP, "monitoring-plugins-basic") {
		return nil
	}
	if err := b.rate("plain", 8, []string{"--tls=off"}, nil); err != nil {
		return err
	}
	return b.rate("with STARTTLS", 3, []string{"--tls=require", "--ca-file", b.caFile}, []string{"-S"})
}

// rate compares the sessions a second with those of check_smtp.
func (b *bench) rate(how string, goal float64, flags, peerFlags []string) error {
	mine := func() (float64, error) {
		u, err := b.many(b.sessions, flags...)
		return float64(b.sessions) / u.wall.Seconds(), err
	}
	peer := func() (float64, error) {
		u, err := b.manyPeers(b.peer, peerFlags...)
		return float64(b.peer) / u.wall.Seconds(), err
	}
	c, err := pairs(b.pairs, mine, peer)
	if err == nil {
		figure := fmt.Sprintf("%d sessions %s, against check_smtp under xargs -P %d (%d runs)", b.sessions, how, sideBySide, b.peer)
		b.table.add(row{figure, perSecond(c.mine), perSecond(c.peer), fmt.Sprintf("%.1f", c.ratio), verdict(fmt.Sprintf("at least %g", goal), c.ratio >= goal)})
	}
	return err
}

// many lets mailprobe check n targets and makes sure that it did.
func (b *bench) many(n int, flags ...string) (usage, error) {
	targets, err := b.targets(n, "127.0.0.1:%d\n")
	if err != nil {
		return usage{}, err
	}
	defer func() { _ = targets.Close() }()
	return b.counted(n, func() (usage, error) {
		return run(targets, b.mailprobe, append(append([]string{"smtp"}, flags...), "-o", "jsonl", "-")...)
	})
}

// manyPeers does the same with check_smtp, a process a session.
func (b *bench) manyPeers(n int, flags ...string) (usage, error) {
	targets, err := b.targets(n, "%d\n")
	if err != nil {
		return usage{}, err
	}
	defer func() { _ = targets.Close() }()
	args := append([]string{"-P", fmt.Sprint(sideBySide), "-n", "1", checkSMTP, "-H", "127.0.0.1"}, append(flags, "-p")...)
	return b.counted(n, func() (usage, error) { return run(targets, "xargs", args...) })
}

// counted makes sure that the server saw n sessions to their end.
func (b *bench) counted(n int, do func() (usage, error)) (usage, error) {
	before, err := b.server.ask("count")
	if err != nil {
		return usage{}, err
	}
	u, err := do()
	if err != nil {
		return u, err
	}
	after, err := b.server.ask("count")
	if got := after.Done - before.Done; err == nil && got != int64(n) {
		err = fmt.Errorf("the server saw %d sessions to their end, not %d", got, n)
	}
	return u, err
}

// targets makes a file with a line for each of n targets and opens it.
func (b *bench) targets(n int, format string) (*os.File, error) {
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, format, b.server.Free[i%len(b.server.Free)])
	}
	name := filepath.Join(b.dir, "targets")
	if err := os.WriteFile(name, []byte(lines.String()), 0o600); err != nil {
		return nil, err
	}
	return os.Open(name)
}

// capacity counts the sessions a second that the server can do at least.
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
