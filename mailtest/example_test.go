package mailtest_test

import (
	"context"
	"fmt"
	"net/textproto"
	"strings"

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
