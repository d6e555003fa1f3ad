package pop3check_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net"

	"mailprobe/pop3check"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// mailbox is a server that follows a script, for the example to talk to.
func mailbox() net.Conn {
	script, err := wire.ParseTranscript(`
S: +OK POP3 server ready
C: CAPA
S: +OK
S: UIDL
S: USER
S: .
C: USER alice
S: +OK
C: PASS ***
S: +OK welcome
C: UIDL
S: +OK
S: 1 whqtswO00WBw418f9t5JxYwZ
S: 2 QhdPYR:00WBw1Ph7x7
S: .
C: RETR 2
S: +OK
S: Subject: lunch
S:
S: At noon?
S: .
C: DELE 2
S: -ERR [SYS/PERM] this mailbox is read-only
C: QUIT
S: +OK bye
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

// A mail program fetches the newest message and tries to delete it.
func ExampleSession() {
	var transcript wire.Transcript
	conn := wire.NewConn(context.Background(), mailbox(), &transcript)
	defer func() { _ = conn.Close() }()
	s := pop3check.NewSession(conn)

	if _, err := s.Greeting(); err != nil {
		log.Fatal(err)
	}
	capabilities, err := s.Capa()
	fmt.Println("offered:", capabilities, err)

	if _, err := s.User("alice"); err != nil {
		log.Fatal(err)
	}
	if _, err := s.Pass("a secret that no transcript shows"); err != nil {
		log.Fatal(err)
	}

	ids, err := s.UIDL()
	if err != nil {
		log.Fatal(err)
	}
	newest := ids[len(ids)-1]
	fmt.Println("newest:", newest.ID)
	var message bytes.Buffer
	octets, err := s.Retr(&message, newest.Number, 1<<20)
	fmt.Println("fetched:", octets, "octets", err)

	reply, err := s.Dele(newest.Number)
	fmt.Println(reply.Code, err)
	reply, err = s.Quit()
	fmt.Println(reply.Text, err)

	// Output:
	// offered: UIDL, USER <nil>
	// newest: QhdPYR:00WBw1Ph7x7
	// fetched: 28 octets <nil>
	// SYS/PERM the server refused DELE: "-ERR [SYS/PERM] this mailbox is read-only"
	// bye <nil>
}
