package web

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// small makes a server with room for few connections.
func small(s *Server) { s.crowd = newCrowd(20) }

// TestSlowClients: clients that say nothing, say it slowly, send a body slowly, or do not
// read the answer, in numbers, hold up nobody else.
func TestSlowClients(t *testing.T) {
	big := bytes.Repeat([]byte("x"), 16<<20) // more than buffers take
	s := serve(t, Config{Address: Address{Base: "/"}, Parts: []Part{routes{
		"GET /{$}": func(w http.ResponseWriter, _ *http.Request) { answerText(w, "hello") },
		"GET /big": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(big) },
		"POST /body": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
		},
	}}}, small)
	address := s.listeners[0].Addr().String()
	for i := range 100 {
		slow, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = slow.Close() }()
		switch i % 4 {
		case 0: // says nothing
		case 1:
			_, err = io.WriteString(slow, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow")
		case 2:
			_, err = io.WriteString(slow, "G")
		case 3:
			if i < 40 { // those who are being answered have their place
				_, err = io.WriteString(slow, "GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n")
			}
		}
		_ = err // the server may have closed it
		if i%20 == 19 {
			honest(t, address)
		}
	}
	if n := s.crowd.size(); n > 20 {
		t.Errorf("%d connections are open", n)
	}
	ask(t, plain, "GET", s.url+"/metrics").want(t, "metrics", 200, "mailprobe_http_connections")
}

// honest makes a request that has to be answered soon.
func honest(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(headerWithin / 2)) // sooner than the slow ones are closed by it
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("an honest client: %v, %v", response, err)
	}
	_ = response.Body.Close()
}

// TestCrowd: those who are being answered stay, and a host has no more than its share.
func TestCrowd(t *testing.T) {
	c := newCrowd(16) // 2 for each host
	of := func(host string) *conn {
		near, _ := net.Pipe()
		address, _ := net.ResolveTCPAddr("tcp", net.JoinHostPort(host, "5"))
		return &conn{Conn: near, crowd: c, host: hostOf(address), waiting: time.Now()}
	}
	first, second := of("192.0.2.1"), of("192.0.2.1")
	if !c.admit(first) || !c.admit(second) {
		t.Fatal("there is room")
	}
	c.changed(first, http.StateActive)
	c.changed(second, http.StateActive)
	if third := of("192.0.2.1"); c.admit(third) {
		t.Error("a host has three")
	}
	c.changed(second, http.StateIdle)
	if third := of("192.0.2.1"); !c.admit(third) || c.open[second] || !c.open[first] {
		t.Error("the one that waits does not make room")
	}
	for i := range 20 {
		c.admit(of(fmt.Sprintf("2001:db8:0:%d::1", i)))
	}
	if !c.open[first] || c.size() != 16 {
		t.Errorf("%d are open", c.size())
	}
	if a, b := of("2001:db8::1"), of("2001:db8::2:1"); a.host != b.host {
		t.Error("a site has several hosts")
	}
	if of("127.0.0.1").host.IsValid() || of("::1").host.IsValid() {
		t.Error("this machine is counted")
	}
	_ = first.Close()
	if c.size() != 15 {
		t.Error("a connection that is closed is counted")
	}
}
