package wire_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// dialTLS connects to a server that can do TLS, and returns what trusts it.
func dialTLS(t *testing.T, ctx context.Context, script string, trip time.Duration) (*session, *tls.Config) {
	t.Helper()
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	server := &wiretest.Server{Script: parse(t, script), Authority: authority, Path: wiretest.Path{RoundTrip: trip}}
	roots := x509.NewCertPool()
	roots.AddCert(authority.Certificate)
	return dialServer(t, ctx, server), &tls.Config{RootCAs: roots, ServerName: wiretest.HostName}
}

func TestStartTLS(t *testing.T) {
	bubble(t, "goes on above TLS", func(t *testing.T) {
		s, config := dialTLS(t, t.Context(), "S: 220 go\n* starttls\nC: PASS ***\nS: 250 secret1234 it is\n* close", 50*time.Millisecond)
		s.wantLine("220 go")
		if s.TLS() != nil {
			t.Error("there is a TLS state before the handshake")
		}
		if d := elapsed(func() {
			if err := s.StartTLS(config); err != nil {
				t.Fatal(err)
			}
		}); d != 50*time.Millisecond {
			t.Errorf("the handshake took %s; one round trip is enough", d)
		}
		if state := s.TLS(); state == nil || state.Version != tls.VersionTLS13 {
			t.Errorf("TLS state %v", state)
		}
		if err := s.Cmd("PASS %s", wire.Secret("secret1234")); err != nil {
			t.Fatal(err)
		}
		s.wantLine("250 secret1234 it is")
		s.wantError(wire.ErrClosed, "connection closed")
		s.wantTranscript("+ 50ms", "S: 220 go", "* starttls", "C: PASS ***", "+ 50ms", "S: 250 *** it is", "* close")
	})
	bubble(t, "bad certificate", func(t *testing.T) {
		s, config := dialTLS(t, t.Context(), "* starttls wrong-name", 0)
		wantError(t, s.StartTLS(config), nil, "certificate is valid for other.example.net, not mx.example.org")
	})
	bubble(t, "hangs up in the handshake", func(t *testing.T) {
		s, config := dialTLS(t, t.Context(), "* close", 0)
		wantError(t, s.StartTLS(config), wire.ErrClosed, "connection closed by the server")
	})
	bubble(t, "alert", func(t *testing.T) {
		c := raw(t, t.Context(), func(server net.Conn) {
			_, _ = server.Write([]byte{21, 3, 1, 0, 2, 2, 40})
			_, _ = io.Copy(io.Discard, server)
		})
		err := c.StartTLS(&tls.Config{InsecureSkipVerify: true})
		wantError(t, err, nil, "handshake failure")
		if strings.Contains(err.Error(), "plain-text") {
			t.Errorf("an alert is called an injection: %v", err)
		}
	})
}

func TestHandshakeEnds(t *testing.T) {
	silent := func(server net.Conn) { _, _ = io.Copy(io.Discard, server) }
	bubble(t, "deadline", func(t *testing.T) {
		c := raw(t, t.Context(), silent)
		c.SetTimeout(3 * time.Second)
		if d := elapsed(func() {
			wantError(t, c.StartTLS(&tls.Config{InsecureSkipVerify: true}), wire.ErrTimeout, "no answer within 3s")
		}); d != 3*time.Second {
			t.Errorf("it took %s", d)
		}
	})
	bubble(t, "cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := raw(t, ctx, silent)
		time.AfterFunc(time.Second, cancel)
		if d := elapsed(func() {
			wantError(t, c.StartTLS(&tls.Config{InsecureSkipVerify: true}), context.Canceled, "interrupted")
		}); d != time.Second {
			t.Errorf("it took %s", d)
		}
	})
}

// TestInjection: plain text where the handshake has to begin, in each way it can
// come. Nothing of it may be read as an answer.
func TestInjection(t *testing.T) {
	config := &tls.Config{InsecureSkipVerify: true}
	for name, pieces := range map[string][]string{
		"in the packet of the 220":       {"220 go\r\n250 evil\r\n"},
		"part of a line":                 {"220 go\r\n2"},
		"in the next packet":             {"220 go\r\n", "250 evil\r\n"},
		"in the next packet, bare":       {"220 go\r\n", "\n\n\n\n\n\n"},
		"looks a little like TLS":        {"220 go\r\n", "\x16\x30evil"},
		"looks a little more like SSLv2": {"220 go\r\n", "\x80\x2e\x01\x03\x01evil"},
	} {
		bubble(t, name, func(t *testing.T) {
			c := serve(t, pieces...)
			if line, err := c.ReadLine(); line != "220 go" || err != nil {
				t.Fatalf("%q, %v", line, err)
			}
			c.SetTimeout(time.Minute)
			wantError(t, c.StartTLS(config), wire.ErrInjected, "plain-text bytes came before the TLS handshake")
			if c.TLS() != nil {
				t.Error("TLS is on after an injection")
			}
			lines := c.Transcript.Lines()
			if last := lines[len(lines)-1]; !strings.HasPrefix(last, "# ") {
				t.Errorf("the transcript does not tell: %q", lines)
			}
		})
	}
	bubble(t, "in the middle of the handshake", func(t *testing.T) {
		authority, err := wiretest.NewAuthority()
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := authority.Issue("good")
		if err != nil {
			t.Fatal(err)
		}
		c := raw(t, t.Context(), func(server net.Conn) {
			server = &meddler{Conn: server}
			_ = tls.Server(server, &tls.Config{Certificates: []tls.Certificate{certificate}}).Handshake()
			_, _ = io.Copy(io.Discard, server)
		})
		c.SetTimeout(time.Minute)
		wantError(t, c.StartTLS(config), wire.ErrInjected, `the server began with "250 e"`)
	})
}

// meddler puts plain text between the first record of the server's and the next.
type meddler struct {
	net.Conn
	done bool
}

func (m *meddler) Write(p []byte) (int, error) {
	if m.done || len(p) < 5 {
		return m.Conn.Write(p)
	}
	m.done = true
	first := 5 + (int(p[3])<<8 | int(p[4]))
	_, err := m.Conn.Write([]byte(string(p[:first]) + "250 evil\r\n" + string(p[first:])))
	return len(p), err
}

// TestCloseTLS: a peer that reads nothing does not hold up the end of a session
// for longer than the context lasts.
func TestCloseTLS(t *testing.T) {
	bubble(t, "nobody reads the goodbye", func(t *testing.T) {
		authority, err := wiretest.NewAuthority()
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := authority.Issue("good")
		if err != nil {
			t.Fatal(err)
		}
		near, far := net.Pipe()
		defer func() { _ = far.Close() }()
		go func() {
			_ = tls.Server(far, &tls.Config{Certificates: []tls.Certificate{certificate}, SessionTicketsDisabled: true}).Handshake()
		}()
		ctx, cancel := context.WithCancel(t.Context())
		c := wire.NewConn(ctx, near, &wire.Transcript{})
		if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, cancel)
		if d := elapsed(func() { _ = c.Close() }); d != time.Second {
			t.Errorf("it took %s", d)
		}
	})
}

// Whether the server said anything at all before a handshake failed shows.
func TestUnansweredHandshake(t *testing.T) {
	for said, want := range map[string]bool{"": true, "\x15\x03\x01\x00\x02\x02\x28": false, "hello": false} {
		near, far := net.Pipe()
		go func() {
			_, _ = far.Read(make([]byte, 4096))
			_, _ = io.WriteString(far, said)
			_ = far.Close()
		}()
		c := wire.NewConn(t.Context(), near, &wire.Transcript{})
		if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err == nil || errors.Is(err, wire.ErrUnanswered) != want {
			t.Errorf("after %q: %v, unanswered must be %v", said, err, want)
		}
		_ = c.Close()
	}
}
