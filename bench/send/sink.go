package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"

	"mailprobe/bench/measure"
)

// sink is an SMTP server that drops the messages that it gets, one client at a time.
type sink struct {
	listener net.Listener
	messages atomic.Int64 // that it got
	pid      atomic.Int64 // of the client
	peak     float64      // the client's peak memory when it said QUIT, in bytes
}

// listen starts a server.
func listen() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{listener: l}
	go s.serve()
	return s, nil
}

func (s *sink) addr() string { return s.listener.Addr().String() }

func (s *sink) close() { _ = s.listener.Close() }

func (s *sink) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.session(conn)
		_ = conn.Close()
	}
}

// session answers a client.
func (s *sink) session(conn net.Conn) {
	in := bufio.NewReaderSize(conn, 64<<10)
	say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
	say("220 mx.example.org ESMTP")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-mx.example.org\r\n250-SIZE 100000000\r\n250-CHUNKING\r\n250-PIPELINING\r\n250 8BITMIME")
		case "DATA":
			say("354 go on")
			if !skipMessage(in) {
				return
			}
			s.messages.Add(1)
			say("250 dropped")
		case "BDAT":
			if !s.skipChunk(in, rest) {
				return
			}
			say("250 ok")
		case "QUIT":
			s.peak, _ = measure.Memory(int(s.pid.Load()), measure.Peak)
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// skipMessage reads a message up to the lone dot.
func skipMessage(in *bufio.Reader) bool {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return false
		}
		if bytes.Equal(line, []byte(".\r\n")) {
			return true
		}
	}
}

// skipChunk reads a chunk; size is what follows BDAT.
func (s *sink) skipChunk(in *bufio.Reader, size string) bool {
	var n int64
	if _, err := fmt.Sscan(size, &n); err != nil {
		return false
	}
	if _, err := io.CopyN(io.Discard, in, n); err != nil {
		return false
	}
	if strings.HasSuffix(size, "LAST") {
		s.messages.Add(1)
	}
	return true
}
