package delivery

import (
	"fmt"
	"strings"
	"testing"

	"mailprobe/pop3check"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// A large mailbox is asked for the ids of its last messages only, and for all where
// these leave a doubt.
func TestSince(t *testing.T) {
	last := func(n int, id string) string { return fmt.Sprintf("C: UIDL %d\nS: +OK %d %s\n", n, n, id) }
	for _, test := range []struct {
		name         string
		before, now  int // messages
		script, want string
	}{
		{"nothing new", 300, 300, last(300, "id300"), ""},
		{"one new", 300, 301, last(301, "id301"), "301"},
		{"two new, newest first", 300, 302, last(302, "id302") + last(301, "id301"), "302 301"},
		{"the first is new", 300, 301, last(301, "id300") + all("new", 1, 300), "1"},
		{"one gone, one new", 300, 300, last(300, "new") + all("", 1, 299) + "S: 300 new\n", "300"},
		{"one gone", 300, 299, all("", 1, 299), ""},
		{"many new", 300, 311, all("", 1, 311), "311 310 309 308 307 306 305 304 303 302 301"},
		{"UIDL without an argument alone", 300, 301, "C: UIDL 301\nS: -ERR syntax error\n" + all("", 1, 301), "301"},
		{"UIDL with an argument answers without the number", 300, 301, "C: UIDL 301\nS: +OK id301\n" + all("", 1, 301), "301"},
		{"UIDL with an argument answers with a listing", 300, 301, "C: UIDL 301\nS: +OK\nS: 301 id301\nS: .\n" + all("", 1, 301), "301"},
		{"UIDL with an argument answers with a listing of all", 200, 201, "C: UIDL 201\nS: +OK 201 messages\n" + strings.TrimPrefix(all("", 1, 201), "C: UIDL\nS: +OK\n") + "S: .\n" + all("", 1, 201), "201"},
		{"a small mailbox", 3, 4, all("", 1, 4), "4"},
	} {
		if strings.Contains(test.script, "C: UIDL\n") {
			test.script += "S: .\n"
		}
		b := boxOf(t, test.now, test.script)
		newer, err := b.since(markOf(test.before))
		var got []string
		for _, m := range newer {
			got = append(got, fmt.Sprint(m.number))
		}
		if strings.Join(got, " ") != test.want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", test.name, got, err, test.want)
		}
	}
}

// all is a listing of ids, with one more ahead of them if that is named.
func all(ahead string, from, to int) string {
	text, number := "C: UIDL\nS: +OK\n", 0
	if ahead != "" {
		number++
		text += fmt.Sprintf("S: %d %s\n", number, ahead)
	}
	for n := from; n <= to; n++ {
		number++
		text += fmt.Sprintf("S: %d id%d\n", number, n)
	}
	return text
}

// markOf is the mark of a mailbox with so many messages.
func markOf(n int) mark {
	b := &pop3Box{listed: true}
	for i := range n {
		b.messages = append(b.messages, message{id: fmt.Sprintf("id%d", i+1)})
	}
	m, _ := b.mark()
	return m
}

// boxOf is a mailbox whose server follows a script.
func boxOf(t *testing.T, messages int, script string) *pop3Box {
	t.Helper()
	played, err := wire.ParseTranscript("S: +OK ready\n" + script)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&wiretest.Server{Script: played}).Dial(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	session := pop3check.NewSession(wire.NewConn(t.Context(), conn, &wire.Transcript{}))
	t.Cleanup(func() { _ = session.Conn.Close() })
	if _, err := session.Greeting(); err != nil {
		t.Fatal(err)
	}
	offered := pop3check.Capabilities{{Name: pop3check.TagUIDL}}
	return &pop3Box{OpenSession: &pop3check.OpenSession{Session: session, Offered: offered}, total: messages}
}
