package prober

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
)

// BenchmarkProbe is a probe of a plain SMTP session, without the HTTP around it.
func BenchmarkProbe(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go answerSMTP(l)
	s := server(b, `modules: {plain: {kind: smtp, tls: "off", helo: prober}}`)
	b.ReportAllocs()
	for b.Loop() {
		if w := ask(s, "target", l.Addr().String(), "module", "plain"); !strings.Contains(w.Body.String(), "\nprobe_success 1\n") {
			b.Fatal(w.Body)
		}
	}
}

// answerSMTP answers sessions one after the other.
func answerSMTP(l net.Listener) {
	in := bufio.NewReader(nil)
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		in.Reset(conn)
		_, _ = io.WriteString(conn, "220 mx.example.org ESMTP\r\n")
		for _, answer := range []string{"250-mx.example.org\r\n250-PIPELINING\r\n250 DSN\r\n", "221 2.0.0 Bye\r\n"} {
			if _, err := in.ReadSlice('\n'); err == nil {
				_, _ = io.WriteString(conn, answer)
			}
		}
		_ = conn.Close()
	}
}
