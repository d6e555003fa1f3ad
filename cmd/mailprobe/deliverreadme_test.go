package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/wire/wiretest"
)

// deliverBlock is the README's delivery with its output.
var deliverBlock = regexp.MustCompile("<!-- deliver -->\n```console\n\\$ mailprobe ([^\n]*)\n((?s:.*?))```")

// randomToken is the fact that is another in every run.
var randomToken = regexp.MustCompile(`(?m)^(token +)[A-Z2-7]{26}$`)

// TestDeliverInReadme: what the README shows of a delivery is what it prints, over
// a simulated path to a host that takes 900 ms to deliver.
func TestDeliverInReadme(t *testing.T) {
	const name = "../../README.md"
	readme, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	shown := deliverBlock.FindSubmatch(readme)
	if shown == nil {
		t.Fatal("the README does not show a delivery")
	}
	var out []byte
	synctest.Test(t, func(t *testing.T) { out = deliverOnce(t, strings.Fields(string(shown[1]))) })
	out = randomToken.ReplaceAll(out, []byte("${1}THISISANOTHERONEINEVERYRUN"))
	if bytes.Equal(shown[2], out) {
		return
	}
	if !*update {
		t.Fatalf("the delivery prints\n%s", out)
	}
	block := fmt.Appendf(nil, "<!-- deliver -->\n```console\n$ mailprobe %s\n%s```", shown[1], out)
	if err := os.WriteFile(name, bytes.Replace(readme, shown[0], block, 1), 0o644); err != nil {
		t.Fatal(err)
	}
}

func deliverOnce(t *testing.T, args []string) []byte {
	time.Sleep(time.Until(time.Date(2026, time.November, 2, 3, 0, 0, 0, time.UTC)))
	authority, err := trusted()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("ALICE_PASSWORD", "correct horse battery")
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	office := &postOffice{authority: authority}
	var out bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &out, dns: documentation{}, dial: office.dial}
	a.run(t.Context(), args)
	time.Sleep(time.Second) // until the servers are done
	return out.Bytes()
}

// postOffice is a host that takes one message and, a while later, gives it out.
type postOffice struct {
	authority *wiretest.Authority

	mu      sync.Mutex
	taken   int    // messages
	message string // the latest
	due     time.Time
}

func (p *postOffice) dial(_ context.Context, _, address string) (net.Conn, error) {
	path := wiretest.Path{RoundTrip: 12 * time.Millisecond}
	client, server := path.Connect()
	go func() {
		time.Sleep(3 * path.RoundTrip / 2)
		if strings.HasSuffix(address, ":25") {
			p.takeIn(server)
		} else {
			p.giveOut(p.secure(server))
		}
	}()
	time.Sleep(path.RoundTrip)
	return client, nil
}

func (p *postOffice) secure(conn net.Conn) net.Conn {
	certificate, err := p.authority.Issue("good")
	if err != nil {
		panic(err)
	}
	return tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}})
}

// answers are what the servers say to commands.
var answers = map[string]string{
	"EHLO": "250-mx.example.org\r\n250-SIZE 10240000\r\n250 STARTTLS", "MAIL": "250 2.1.0 Ok", "RCPT": "250 2.1.5 Ok", "DATA": "354 End data with <CR><LF>.<CR><LF>",
	"CAPA": "+OK\r\nTOP\r\nUIDL\r\nSASL PLAIN\r\n.", "AUTH": "+OK Logged in.",
}

// takeIn is the SMTP server.
func (p *postOffice) takeIn(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "220 mx.example.org ESMTP Postfix\r\n")
	for text := textproto.NewConn(conn); ; {
		line, err := text.ReadLine()
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(line, " ")
		switch verb {
		case "STARTTLS":
			_, _ = io.WriteString(conn, "220 2.0.0 Ready to start TLS\r\n")
			conn = p.secure(conn)
			text = textproto.NewConn(conn)
			continue
		case "QUIT":
			_, _ = io.WriteString(conn, "221 2.0.0 Bye\r\n")
			return
		}
		_, _ = io.WriteString(conn, answers[verb]+"\r\n")
		if verb == "DATA" {
			body, _ := text.ReadDotBytes()
			p.keep(strings.ReplaceAll(string(body), "\n", "\r\n"))
			_, _ = io.WriteString(conn, "250 2.0.0 Ok: queued as 4fXyz1Abc\r\n")
		}
	}
}

// keep puts the message away, with the fields of the way that it took.
func (p *postOffice) keep(message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.taken++
	p.due = now.Add(900 * time.Millisecond)
	p.message = "Received: from mx.example.org by store.example.org with LMTP id 7aBcD;\r\n\t" + p.due.Format(time.RFC1123Z) +
		"\r\nReceived: from probe.example.org (probe.example.org [192.0.2.7])\r\n\t(using TLSv1.3 with cipher TLS_AES_128_GCM_SHA256)" +
		"\r\n\tby mx.example.org (Postfix) with ESMTPS id 4fXyz1Abc;\r\n\t" + now.Format(time.RFC1123Z) +
		"\r\nAuthentication-Results: mx.example.org; spf=pass smtp.mailfrom=alice@example.org; dmarc=pass header.from=example.org\r\n" + message
}

// giveOut is the POP3 server.
func (p *postOffice) giveOut(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	p.mu.Lock()
	message := p.message
	if time.Now().Before(p.due) {
		message = ""
	}
	head, _, _ := strings.Cut(message, "\r\n\r\n")
	stat, uidl := "+OK 2 4096", "+OK\r\n1 a\r\n2 b\r\n"
	if message != "" {
		stat, uidl = "+OK 3 6000", fmt.Sprintf("%s3 c%d\r\n", uidl, p.taken)
	}
	p.mu.Unlock()
	_, _ = io.WriteString(conn, "+OK Dovecot ready.\r\n")
	for text := textproto.NewConn(conn); ; {
		line, err := text.ReadLine()
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(line, " ")
		answer := answers[verb]
		switch verb {
		case "STAT":
			answer = stat
		case "UIDL":
			answer = uidl + "."
		case "TOP":
			answer = "+OK\r\n" + head + "\r\n\r\n."
		case "RETR":
			answer = "+OK\r\n" + strings.ReplaceAll(message, "\r\n.", "\r\n..") + "."
		case "DELE":
			answer = "+OK Marked to be deleted."
		case "QUIT":
			answer = "+OK Logging out, messages deleted."
		}
		if _, err := io.WriteString(conn, answer+"\r\n"); err != nil || verb == "QUIT" {
			return
		}
	}
}
