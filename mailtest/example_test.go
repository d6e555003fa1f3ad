package mailtest_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"time"

	"mailprobe/mailtest"
)

// Two hosts joined are the server of the sender and the server of the recipient.
func Example() {
	server1, err := mailtest.Start(mailtest.Config{
		Name:     "mx1.example.org",
		Accounts: []mailtest.Account{{User: "bob", Password: "tell nobody"}},
	})
	if err != nil {
		panic(err)
	}
	defer server1.Close()
	server2, err := mailtest.Start(mailtest.Config{
		Name:     "mx2.example.net",
		Accounts: []mailtest.Account{{User: "alice", Password: "correct horse battery"}},
	})
	if err != nil {
		panic(err)
	}
	defer server2.Close()
	mailtest.Join(server1, server2)

	// Bob, who is logged in, writes to Alice.
	if err := submit(server1, "bob", "tell nobody", "alice@example.net", "Subject: lunch\r\n\r\nAt noon?\r\n"); err != nil {
		panic(err)
	}
	_ = server1.Flush(context.Background())
	_ = server2.Flush(context.Background())

	for _, m := range server2.Messages("alice") {
		header, _ := textproto.NewReader(newReader(m.Text)).ReadMIMEHeader()
		fmt.Println(header.Get("Subject"), "from", header.Get("Return-Path"))
		for _, hop := range header["Received"] {
			_, by, _ := strings.Cut(hop, " by ")
			fmt.Println("by", by[:strings.Index(by, " id ")])
		}
	}
	// Output:
	// lunch from <bob@example.org>
	// by mx2.example.net with ESMTPS
	// by mx1.example.org with ESMTPSA
}

// Faults to order, and what somebody sees of them who hands over a message.
func ExampleFaults() {
	host, err := mailtest.Start(mailtest.Config{Accounts: []mailtest.Account{{User: "alice", Password: "secret"}}})
	if err != nil {
		panic(err)
	}
	defer host.Close()
	for _, order := range []struct {
		name   string
		faults mailtest.Faults
	}{
		{"none", mailtest.Faults{}},
		{"refuse", mailtest.Faults{Refuse: true}},
		{"greylist", mailtest.Faults{Greylist: time.Hour}},
		{"delay", mailtest.Faults{Delay: 20 * time.Millisecond}},
		{"drop", mailtest.Faults{Drop: "RCPT"}},
		{"tarpit", mailtest.Faults{Tarpit: time.Millisecond}},
	} {
		if err := host.SetFaults(order.faults); err != nil {
			panic(err)
		}
		begin := time.Now()
		err := handOver(host, "bob@example.net", "alice@example.org", "Subject: x\r\n\r\n")
		if took := time.Since(begin); err == nil && took > 100*time.Millisecond {
			fmt.Println(order.name+":", "taken, after a long time")
		} else if _, refused := err.(*net.OpError); refused {
			fmt.Println(order.name+":", "nobody listens")
		} else {
			fmt.Println(order.name+":", err)
		}
	}
	// Output:
	// none: <nil>
	// refuse: nobody listens
	// greylist: SMTP error 450: <alice@example.org>: Recipient address rejected: Greylisted, try again later
	// delay: taken, after a long time
	// drop: EOF
	// tarpit: taken, after a long time
}

// A fault for one service alone: its certificate is that of another host.
func ExampleHost_SetFaults() {
	host, err := mailtest.Start(mailtest.Config{Name: "mx.example.org"})
	if err != nil {
		panic(err)
	}
	defer host.Close()
	if err := host.SetFaults(mailtest.Faults{Services: []mailtest.Service{mailtest.IMAPS}, Certificate: "wrong-name"}); err != nil {
		panic(err)
	}
	for _, service := range []mailtest.Service{mailtest.POP3S, mailtest.IMAPS} {
		conn, err := tls.Dial("tcp", host.Addr(service), anyCertificate())
		if err != nil {
			panic(err)
		}
		fmt.Println(service, conn.ConnectionState().PeerCertificates[0].DNSNames)
		_ = conn.Close()
	}
	// Output:
	// pop3s [mx.example.org]
	// imaps [other.example.net]
}

// A fault to order: the mailbox is full.
func ExampleHost_SetQuota() {
	host, err := mailtest.Start(mailtest.Config{Accounts: []mailtest.Account{{User: "alice", Password: "secret"}}})
	if err != nil {
		panic(err)
	}
	defer host.Close()
	host.SetQuota("alice", 0)
	fmt.Println(handOver(host, "", "alice@example.org", "Subject: x\r\n\r\n"))
	// Output:
	// SMTP error 452: <alice@example.org>: Recipient address rejected: Mailbox is full
}
