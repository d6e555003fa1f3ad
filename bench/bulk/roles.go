package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/bulk"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// sideBySide is the number of concurrent sessions of a process, mailprobe's default.
const sideBySide = 64

// serve is the SMTP server, for every address of the loopback. It prints its port.
func serve(ctx context.Context) error {
	debug.SetGCPercent(800) // what it takes, the clients have not
	l, err := net.Listen("tcp4", ":0")
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = l.Close() })
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	for {
		c, err := l.Accept()
		if err != nil {
			return nil
		}
		if !c.RemoteAddr().(*net.TCPAddr).IP.IsLoopback() {
			_ = c.Close()
			continue
		}
		go session(c)
	}
}

// session answers one session.
func session(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	answer := "220 mx.example.org ESMTP\r\n"
	for {
		if _, err := c.Write([]byte(answer)); err != nil || strings.HasPrefix(answer, "221") {
			return
		}
		line, err := in.ReadString('\n')
		switch {
		case err != nil:
			return
		case strings.HasPrefix(line, "EHLO"):
			answer = "250-mx.example.org\r\n250-SIZE 10240000\r\n250 8BITMIME\r\n"
		case strings.HasPrefix(line, "QUIT"):
			answer = "221 bye\r\n"
		default:
			answer = "500 what?\r\n"
		}
	}
}

// null is a kind whose checks do nothing.
func null() probe.Kind {
	return probe.Kind{Name: "null", Steps: []string{"look"}, New: func(*probe.Options) (probe.Checker, []probe.Option) { return nothing{}, nil }}
}

type nothing struct{}

func (nothing) Prepare(context.Context) error { return nil }

func (nothing) Check(_ context.Context, _ probe.Target, r *probe.Result) error {
	return r.Run("look", func(*probe.Step) error { return nil })
}

// work is a worker. It prints a line once it is connected.
func work(ctx context.Context, url, place string) error {
	debug.SetGCPercent(150) // as mailprobe does
	conn, err := fleet.Connect(ctx, fleet.Options{URL: url, Name: place})
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := fleet.Streams(conn)
	if err != nil {
		return err
	}
	if err := bulk.Setup(ctx, js, bulk.Limits{}); err != nil {
		return err
	}
	fmt.Println("connected")
	w := &bulk.Worker{JS: js, Place: place, Groups: []string{bulk.Any}, Log: func(err error) { fmt.Fprintln(os.Stderr, place, err) },
		Prepare: bulk.Runner([]probe.Kind{null(), smtpcheck.Kind()}, probe.NewLimit(sideBySide, 0))}
	w.Run(ctx)
	return nil
}

// collect submits targets that are not checked, and collects their results. It prints its peak
// memory.
func collect(ctx context.Context, url string, targets int) error {
	debug.SetGCPercent(150) // as mailprobe does
	conn, err := fleet.Connect(ctx, fleet.Options{URL: url, Name: "collector"})
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := fleet.Streams(conn)
	if err != nil {
		return err
	}
	r := &bulk.Run{JS: js, Job: bulk.Job{Run: "bench-" + strconv.Itoa(targets), Kind: "null"}, Group: bulk.Any, Emit: func(bulk.Outcome) error { return nil }}
	tally, err := r.Do(ctx, func(yield func(bulk.Target) bool) {
		for i := range targets {
			name := "host" + strconv.Itoa(i) + ".example.org"
			if !yield(bulk.Target{Text: name, Destination: name}) {
				return
			}
		}
	})
	if err == nil && (tally.Done != targets || tally.Refused > 0) {
		err = fmt.Errorf("it ended with %+v", tally)
	}
	return err
}
