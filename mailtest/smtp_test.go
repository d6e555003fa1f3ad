package mailtest_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"mailprobe/mailtest"
)

// code is the code of the reply that an error is.
func code(err error) int {
	var r *smtp.SMTPError
	errors.As(err, &r)
	if r == nil {
		return 0
	}
	return r.Code
}

func TestWhoMayWriteToWhom(t *testing.T) {
	host := start(t, mailtest.Config{MaxMessage: 1000})
	if err := handOver(host, "x@example.com", "Alice@Example.ORG", "Subject: x\r\n\r\n.dot\r\n"); err != nil {
		t.Fatal(err)
	}
	flush(t, host)
	text := host.Messages("alice")[0].Text
	if !bytes.HasPrefix(text, []byte("Return-Path: <x@example.com>\r\nReceived: from ")) || !bytes.HasSuffix(text, []byte("Subject: x\r\n\r\n.dot\r\n")) {
		t.Errorf("it arrived as\n%s", text)
	}
	for to, want := range map[string]int{"nobody@example.org": 550, "x@example.com": 554} {
		if err := handOver(host, "", to, "x"); code(err) != want {
			t.Errorf("%s: %v", to, err)
		}
	}
	if err := handOver(host, "", "alice@example.org", strings.Repeat("x", 1001)); code(err) != 552 {
		t.Errorf("too large: %v", err)
	}
	if err := submit(host, "alice", "wrong", "bob@example.org", "x"); code(err) != 535 {
		t.Errorf("wrong password: %v", err)
	}
	client, err := smtp.DialTLS(host.Addr(mailtest.Submissions), anyCertificate())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.Mail("", nil); code(err) != 530 {
		t.Errorf("without a log-in: %v", err)
	}
	if err := client.Auth(sasl.NewLoginClient("alice", "correct horse")); err != nil {
		t.Errorf("LOGIN: %v", err)
	}
	if err := client.Quit(); err != nil {
		t.Error(err)
	}
}

// TestTrace: each hop writes what RFC 5321 §4.4 has, and the queue id it answers.
func TestTrace(t *testing.T) {
	server1, server2 := pair(t, mailtest.Config{}, mailtest.Config{Headers: []string{"Authentication-Results: mx2.example.net; spf=pass"}})
	client, err := smtp.DialStartTLS(server1.Addr(mailtest.Submission), anyCertificate())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	_ = client.Hello("evil(\t)name")
	if err := errors.Join(client.Auth(sasl.NewPlainClient("", "bob", "tell nobody")), client.Mail("bob@example.org", nil), client.Rcpt("alice@example.net", nil)); err != nil {
		t.Fatal(err)
	}
	data, err := client.Data()
	if err != nil {
		t.Fatal(err)
	}
	_, _ = data.Write([]byte("Subject: x\r\n\r\nbody\r\n"))
	reply, err := data.CloseWithResponse()
	if err != nil {
		t.Fatal(err)
	}
	flush(t, server1, server2)
	const date = `\w\w\w, \d\d \w\w\w \d{4} \d\d:\d\d:\d\d [+-]\d{4}`
	id := strings.TrimPrefix(reply.StatusText, "2.0.0 Ok: queued as ")
	want := regexp.MustCompile(`^Return-Path: <bob@example\.org>
Authentication-Results: mx2\.example\.net; spf=pass
Received: from mx1\.example\.org \(\[127\.0\.0\.1\]\)
	\(using TLS 1\.3 with cipher TLS_\w+\)
	by mx2\.example\.net with ESMTPS id \w+
	for <alice@example\.net>; ` + date + `
Received: from \S+ \(\[127\.0\.0\.1\]\)
	\(using TLS 1\.3 with cipher TLS_\w+\)
	by mx1\.example\.org with ESMTPSA id ` + regexp.QuoteMeta(id) + `
	for <alice@example\.net>; ` + date + `
Subject: x

body
$`)
	if text := strings.ReplaceAll(string(server2.Messages("alice")[0].Text), "\r\n", "\n"); !want.MatchString(text) {
		t.Errorf("queued as %q, it arrived as\n%s", id, text)
	}
}

// TestCertificates: the certificate is of the host's own authority, and of the sort
// that is ordered.
func TestCertificates(t *testing.T) {
	host := start(t, mailtest.Config{Name: "mail.example.com"})
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := host.WriteCA(file); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(file)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	for sort, fault := range map[string]string{
		"": "", "expired": "expired", "self-signed": "unknown authority", "wrong-name": "certificate is valid for other.example.net",
	} {
		if err := host.SetFaults(mailtest.Faults{Certificate: sort}); err != nil {
			t.Fatal(err)
		}
		for _, service := range []mailtest.Service{mailtest.Submissions, mailtest.POP3S, mailtest.IMAPS} {
			conn, err := tls.Dial("tcp", host.Addr(service), &tls.Config{RootCAs: roots, ServerName: "mail.example.com"})
			if (err == nil) != (fault == "") || err != nil && !strings.Contains(err.Error(), fault) {
				t.Errorf("%s, %s: %v", service, sort, err)
			}
			if err == nil {
				_ = conn.Close()
			}
		}
	}
	if err := host.SetFaults(mailtest.Faults{Certificate: "golden"}); err == nil {
		t.Error("there is a golden certificate")
	}
}

func TestBounds(t *testing.T) {
	host := start(t, mailtest.Config{MaxConnections: 2})
	var open []net.Conn
	for range 3 {
		socket, err := net.Dial("tcp", host.Addr(mailtest.SMTP))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = socket.Close() }()
		open = append(open, socket)
		n, _ := socket.Read(make([]byte, 10))
		if refused := n == 0; refused != (len(open) == 3) {
			t.Errorf("connection %d was refused: %v", len(open), refused)
		}
	}
	for _, c := range []mailtest.Config{
		{Name: "a b"}, {Domains: []string{"x\r\ny"}}, {Headers: []string{"x"}}, {Headers: []string{"X: y\nZ: y"}},
		{Accounts: []mailtest.Account{{User: "a"}, {User: "A"}}}, {Accounts: []mailtest.Account{{User: "a b"}}},
		{Faults: mailtest.Faults{Answer: map[string]string{"*": "no"}}}, {Faults: mailtest.Faults{Services: []mailtest.Service{"ftp"}}},
	} {
		if h, err := mailtest.Start(c); err == nil {
			t.Errorf("%+v has nothing wrong", c)
			_ = h.Close()
		}
	}
}
