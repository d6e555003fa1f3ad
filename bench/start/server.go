//go:build linux

package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"time"
)

// serve starts an SMTP server on a free port of loopback.
func serve() (host, port string, err error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go session(conn)
		}
	}()
	return net.SplitHostPort(l.Addr().String())
}

const greeting = "220 mx.example.org ESMTP\r\n"

var answers = map[string]string{
	"EHLO": "250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 DSN\r\n",
	"QUIT": "221 2.0.0 Bye\r\n",
}

// session answers one client until it says QUIT.
func session(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	_, _ = io.WriteString(conn, greeting)
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		verb, _, _ := strings.Cut(strings.ToUpper(lines.Text()), " ")
		answer, ok := answers[verb]
		if !ok {
			answer = "502 5.5.1 Not known\r\n"
		}
		if _, err := io.WriteString(conn, answer); err != nil || verb == "QUIT" {
			return
		}
	}
}
