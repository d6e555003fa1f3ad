package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"mailprobe/probe"
	"mailprobe/probe/probetest"
	"mailprobe/wire"
)

var errProtocol = fmt.Errorf("%w: what", wire.ErrProtocol)

// brokenSessions are what broke, where, and what is behind it.
var brokenSessions = []struct {
	scheme, step string
	said         string // by the server, so far
	err          error
	cause        *probe.Cause
	hint         string
}{
	{"smtp", "greeting", "", wire.ErrTimeout, CauseTimeout, "try --tls=implicit, or smtps://"},
	{"pop3", "greeting", "", wire.ErrTimeout, CauseTimeout, "pop3s://"},
	{"imap", "greeting", "", wire.ErrTimeout, CauseTimeout, "imaps://"},
	{"smtp", "mail", "220 mx", wire.ErrTimeout, CauseTimeout, "overloaded"},
	{"smtp", "greeting", "220-mx", wire.ErrTimeout, CauseTimeout, "overloaded"},
	{"smtp", "greeting", "", wire.ErrClosed, CauseClosed, "limits connections"},
	{"imap", "auth", "* OK", wire.ErrClosed, CauseClosed, "limits connections"},
	{"smtp", "greeting", "", syscall.ECONNRESET, CauseReset, "a limit on connections"},
	{"smtp", "rcpt", "220 mx", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, CauseReset, "crashed"},
	{"smtp", "rcpt", "220 mx", &net.OpError{Op: "write", Err: syscall.EPIPE}, CauseReset, "crashed"},
	{"smtp", "rcpt", "220 mx", syscall.EHOSTUNREACH, probe.CauseUnreachable, "router"},
	{"smtp", "rcpt", "220 mx", syscall.ETIMEDOUT, CauseTimeout, "overloaded"},
	{"smtp", "rcpt", "220 mx", wire.ErrLimit, CauseTooMuch, "see the transcript"},
	{"pop3", "list", "+OK", errProtocol, CauseProtocolError, "see the transcript"},
	{"pop3", "greeting", "hello", errProtocol, CauseProtocolError, "this is no POP3 server"},
	{"lmtp", "greeting", "hello", errProtocol, CauseProtocolError, "this is no LMTP server"},
	{"smtp", "mail", "220 mx", wire.ErrInput, probe.CauseUsage, "option"},
	{"smtp", "ehlo-tls", "220 mx", wire.ErrInjected, CauseInjected, "CVE-2011-0411"},
	{"smtp", "mail", "220 mx", context.Canceled, probe.CauseInterrupted, "again"},
	{"smtp", "ehlo-tls", "220 mx", &net.OpError{Op: "remote error", Err: errors.New("tls: unknown certificate authority")}, CauseClientCertNeeded, "does not accept"},
	{"smtp", "ehlo-tls", "220 mx", &net.OpError{Op: "remote error", Err: errors.New("tls: user canceled")}, CauseTLSUnclear, "log"},
	{"smtp", "ehlo-tls", "220 mx", &net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}, CauseClientCertNeeded, "--client-cert"},
	{"smtp", "ehlo-tls", "220 mx", errors.New("tls: bad record MAC"), CauseTLSBroken, "log"},
	// Words of the server are no errors of TLS.
	{"smtp", "rcpt", "220 mx", fmt.Errorf("%w: not an SMTP reply: %q", wire.ErrProtocol, "remote error: tls: certificate required"), CauseProtocolError, "transcript"},
	// Strangers are known by their words.
	{"pop3", "greeting", "220 mx.example.org ESMTP", errProtocol, CauseWrongProtocol, "an SMTP server: check the port, or use mailprobe smtp"},
	{"imap", "greeting", "+OK Dovecot ready.", errProtocol, CauseWrongProtocol, "a POP3 server: check the port, or use mailprobe pop3"},
	{"submission", "greeting", "* OK [CAPABILITY IMAP4rev1] ready", errProtocol, CauseWrongProtocol, "an IMAP server: check the port, or use mailprobe imap"},
	{"smtps", "greeting", "HTTP/1.1 400 Bad Request", errProtocol, CauseWrongProtocol, "a web server"},
	{"smtp", "greeting", "<HTML><HEAD>", wire.ErrLimit, CauseWrongProtocol, "a web server"},
	{"imap", "greeting", "SSH-2.0-OpenSSH_9.2", errProtocol, CauseWrongProtocol, "an SSH server"},
	{"pop3", "greeting", "220 (vsFTPd 3.0.3)", errProtocol, CauseWrongProtocol, "an FTP server"},
	{"imap", "greeting", `"IMPLEMENTATION" "Dovecot Pigeonhole"`, errProtocol, CauseWrongProtocol, "a ManageSieve server"},
	{"smtp", "greeting", "220 mx", errProtocol, CauseProtocolError, "this is no SMTP server"},
	{"lmtp", "greeting", "220 mx", errProtocol, CauseProtocolError, "this is no LMTP server"},
	{"smtp", "ehlo", "HTTP/1.1 400 Bad Request", errProtocol, CauseProtocolError, "transcript"},
}

func TestBroken(t *testing.T) {
	for _, test := range brokenSessions {
		l := newWalk(t)
		l.Target.Scheme.Name = test.scheme
		l.Conn = probetest.Said()
		if test.said != "" {
			l.Conn.Transcript.Record(wire.Server, test.said)
		}
		var f *probe.Failure
		if err := l.Broken(test.step, test.err); !errors.As(err, &f) || !f.Cause.Is(test.cause) || !strings.Contains(f.Hint, test.hint) || !errors.Is(err, test.err) {
			t.Errorf("%s %s after %q, %v: got %+v", test.scheme, test.step, test.said, test.err, f)
		}
	}
	l := newWalk(t)
	if l.Broken("x", nil) != nil || !errors.Is(l.Broken("x", errStep), errStep) {
		t.Error("an error that is none of a session got a cause")
	}
	if verdict := probe.Because(CauseRefused, errStep); l.Broken("x", verdict) != verdict {
		t.Error("a verdict was changed")
	}
}

// A server of TLS 1.3 that misses a certificate of the client may end in a reset alone.
func TestLostAlert(t *testing.T) {
	config, ca := good(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for _, test := range []struct {
		ask  tls.ClientAuthType
		says string
		want *probe.Cause
	}{
		{tls.RequestClientCert, "", CauseClientCertNeeded},
		{tls.NoClientCert, "", CauseReset},
		{tls.RequestClientCert, "220 mx", CauseReset},
	} {
		config.ClientAuth = test.ask
		go resetAfter(listener, config.Clone(), test.says)
		r := try(t, func() (net.Conn, error) { return net.Dial("tcp", listener.Addr().String()) },
			"--tls=require", "--ca-file", ca, "--server-name", mx, "--greeting")
		if !test.want.Is(r.Cause) {
			t.Errorf("client certificate %v, said %q: got\n%s", test.ask, test.says, everything(r))
		}
	}
}

// resetAfter makes TLS with the next client, says something without its end, and resets
// the connection when the client has read it.
func resetAfter(listener net.Listener, config *tls.Config, says string) {
	conn, err := listener.Accept()
	if err != nil {
		return
	}
	t := tls.Server(conn, config)
	if t.Handshake() == nil && says != "" {
		_, _ = t.Write([]byte(says + "\r\n"))
		_, _ = bufio.NewReader(t).ReadString('\n')
	}
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}
