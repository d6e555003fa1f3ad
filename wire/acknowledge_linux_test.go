package wire_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"testing"
	"time"

	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// A server that sends in two pieces, as those that send TLS tickets before the
// first answer do, is not made to wait for a delayed acknowledgement of the first
// (40 ms and more). The kernel's own clock is at work here: the best of a few.
func TestAnswerInTwoPieces(t *testing.T) {
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := authority.Issue("good")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority.Certificate)
	best := time.Hour
	for range 5 {
		c := wire.NewConn(t.Context(), dialTwoPieces(t, cert), &wire.Transcript{})
		if err := c.StartTLS(&tls.Config{RootCAs: roots, ServerName: wiretest.HostName}); err != nil {
			t.Fatal(err)
		}
		best = min(best, elapsed(func() {
			if err := c.Cmd("EHLO probe.example.net"); err != nil {
				t.Fatal(err)
			}
			if _, err := c.ReadLine(); err != nil {
				t.Fatal(err)
			}
		}))
		_ = c.Close()
	}
	if best > 30*time.Millisecond {
		t.Errorf("the answer took %v at best", best)
	}
}

// dialTwoPieces connects to a server that answers one command in two writes, and
// leaves it to the kernel when the second goes out.
func dialTwoPieces(t *testing.T, cert tls.Certificate) net.Conn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		socket, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = socket.Close() }()
		_ = socket.(*net.TCPConn).SetNoDelay(false)
		conn := tls.Server(socket, &tls.Config{Certificates: []tls.Certificate{cert}})
		if _, err := conn.Read(make([]byte, 100)); err != nil {
			return
		}
		_, _ = io.WriteString(conn, "250 ")
		_, _ = io.WriteString(conn, "mx.example.org\r\n")
		_, _ = conn.Read(make([]byte, 1))
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	socket, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return socket
}
