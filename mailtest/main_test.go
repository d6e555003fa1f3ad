package mailtest_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"mailprobe/mailtest"
	"mailprobe/pop3check"
	"mailprobe/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// anyCertificate is for tests of everything but certificates.
func anyCertificate() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }

func newReader(text []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(text)) }

// start starts a host with the accounts alice and bob.
func start(t *testing.T, config mailtest.Config) *mailtest.Host {
	t.Helper()
	if config.Accounts == nil {
		config.Accounts = []mailtest.Account{{User: "alice", Password: "correct horse"}, {User: "bob", Password: "tell nobody"}}
	}
	host, err := mailtest.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	return host
}

// pair starts two joined hosts: bob@example.org is at the first, alice@example.net
// at the second.
func pair(t *testing.T, first, second mailtest.Config) (server1, server2 *mailtest.Host) {
	first.Name, second.Name = "mx1.example.org", "mx2.example.net"
	server1, server2 = start(t, first), start(t, second)
	mailtest.Join(server1, server2)
	return server1, server2
}

// submit hands a message over as a user does.
func submit(host *mailtest.Host, user, password, to, text string) error {
	client, err := smtp.DialStartTLS(host.Addr(mailtest.Submission), anyCertificate())
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	if err := client.Auth(sasl.NewPlainClient("", user, password)); err != nil {
		return err
	}
	_, domain, _ := strings.Cut(host.Name(), ".")
	return client.SendMail(user+"@"+domain, []string{to}, strings.NewReader(text))
}

// handOver hands a message over as a server does.
func handOver(host *mailtest.Host, from, to, text string) error {
	client, err := smtp.Dial(host.Addr(mailtest.SMTP))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	return client.SendMail(from, []string{to}, strings.NewReader(text))
}

// flush waits until the hosts have delivered, the sender's host last, for it may
// get a bounce.
func flush(t *testing.T, hosts ...*mailtest.Host) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, h := range hosts {
		if err := h.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// dialPOP3 opens a POP3 session by TLS.
func dialPOP3(t *testing.T, host *mailtest.Host) *pop3check.Session {
	t.Helper()
	socket, err := net.Dial("tcp", host.Addr(mailtest.POP3S))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	conn := wire.NewConn(ctx, socket, &wire.Transcript{})
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.StartTLS(anyCertificate()); err != nil {
		t.Fatal(err)
	}
	s := pop3check.NewSession(conn)
	if _, err := s.Greeting(); err != nil {
		t.Fatal(err)
	}
	return s
}

// talk says lines on a plain connection and returns everything that was answered
// until the other side hung up.
func talk(t *testing.T, address, lines string) string {
	t.Helper()
	socket, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	_ = socket.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(socket, strings.ReplaceAll(lines, "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(socket)
	if err != nil {
		t.Fatalf("%v after %q", err, answer)
	}
	return strings.ReplaceAll(string(answer), "\r\n", "\n")
}
