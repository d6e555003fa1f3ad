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
		inbox := &folder{name: "INBOX", validity: 7, next: test.next}
		b := &imapBox{OpenSession: &imapcheck.OpenSession{Session: session}, folders: []*folder{inbox}, selected: inbox}
		newer, err := b.since(mark(test.mark))
		if err != nil || (len(newer) > 0) != (test.query != "") {
			t.Errorf("since %s of %d: %v, %v", test.mark, test.next, newer, err)
		}
		if len(newer) > 0 && !strings.HasSuffix(newer[0].id, fmt.Sprint(":", newer[0].number)) {
			t.Errorf("the id of %d is %s", newer[0].number, newer[0].id)
		}
	}
}

// A mark has a place for each mailbox, whatever its name; one that it does not know is
// looked at from the beginning.
func TestIMAPMark(t *testing.T) {
	odd := "a;b=c:d/ü"
	b := &imapBox{folders: []*folder{{name: "INBOX", validity: 7, next: 20}, {name: "Junk", junk: true, validity: 7, next: 3}, {name: odd, junk: true, validity: 9, next: 1}}}
	all, err := b.mark()
	if err != nil || !strings.HasPrefix(string(all), "imap:7:20;Junk=7:3;") {
		t.Fatalf("%s, %v", all, err)
	}
	for _, test := range []struct {
		of   folder
		mark mark
		want uint32
	}{
		{folder{name: "INBOX", validity: 7}, all, 20},
		{folder{name: "INBOX", validity: 8}, all, 0},
		{folder{name: "Junk", junk: true, validity: 7}, all, 3},
		{folder{name: odd, junk: true, validity: 9}, all, 1},
		{folder{name: "Other", junk: true, validity: 7}, all, 0},
		{folder{name: "Junk", junk: true, validity: 7}, "imap:7:20", 0},
		{folder{name: "INBOX", validity: 7}, "imap:7:20", 20},
		{folder{name: "INBOX", validity: 7}, "imap:7:x;Junk=7", 0},
	} {
		if got := test.of.first(test.mark); got != test.want {
			t.Errorf("%s of %s: got %d, want %d", test.of.name, test.mark, got, test.want)
		}
	}
}
