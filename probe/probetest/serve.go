package probetest

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/xdg-go/scram"

	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// Dial returns how to connect to a server that plays a script, for
// probe.Options.Dial. The test fails where the client does not follow the script,
// so somebody must connect, once.
func Dial(t *testing.T, script string) func(ctx context.Context, network, address string) (net.Conn, error) {
	t.Helper()
	transcript, err := wire.ParseTranscript(script)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	server := &wiretest.Server{Script: transcript, Authority: authority}
	played := make(chan error, 1)
	t.Cleanup(func() {
		if err := <-played; err != nil {
			t.Error(err)
		}
	})
	return func(ctx context.Context, _, _ string) (net.Conn, error) { return server.Dial(ctx, played) }
}

// Play connects to a server that plays a script, as Dial has it.
func Play(t *testing.T, script string) *wire.Conn {
	t.Helper()
	socket, err := Dial(t, script)(t.Context(), "tcp", "")
	if err != nil {
		t.Fatal(err)
	}
	conn := wire.NewConn(t.Context(), socket, &wire.Transcript{})
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Converse connects to a server that says its greeting, then an answer to every
// line.
func Converse(t *testing.T, greeting string, answer func(line string) string) *wire.Conn {
	t.Helper()
	near, far := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.WriteString(far, greeting+"\r\n")
		for lines := bufio.NewScanner(far); lines.Scan(); {
			_, _ = io.WriteString(far, answer(lines.Text())+"\r\n")
		}
	}()
	conn := wire.NewConn(t.Context(), near, &wire.Transcript{})
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return conn
}

// Said is a connection on which the server has said everything already, each part
// in a read of its own.
func Said(parts ...string) *wire.Conn {
	var said []io.Reader
	for _, part := range parts {
		said = append(said, strings.NewReader(part))
	}
	return wire.NewConn(context.Background(), canned{said: io.MultiReader(said...)}, &wire.Transcript{})
}

type canned struct {
	net.Conn
	said io.Reader
}

func (c canned) Read(p []byte) (int, error)       { return c.said.Read(p) }
func (c canned) Write(p []byte) (int, error)      { return len(p), nil }
func (c canned) SetDeadline(time.Time) error      { return nil }
func (c canned) SetReadDeadline(time.Time) error  { return nil }
func (c canned) SetWriteDeadline(time.Time) error { return nil }

// Scram is the server's side of SCRAM for alice, whose password is wonderland: it
// returns the challenge to a response, both in base64. The error is the refusal.
func Scram(t *testing.T, hash scram.HashGeneratorFcn) func(response string) (challenge string, err error) {
	t.Helper()
	alice, err := hash.NewClient("alice", "wonderland", "")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := alice.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "salt", Iters: 4096})
	if err != nil {
		t.Fatal(err)
	}
	server, err := hash.NewServer(func(string) (scram.StoredCredentials, error) { return stored, nil })
	if err != nil {
		t.Fatal(err)
	}
	conversation := server.NewConversation()
	return func(response string) (string, error) {
		message, err := base64.StdEncoding.DecodeString(response)
		if err != nil {
			return "", err
		}
		challenge, err := conversation.Step(string(message))
		return base64.StdEncoding.EncodeToString([]byte(challenge)), err
	}
}
