package delivery

import (
	"fmt"
	"strings"
	"testing"

	"mailprobe/imapcheck"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// However many messages there are, the server is asked for few.
func TestSinceByIMAP(t *testing.T) {
	for _, test := range []struct {
		mark, query string
		next        uint32
	}{
		{"imap:7:20000", "", 20000},
		{"imap:7:19990", "UID 19990:*", 20000},
		{"imap:7:3", "UID 15000:*", 20000},
		{"imap:6:19990", "UID 15000:*", 20000},
		{"pop3:", "UID 15000:*", 20000},
		{"", "ALL", 4000},
		{"imap:7:3", "UID 3:*", 4000},
	} {
		script := "S: * PREAUTH ready\n"
		if test.query != "" {
			script += "C: A1 UID SEARCH " + test.query + "\nS: * SEARCH 1 19995\nS: A1 OK done\n"
		}
		played, err := wire.ParseTranscript(script)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := (&wiretest.Server{Script: played}).Dial(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		session := imapcheck.NewSession(wire.NewConn(t.Context(), conn, &wire.Transcript{}))
		defer func() { _ = session.Conn.Close() }()
		if _, err := session.Greeting(); err != nil {
			t.Fatal(err)
		}
		b := &imapBox{OpenSession: &imapcheck.OpenSession{Session: session}, state: imapcheck.Mailbox{UIDValidity: 7, UIDNext: test.next, Messages: 100_000}}
		newer, err := b.since(mark(test.mark))
		if err != nil || (len(newer) > 0) != (test.query != "") {
			t.Errorf("since %s of %d: %v, %v", test.mark, test.next, newer, err)
		}
		if len(newer) > 0 && !strings.HasSuffix(newer[0].id, fmt.Sprint(":", newer[0].number)) {
			t.Errorf("the id of %d is %s", newer[0].number, newer[0].id)
		}
	}
}
