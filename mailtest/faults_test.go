package mailtest_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"mailprobe/mailtest"
)

const letter = "Subject: x\r\n\r\nbody\r\n"

// TestFaultsOfSMTP: each fault is answered as real servers answer.
func TestFaultsOfSMTP(t *testing.T) {
	host := start(t, mailtest.Config{})
	for _, c := range []struct {
		faults mailtest.Faults
		to     string
		code   int
	}{
		{mailtest.Faults{Greylist: time.Nanosecond}, "alice@example.org", 450},
		{mailtest.Faults{Greylist: time.Nanosecond}, "alice@example.org", 0},
		{mailtest.Faults{Greylist: time.Hour}, "alice@example.org", 450},
		{mailtest.Faults{Storage: true}, "alice@example.org", 452},
		{mailtest.Faults{Answer: map[string]string{"*": "421 4.3.2 Going down"}}, "alice@example.org", 421},
		{mailtest.Faults{Answer: map[string]string{"*": "550 No", "alice@example.org": "250 2.1.5 Ok"}}, "alice@example.org", 0},
		{mailtest.Faults{OpenRelay: true}, "somebody@example.com", 0},
	} {
		if err := host.SetFaults(c.faults); err != nil {
			t.Fatal(err)
		}
		if err := handOver(host, "", c.to, letter); code(err) != c.code || (c.code == 0 && err != nil) {
			t.Errorf("%+v: %v", c.faults, err)
		}
	}
	for _, verb := range []string{"CONNECT", "MAIL", "RCPT", "DATA", "BODY"} {
		_ = host.SetFaults(mailtest.Faults{Drop: verb, Services: []mailtest.Service{mailtest.SMTP}})
		if err := handOver(host, "", "alice@example.org", letter); err == nil || code(err) != 0 {
			t.Errorf("a drop at %s: %v", verb, err)
		}
	}
}

func TestRefuse(t *testing.T) {
	host := start(t, mailtest.Config{Faults: mailtest.Faults{Refuse: true}})
	for _, service := range mailtest.Services() {
		if _, err := net.Dial("tcp", host.Addr(service)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: %v", service, err)
		}
	}
	if err := host.SetFaults(mailtest.Faults{Refuse: true, Services: []mailtest.Service{mailtest.SMTP}}); err != nil {
		t.Fatal(err)
	}
	if _, err := net.Dial("tcp", host.Addr(mailtest.SMTP)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("SMTP: %v", err)
	}
	dialPOP3(t, host)
	if err := host.SetFaults(mailtest.Faults{}); err != nil {
		t.Fatal(err)
	}
	if err := handOver(host, "", "alice@example.org", letter); err != nil {
		t.Error(err)
	}
}

func TestSlow(t *testing.T) {
	host := start(t, mailtest.Config{})
	for _, f := range []mailtest.Faults{{Delay: 50 * time.Millisecond}, {Tarpit: time.Millisecond}} {
		_ = host.SetFaults(f)
		for service, bye := range map[mailtest.Service]string{mailtest.SMTP: "QUIT\n", mailtest.POP3: "QUIT\n", mailtest.IMAP: "a LOGOUT\n"} {
			begin := time.Now()
			talk(t, host.Addr(service), bye)
			if d := time.Since(begin); d < 50*time.Millisecond {
				t.Errorf("%s, %+v: it took %s", service, f, d)
			}
		}
	}
	// Close does not wait for what is delayed.
	_ = host.SetFaults(mailtest.Faults{Delay: time.Hour})
	socket, err := net.Dial("tcp", host.Addr(mailtest.SMTP))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	begin := time.Now()
	if err := host.Close(); err != nil || time.Since(begin) > time.Second {
		t.Errorf("Close: %v after %s", err, time.Since(begin))
	}
}

// TestFaultsOfDelivery: what becomes of a message that was accepted.
func TestFaultsOfDelivery(t *testing.T) {
	for name, c := range map[string]struct {
		faults        mailtest.Faults
		alice, sender int // messages in their mailboxes
	}{
		"none":      {mailtest.Faults{}, 1, 0},
		"duplicate": {mailtest.Faults{Duplicate: true}, 2, 0},
		"lose":      {mailtest.Faults{Lose: true}, 0, 0},
		"bounce":    {mailtest.Faults{Bounce: true}, 0, 1},
		"reject":    {mailtest.Faults{Answer: map[string]string{"*": "550 5.7.1 Go away"}}, 0, 1},
		"latency":   {mailtest.Faults{Latency: 10 * time.Millisecond}, 1, 0},
		"greylist":  {mailtest.Faults{Greylist: 10 * time.Millisecond}, 1, 0},
		"full":      {mailtest.Faults{Answer: map[string]string{"*": "452 4.2.2 Mailbox is full"}}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server1, server2 := pair(t, mailtest.Config{Retry: 20 * time.Millisecond, Lifetime: 50 * time.Millisecond}, mailtest.Config{Faults: c.faults})
			if name == "greylist" {
				server1, server2 = pair(t, mailtest.Config{Retry: 20 * time.Millisecond}, mailtest.Config{Faults: c.faults})
			}
			if err := submit(server1, "bob", "tell nobody", "alice@example.net", letter); err != nil {
				t.Fatal(err)
			}
			flush(t, server1, server2, server1)
			if n := len(server2.Messages("alice")); n != c.alice {
				t.Errorf("alice has %d messages; want %d", n, c.alice)
			}
			if n := len(server1.Messages("bob")); n != c.sender {
				t.Errorf("the sender has %d messages; want %d", n, c.sender)
			}
		})
	}
}

// TestNotification: a bounce is a report that tells whom, why and by which server.
func TestNotification(t *testing.T) {
	server1, server2 := pair(t, mailtest.Config{}, mailtest.Config{Faults: mailtest.Faults{Answer: map[string]string{"*": "550 5.7.1 Go away"}}})
	if err := submit(server1, "bob", "tell nobody", "alice@example.net", letter); err != nil {
		t.Fatal(err)
	}
	flush(t, server1, server2, server1)
	report := server1.Messages("bob")
	if len(report) != 1 {
		t.Fatalf("%d reports", len(report))
	}
	for _, part := range []string{
		"Return-Path: <>\r\n", "Content-Type: multipart/report; report-type=delivery-status;",
		"Final-Recipient: rfc822; alice@example.net\r\nAction: failed\r\nStatus: 5.7.1\r\n",
		"Remote-MTA: dns; mx2.example.net\r\nDiagnostic-Code: smtp; 550 5.7.1 Go away\r\n",
		"Content-Type: text/rfc822-headers\r\n\r\nReceived: from", "Subject: x\r\n",
	} {
		if !strings.Contains(string(report[0].Text), part) {
			t.Errorf("the report has no %q:\n%s", part, report[0].Text)
		}
	}
}

func TestHoldAndAlter(t *testing.T) {
	host := start(t, mailtest.Config{Faults: mailtest.Faults{Hold: true}})
	if err := handOver(host, "", "alice@example.org", letter); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := host.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) || host.Queued() != 1 {
		t.Errorf("what is held: %v", err)
	}
	_ = host.SetFaults(mailtest.Faults{Alter: func(m []byte) []byte { return bytes.ReplaceAll(m, []byte("body"), []byte("BODY\n")) }})
	flush(t, host)
	if text := host.Messages("alice")[0].Text; !bytes.HasSuffix(text, []byte("\r\n\r\nBODY\r\n\r\n")) {
		t.Errorf("it arrived as\n%s", text)
	}
}

// TestCircle: mail that goes in circles ends as a bounce.
func TestCircle(t *testing.T) {
	server1, server2 := pair(t, mailtest.Config{}, mailtest.Config{Faults: mailtest.Faults{OpenRelay: true}})
	_ = server1.SetFaults(mailtest.Faults{OpenRelay: true})
	server1.Route("example.com", server2)
	server2.Route("example.com", server1)
	if err := submit(server1, "bob", "tell nobody", "x@example.com", letter); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for len(server1.Messages("bob")) == 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if m := server1.Messages("bob"); len(m) != 1 || !bytes.Contains(m[0].Text, []byte("Status: 5.4.6")) {
		t.Errorf("the sender has %d messages", len(m))
	}
}

func TestCloseWithMailInTheQueue(t *testing.T) {
	server1, server2 := pair(t, mailtest.Config{}, mailtest.Config{Faults: mailtest.Faults{Delay: time.Hour}})
	for range 3 {
		if err := submit(server1, "bob", "tell nobody", "alice@example.net", letter); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	_ = server1.Close()
	_ = server2.Close()
	if d := time.Since(begin); d > time.Second {
		t.Errorf("it took %s", d)
	}
	if err := server1.Flush(t.Context()); err == nil {
		t.Error("the queue of a closed host is empty")
	}
	_ = server1.Close()
}
