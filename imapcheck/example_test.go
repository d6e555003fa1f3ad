package imapcheck_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net"

	"mailprobe/imapcheck"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// mailbox is a server that follows a script, for the example to talk to.
func mailbox() net.Conn {
	script, err := wire.ParseTranscript(`
S: * OK IMAP4rev1 server ready
C: A1 CAPABILITY
S: * CAPABILITY IMAP4rev1 UIDPLUS
S: A1 OK
C: A2 LOGIN alice "***"
S: A2 OK [CAPABILITY IMAP4rev1 UIDPLUS] welcome
C: A3 SELECT INBOX
S: * 3 EXISTS
S: * OK [UIDVALIDITY 9]
S: A3 OK [READ-WRITE]
C: A4 UID SEARCH HEADER Message-ID <lunch@example.org>
S: * SEARCH 17
S: A4 OK
C: A5 UID FETCH 17 (BODY.PEEK[])
S: * 3 FETCH (UID 17 BODY[] {26}
S: Subject: lunch
S:
S: At noon?\
S: )
S: A5 OK
C: A6 UID STORE 17 +FLAGS.SILENT (\\Deleted)
S: A6 NO [NOPERM] this mailbox is read-only
C: A7 LOGOUT
S: * BYE bye
S: A7 OK done
`)
	if err != nil {
		log.Fatal(err)
	}
	conn, err := (&wiretest.Server{Script: script}).Dial(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	return conn
}

// A program looks for one message, reads it without marking it as read, and tries
// to remove it and no other.
func ExampleSession() {
	var transcript wire.Transcript
	conn := wire.NewConn(context.Background(), mailbox(), &transcript)
	defer func() { _ = conn.Close() }()
	s := imapcheck.NewSession(conn)

	if _, err := s.Greeting(); err != nil {
		log.Fatal(err)
	}
	capabilities, err := s.Capability()
	fmt.Println("offered:", capabilities, err)
	if _, err := s.Login("alice", "a secret that no transcript shows"); err != nil {
		log.Fatal(err)
	}

	box, err := s.Select("INBOX")
	fmt.Println("messages:", box.Messages, err)
	uids, err := s.Search(imapcheck.Query{Header: "Message-ID", Value: "<lunch@example.org>"})
	fmt.Println("found:", uids, err)
	var message bytes.Buffer
	size, err := s.Fetch(&message, uids[0], 1<<20)
	fmt.Println("fetched:", size, "bytes", err)

	reply, err := s.Delete(uids[0])
	fmt.Println(reply.Code, err)
	reply, err = s.Logout()
	fmt.Println(reply.Text, err)

	// Output:
	// offered: IMAP4rev1, UIDPLUS <nil>
	// messages: 3 <nil>
	// found: [17] <nil>
	// fetched: 26 bytes <nil>
	// NOPERM the server refused UID STORE: "A6 NO [NOPERM] this mailbox is read-only"
	// done <nil>
}
