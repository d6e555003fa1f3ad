package wire_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// session is a client at work with a scripted server.
type session struct {
	*wire.Conn
	t      *testing.T
	played chan error
}

// dial connects to a server that plays the script over a path without delay. To
// be called in a bubble; the connection is closed and the play checked at its end.
func dial(t *testing.T, ctx context.Context, script string) *session {
	t.Helper()
	return dialServer(t, ctx, &wiretest.Server{Script: parse(t, script)})
}

func dialServer(t *testing.T, ctx context.Context, server *wiretest.Server) *session {
	t.Helper()
	played := make(chan error, 1)
	socket, err := server.Dial(ctx, played)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{wire.NewConn(ctx, socket, &wire.Transcript{}), t, played}
	t.Cleanup(func() {
		_ = s.Close()
		<-s.played
	})
	return s
}

func parse(t *testing.T, script string) *wire.Transcript {
	t.Helper()
	transcript, err := wire.ParseTranscript(script)
	if err != nil {
		t.Fatal(err)
	}
	return transcript
}

// wantLine reads a line that must be the one given.
func (s *session) wantLine(want string) {
	s.t.Helper()
	if got, err := s.ReadLine(); err != nil || got != want {
		s.t.Fatalf("read %q, %v; want %q", got, err, want)
	}
}

// wantError reads a line, which must fail with an error that holds the text.
func (s *session) wantError(kind error, text string) {
	s.t.Helper()
	line, err := s.ReadLine()
	wantError(s.t, err, kind, text)
	if line != "" {
		s.t.Errorf("besides the error there is a line %q", line)
	}
}

func wantError(t *testing.T, err, kind error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) || kind != nil && !errors.Is(err, kind) {
		t.Fatalf("got error %v; want %v with %q", err, kind, text)
	}
}

// wantTranscript compares the printed transcript.
func (s *session) wantTranscript(want ...string) {
	s.t.Helper()
	if got := s.Transcript.Lines(); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		s.t.Errorf("transcript:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// raw is a connection whose other end the test itself writes to.
func raw(t *testing.T, ctx context.Context, server func(net.Conn)) *wire.Conn {
	t.Helper()
	client, conn := wiretest.Path{}.Connect()
	done := make(chan struct{})
	go func() {
		defer close(done)
		server(conn)
		_ = conn.Close()
	}()
	c := wire.NewConn(ctx, client, &wire.Transcript{})
	t.Cleanup(func() {
		_ = c.Close()
		<-done
	})
	return c
}

// elapsed runs do and tells how long it took.
func elapsed(do func()) time.Duration {
	begin := time.Now()
	do()
	return time.Since(begin)
}
