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

// What the server sent is seen without a wait and is still there to be read; what
// it has not sent yet is not, nor is a ticket of TLS.
func TestWaiting(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		conn, server := loopback(t, encrypted)
		if took := elapsed(func() {
			if conn.Waiting() {
				t.Errorf("TLS %t: something waits before the server said anything", encrypted)
			}
		}); took > time.Second {
			t.Errorf("TLS %t: looking took %s", encrypted, took)
		}
		if _, err := io.WriteString(server, "250 one\r\n"); err != nil {
			t.Fatal(err)
		}
		for limit := time.Now().Add(5 * time.Second); !conn.Waiting() && time.Now().Before(limit); {
			time.Sleep(time.Millisecond)
		}
		if line, err := conn.ReadLine(); line != "250 one" || err != nil || conn.Waiting() {
			t.Errorf("TLS %t: read %q, %v, and then something waits: %t", encrypted, line, err, conn.Waiting())
		}
	}
}

// loopback connects to a server in this process over the kernel's loopback.
func loopback(t *testing.T, encrypted bool) (*wire.Conn, net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	conn := wire.NewConn(t.Context(), socket, &wire.Transcript{})
	t.Cleanup(func() { _, _ = server.Close(), conn.Close() })
	if encrypted {
		return conn, handshake(t, conn, server)
	}
	return conn, server
}

// handshake makes TLS of a connection, and waits until the server's tickets are
// under way.
func handshake(t *testing.T, conn *wire.Conn, server net.Conn) net.Conn {
	t.Helper()
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := authority.Issue("good")
	if err != nil {
		t.Fatal(err)
	}
	over := tls.Server(server, &tls.Config{Certificates: []tls.Certificate{cert}})
	done := make(chan error, 1)
	go func() { done <- over.Handshake() }()
	roots := x509.NewCertPool()
	roots.AddCert(authority.Certificate)
	if err := conn.StartTLS(&tls.Config{RootCAs: roots, ServerName: wiretest.HostName}); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return over
}
