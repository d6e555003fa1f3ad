package smtpcheck_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"testing"

	"mailprobe/internal/report"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// BenchmarkPlain is a plain check of a server on loopback and its report as a
// line of JSON.
func BenchmarkPlain(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go answer(l)
	kind := smtpcheck.Kind()
	check := probe.New(kind)
	if _, err := probe.ParseArgs(check.Declared, []string{"--tls=off", "--helo=probe.example.net"}); err != nil {
		b.Fatal(err)
	}
	if err := check.Prepare(b.Context()); err != nil {
		b.Fatal(err)
	}
	target, err := kind.ParseTarget(l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	printer, err := report.New("jsonl", io.Discard, report.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range check.Do(context.Background(), target) {
			if r.Status != probe.OK {
				b.Fatal(r.Summary)
			}
			if err := printer.Print(r); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// answer is a server that says yes to everything.
func answer(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			_, _ = io.WriteString(conn, "220 mx.example.org ESMTP\r\n")
			lines := bufio.NewScanner(conn)
			for lines.Scan() {
				reply := "250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 DSN\r\n"
				if lines.Text() == "QUIT" {
					reply = "221 2.0.0 Bye\r\n"
				}
				_, _ = io.WriteString(conn, reply)
			}
		}()
	}
}
