// Command search measures how long mailprobe takes to search a large mailbox, and how much
// memory, against a real Dovecot.
//
// By IMAP the peer is what a person would type: UID SEARCH and UID FETCH of three header
// fields, sent all at once by openssl s_client. By POP3, over a path with a round-trip
// time, the peer is mailprobe itself with a server that does not offer PIPELINING. The
// output is a Markdown table.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"mailprobe/bench/measure"
	"mailprobe/integration"
)

// bench is a run of all measurements.
type bench struct {
	pairs     int
	messages  int // in the mailbox for IMAP
	far       int // in that for POP3
	roundTrip time.Duration
	dir       string
	mailprobe string // the binary
	lab       *integration.Lab
	table     measure.Table
}

func main() {
	b := &bench{}
	only := flag.String("only", "", "measure only this `figure`: imap or pop3")
	flag.IntVar(&b.pairs, "pairs", 7, "measure so many `pairs` by IMAP; by POP3 a third of it")
	flag.IntVar(&b.messages, "messages", 10_000, "messages in the mailbox")
	flag.IntVar(&b.far, "far", 2_000, "messages in the mailbox at the end of a path")
	flag.DurationVar(&b.roundTrip, "round-trip", 10*time.Millisecond, "round-trip time of that path")
	flag.Parse()
	if err := b.run(*only); err != nil {
		fmt.Fprintln(os.Stderr, "bench/search:", err)
		os.Exit(1)
	}
	fmt.Print(b.table.String())
}

func (b *bench) run(only string) (err error) {
	if b.dir, err = os.MkdirTemp("", "mailprobe-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	b.mailprobe = filepath.Join(b.dir, "mailprobe")
	if err := measure.Build(b.mailprobe, "mailprobe/cmd/mailprobe"); err != nil {
		return err
	}
	if b.lab, err = integration.Start(); b.lab == nil {
		return err
	}
	defer func() { _ = b.lab.Stop() }()
	if only != "pop3" {
		err = b.nearby()
	}
	if only != "imap" {
		err = errors.Join(err, b.faraway())
	}
	return err
}

// fill puts messages into the mailbox of a new user; every hundredth is a backup's.
func (b *bench) fill(n int) (integration.User, error) {
	u := b.lab.NewUser()
	begin := time.Now().Add(-time.Duration(n) * time.Minute)
	all := make([]integration.Stored, n)
	for i := range all {
		subject := fmt.Sprintf("message %d of many", i)
		if i%100 == 0 {
			subject = "Backup OK"
		}
		at := begin.Add(time.Duration(i) * time.Minute)
		all[i] = integration.Stored{Received: at, Text: "Received: from a.example.org by mx.example.org with ESMTPS id 1234567890;\n\t" + at.Format(time.RFC1123Z) +
			"\nDate: " + at.Format(time.RFC1123Z) + "\nFrom: Somebody <somebody@example.org>\nTo: " + u.Name + "\nSubject: " + subject +
			fmt.Sprintf("\nMessage-ID: <%d@example.org>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n", i) + strings.Repeat("a line of text\n", 20)}
	}
	return u, b.lab.Store(u, all)
}

// flags are what every run of mailprobe has.
func (b *bench) flags(u integration.User, kind, target string, more ...string) []string {
	return append([]string{kind, "-q", "-u", u.Name, "--password-env", "BENCH_PASSWORD", "--ca-file", b.lab.CAFile(), "--timeout", "5m", "--subject", "^Backup", target}, more...)
}

// search runs mailprobe and returns its time, in seconds, and its peak memory, in bytes.
func (b *bench) search(u integration.User, args []string) (seconds, peak float64, err error) {
	cmd := exec.Command(b.mailprobe, args...)
	cmd.Env = append(os.Environ(), "BENCH_PASSWORD="+u.Password)
	cmd.Stderr = os.Stderr
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			return time.Since(begin).Seconds(), peak, err
		case <-time.After(5 * time.Millisecond):
			if now, err := measure.Memory(cmd.Process.Pid, measure.Peak); err == nil {
				peak = max(peak, now)
			}
		}
	}
}

// nearby compares with openssl s_client on loopback.
func (b *bench) nearby() error {
	u, err := b.fill(b.messages)
	if err != nil {
		return err
	}
	addr, most := b.lab.Addr(integration.IMAPS, integration.Good), 0.0
	mine := func() (float64, error) {
		took, peak, err := b.search(u, b.flags(u, "imap", "imaps://"+addr, "--auth", "plain"))
		most = max(most, peak)
		return took, err
	}
	c, err := measure.Pairs(b.pairs, mine, func() (float64, error) { return b.byHand(u, addr) })
	if err != nil {
		return err
	}
	b.table.Add(measure.Row{Figure: fmt.Sprintf("a subject among %d messages by IMAP, against UID SEARCH and UID FETCH by openssl s_client", b.messages),
		Mine: measure.Milliseconds(c.Mine), Peer: measure.Milliseconds(c.Peer), Ratio: fmt.Sprintf("%.2f", c.Ratio), Goal: measure.AtMost(1.3).Verdict(c.Ratio)})
	b.addMemory("the same", most)
	return b.alone(u, addr)
}

// alone compares what the search adds to a session that only opens the mailbox.
func (b *bench) alone(u integration.User, addr string) error {
	without := []string{"imap", "-q", "-u", u.Name, "--password-env", "BENCH_PASSWORD", "--ca-file", b.lab.CAFile(), "--auth", "plain", "imaps://" + addr}
	mine := func() (float64, error) {
		took, _, err := b.search(u, b.flags(u, "imap", "imaps://"+addr, "--auth", "plain"))
		less, _, err2 := b.search(u, without)
		return took - less, errors.Join(err, err2)
	}
	peer := func() (float64, error) {
		took, err := b.byHand(u, addr)
		less, err2 := b.sends(u, addr, "")
		return took - less.seconds, errors.Join(err, err2)
	}
	c, err := measure.Pairs(b.pairs, mine, peer)
	if err != nil {
		return err
	}
	b.table.Add(measure.Row{Figure: "the same, less a session of each that only opens the mailbox",
		Mine: measure.Milliseconds(c.Mine), Peer: measure.Milliseconds(c.Peer), Ratio: fmt.Sprintf("%.2f", c.Ratio), Goal: measure.AtMost(1.3).Verdict(c.Ratio)})
	return nil
}

func (b *bench) addMemory(what string, most float64) {
	b.table.Add(measure.Row{Figure: what + ", peak memory", Mine: fmt.Sprintf("%.1f MiB", most/(1<<20)), Goal: measure.Verdict("under 30 MiB", most < 30<<20)})
}

// byHand searches with openssl s_client, and returns its time in seconds.
func (b *bench) byHand(u integration.User, addr string) (float64, error) {
	said, err := b.sends(u, addr, "c UID SEARCH ALL\r\nd UID FETCH 1:* (INTERNALDATE BODY.PEEK[HEADER.FIELDS (DATE FROM SUBJECT)])\r\n")
	if n := strings.Count(said.text, "FETCH ("); n != b.messages {
		return 0, fmt.Errorf("openssl s_client has %d messages of %d: %w", n, b.messages, err)
	}
	return said.seconds, nil
}

// session is what openssl s_client has said, and its time.
type session struct {
	text    string
	seconds float64
}

// sends has openssl s_client send commands in an open mailbox, everything at once.
func (b *bench) sends(u integration.User, addr, commands string) (session, error) {
	cmd := exec.Command("openssl", "s_client", "-quiet", "-connect", addr, "-CAfile", b.lab.CAFile())
	cmd.Stdin = strings.NewReader("a LOGIN \"" + u.Name + "\" \"" + u.Password + "\"\r\nb EXAMINE INBOX\r\n" + commands + "e LOGOUT\r\n")
	begin := time.Now()
	out, err := cmd.Output()
	took := time.Since(begin).Seconds()
	if !strings.Contains(string(out), "\ne OK") {
		return session{}, fmt.Errorf("openssl s_client: no end of the session: %w", err)
	}
	return session{string(out), took}, nil
}

// faraway compares POP3 with and without pipelining, over a path.
func (b *bench) faraway() error {
	u, err := b.fill(b.far)
	if err != nil {
		return err
	}
	most := 0.0
	through := func(replace [2]string) func() (float64, error) {
		return func() (float64, error) {
			p, err := newPath(b.lab.Addr(integration.POP3, integration.Good), b.roundTrip, replace)
			if err != nil {
				return 0, err
			}
			defer p.close()
			took, peak, err := b.search(u, b.flags(u, "pop3", p.addr(), "--tls=off", "--auth-without-tls"))
			most = max(most, peak)
			return took, err
		}
	}
	c, err := measure.Pairs(max(b.pairs/3, 1), through([2]string{"", ""}), through([2]string{"PIPELINING", "XPIPELINES"}))
	if err != nil {
		return err
	}
	b.table.Add(measure.Row{Figure: fmt.Sprintf("a subject among %d messages by POP3, %s away, against the same without PIPELINING", b.far, b.roundTrip),
		Mine: measure.Milliseconds(c.Mine), Peer: measure.Milliseconds(c.Peer), Ratio: fmt.Sprintf("%.3f", c.Ratio), Goal: measure.AtMost(0.5).Verdict(c.Ratio)})
	b.addMemory("the same", most)
	return nil
}
