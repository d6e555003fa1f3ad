package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// ports are the ports of the server on 127.0.0.1. Several serve the same session, so that
// the ports of closed connections do not run out.
type ports struct {
	Free []int // sessions that run through
	Held []int // sessions that wait before the reply to EHLO until released
	Late []int // the same, but only for an EHLO above TLS
}

// counts are the sessions that the server counted.
type counts struct {
	Done int64 // sessions that ended with QUIT
	Held int64 // sessions that wait now
}

// server answers SMTP sessions as fast as it can.
type server struct {
	tls        *tls.Config
	done, held atomic.Int64

	mu   sync.Mutex
	goOn chan struct{} // closed when waiting sessions may continue
}

// freePorts is the number of ports for sessions that run through.
const freePorts = 8

// serve runs the server process: it prints its ports, then answers the commands "count"
// and "release" from in until that ends.
func serve(certFile string, in io.Reader, out io.Writer) error {
	// Collecting garbage would take processor time from the clients.
	debug.SetGCPercent(800)
	cert, err := tls.LoadX509KeyPair(certFile, certFile)
	if err != nil {
		return err
	}
	s := &server{tls: &tls.Config{Certificates: []tls.Certificate{cert}}, goOn: make(chan struct{})}
	var p ports
	for range freePorts {
		p.Free = append(p.Free, s.listen(never))
	}
	p.Held = append(p.Held, s.listen(atOnce))
	p.Late = append(p.Late, s.listen(aboveTLS))
	answer := json.NewEncoder(out)
	if err := answer.Encode(p); err != nil {
		return err
	}
	for words := bufio.NewScanner(in); words.Scan(); {
		if words.Text() == "release" {
			s.release()
		}
		if err := answer.Encode(counts{s.done.Load(), s.held.Load()}); err != nil {
			return err
		}
	}
	return nil
}

// release lets the waiting sessions continue.
func (s *server) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.goOn)
	s.goOn = make(chan struct{})
}

// wait holds a session.
func (s *server) wait() {
	s.mu.Lock()
	goOn := s.goOn
	s.mu.Unlock()
	s.held.Add(1)
	<-goOn
	s.held.Add(-1)
}

// holding says when a session waits.
type holding int

const (
	never holding = iota
	atOnce
	aboveTLS
)

// listen opens a port, serves it and returns its number, or 0 if it cannot.
func (s *server) listen(h holding) int {
	config := net.ListenConfig{KeepAlive: -1}
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.session(conn, h)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// sessionTime bounds a session.
const sessionTime = 2 * time.Minute

const (
	greeting  = "220 mx.example.org ESMTP\r\n"
	offers    = "250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 DSN\r\n"
	offersTLS = "250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 DSN\r\n"
)

// session answers one client.
func (s *server) session(conn net.Conn, h holding) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(sessionTime))
	if _, err := io.WriteString(conn, greeting); err != nil {
		return
	}
	reader, ehlo := bufio.NewReaderSize(conn, 1024), offers
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return
		}
		answer := "250 2.0.0 Ok\r\n"
		switch verb := string(bytes.ToUpper(line[:min(4, len(line))])); verb {
		case "EHLO", "HELO":
			_, secure := conn.(*tls.Conn)
			if h == atOnce || h == aboveTLS && secure {
				s.wait()
			}
			if answer = ehlo; verb == "HELO" {
				answer = "250 mx.example.org\r\n"
			}
		case "STAR":
			_, _ = io.WriteString(conn, "220 2.0.0 Ready to start TLS\r\n")
			t := tls.Server(conn, s.tls)
			if err := t.Handshake(); err != nil {
				return
			}
			conn, reader, ehlo = t, bufio.NewReaderSize(t, 1024), offersTLS
			continue
		case "QUIT":
			_, _ = io.WriteString(conn, "221 2.0.0 Bye\r\n")
			s.done.Add(1)
			return
		}
		if _, err := io.WriteString(conn, answer); err != nil {
			return
		}
	}
}
