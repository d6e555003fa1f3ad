package imapcheck

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"testing"

	"mailprobe/transport"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// A session that finds a message, fetches and removes it, with the verbs that the
// check does not use.
func TestSessionThatRemoves(t *testing.T) {
	s := greeted(t, "IMAP4rev1", `
C: A1 LOGIN alice "***"
S: A1 OK [CAPABILITY IMAP4rev1 UIDPLUS] in
C: A2 SELECT INBOX
S: * FLAGS (\\Seen \\Deleted)
S: * OK [PERMANENTFLAGS (\\Seen \\Deleted)] ok
S: * 2 EXISTS
S: * OK [UIDVALIDITY 5] ok
S: * OK [UIDNEXT 9] ok
S: A2 OK [READ-WRITE] in
C: A3 UID SEARCH UID 7:* HEADER Message-ID <a@example.org>
S: * SEARCH 8 6 7
S: A3 OK
C: A4 UID FETCH 7,8 (UID FLAGS INTERNALDATE RFC822.SIZE)
S: * 2 FETCH (UID 8 FLAGS (\\Seen \\Recent) INTERNALDATE " 1-Feb-2000 12:00:00 +0100" RFC822.SIZE 14)
S: A4 OK
C: A5 UID FETCH 8 (BODY.PEEK[])
S: * 2 FETCH (FLAGS (\\Seen) UID 8 BODY[] {14}
S: Subject: x
S:
S: )
S: A5 OK
C: A6 UID STORE 8 +FLAGS.SILENT (\\Deleted)
S: A6 OK
C: A7 UID EXPUNGE 8
S: * 2 EXPUNGE
S: A7 OK gone
C: A8 NOOP
S: * 1 EXISTS
S: A8 OK
C: A9 LOGOUT
S: * BYE bye
S: A9 OK
`)
	mustOK(t)(s.Login("alice", "secret"))
	box, err := s.Select("INBOX")
	if got := fmt.Sprintf("%+v", box); err != nil || got != `{Messages:2 UIDValidity:5 UIDNext:9 Flags:[\Seen \Deleted] PermanentFlags:[\Seen \Deleted] ReadOnly:false}` {
		t.Error(got, err)
	}
	uids, err := s.Search(Query{Header: "Message-ID", Value: "<a@example.org>", From: 7})
	if fmt.Sprint(uids) != "[7 8]" || err != nil {
		t.Error(uids, err)
	}
	all, err := s.Messages(uids...)
	if got := fmt.Sprintf("%+v", all); err != nil || got != `[{Number:2 UID:8 Size:14 Received:2000-02-01 12:00:00 +0100 +0100 Flags:[\Seen \Recent]}]` {
		t.Error(got, err)
	}
	var message bytes.Buffer
	if n, err := s.Fetch(&message, 8, 100); n != 14 || message.String() != "Subject: x\r\n\r\n" || err != nil {
		t.Errorf("%d bytes %q, %v", n, &message, err)
	}
	mustOK(t)(s.Delete(8))
	mustOK(t)(s.Expunge(8))
	mustOK(t)(s.Noop())
	mustOK(t)(s.Logout())
}

func mustOK(t *testing.T) func(Reply, error) {
	return func(r Reply, err error) {
		t.Helper()
		if err != nil || r.Status != StatusOK {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// A message alone cannot be removed without UIDPLUS, and nothing else is tried.
func TestExpungeNeedsUIDPlus(t *testing.T) {
	s := greeted(t, "IMAP4rev1", "C: A1 STARTTLS\nS: A1 OK\nC: A2 CAPABILITY\nS: * CAPABILITY IMAP4rev1 MOVE\nS: A2 OK\n")
	_, _ = s.STARTTLS() // what was offered is forgotten
	if _, err := s.Expunge(1); !errors.Is(err, ErrNoUIDPlus) {
		t.Error(err)
	}
}

func TestPasswordIsNotRecorded(t *testing.T) {
	const password = `correct "horse`
	s := greeted(t, "IMAP4rev1", "C: A1 LOGIN alice ***\nS: A1 NO not Correct \\x22Horse, nor correct \\\\\\x22horse\n")
	if _, err := s.Login("alice", password); !transport.IsRefusal(err) {
		t.Fatal(err)
	}
	var recorded bytes.Buffer
	_, _ = s.Conn.Transcript.WriteTo(&recorded)
	if strings.Contains(strings.ToLower(recorded.String()), "horse") {
		t.Errorf("the transcript has the password:\n%s", &recorded)
	}
}

func TestSTARTTLS(t *testing.T) {
	s := greeted(t, "IMAP4rev1 STARTTLS AUTH=PLAIN", `
C: A1 STARTTLS
S: * CAPABILITY IMAP4rev1 X-A
S: A1 OK [CAPABILITY IMAP4rev1 X-B]
* starttls
C: A2 LOGIN alice "***"
S: A2 OK
`)
	if _, err := s.STARTTLS(); err != nil {
		t.Fatal(err)
	}
	if s.Capabilities() != nil {
		t.Errorf("after STARTTLS there still is %v", s.Capabilities())
	}
	if err := s.Conn.StartTLS(&tls.Config{ServerName: wiretest.HostName, InsecureSkipVerify: true}); err != nil {
		t.Fatal(err)
	}
	mustOK(t)(s.Login("alice", "secret"))
	if _, err := s.STARTTLS(); !errors.Is(err, ErrAuthenticated) {
		t.Errorf("STARTTLS after the login: %v", err)
	}
	if _, err := s.Login("alice", "secret"); !errors.Is(err, ErrAuthenticated) {
		t.Errorf("LOGIN after the login: %v", err)
	}
}

// A refused log-in leaves what is known of the server, a good one does not.
func TestCapabilitiesAfterLogin(t *testing.T) {
	s := greeted(t, "IMAP4rev1 X-BEFORE", "C: A1 LOGIN alice \"***\"\nS: A1 NO\nC: A2 LOGIN alice \"***\"\nS: A2 OK\n")
	if _, err := s.Login("alice", "wrong"); !transport.IsRefusal(err) || !s.Capabilities().Has("x-before") {
		t.Error(s.Capabilities(), err)
	}
	if _, err := s.Login("alice", "right"); err != nil || s.Capabilities() != nil {
		t.Error(s.Capabilities(), err)
	}
}

func TestNothingIsAskedBeforeTheGreeting(t *testing.T) {
	s := play(t, "* close\n")
	if _, err := s.Noop(); !errors.Is(err, transport.ErrOwed) {
		t.Error(err)
	}
}

// After BYE nothing is sent, and its words are kept.
func TestBye(t *testing.T) {
	s := greeted(t, "IMAP4rev1", "C: A1 NOOP\nS: * BYE [UNAVAILABLE] Going down\nS: A1 OK\n")
	mustOK(t)(s.Noop())
	var bye *Bye
	if _, err := s.Noop(); !errors.As(err, &bye) || bye.Reply.Code != CodeUnavailable || bye.Reply.Text != "Going down" || bye.Err != nil {
		t.Error(err)
	}
}

func TestByeAndClose(t *testing.T) {
	s := greeted(t, "IMAP4rev1", "C: A1 NOOP\nS: * BYE idle\n* close\n")
	_, err := s.Noop()
	var bye *Bye
	if !errors.As(err, &bye) || !errors.Is(err, wire.ErrClosed) || bye.Verb != "NOOP" {
		t.Error(err)
	}
}

// After a broken answer nothing may be asked, because the rest of it would be
// taken for the next one.
func TestOutOfStep(t *testing.T) {
	s := greeted(t, "IMAP4rev1", "C: A1 NOOP\nS: A7 OK\nC: A3 LOGOUT\n")
	if _, err := s.Noop(); !isProtocolError(err) {
		t.Errorf("the wrong tag: %v", err)
	}
	if _, err := s.Noop(); !errors.Is(err, transport.ErrOwed) {
		t.Errorf("NOOP after that: %v", err)
	}
	if _, err := s.Logout(); !errors.Is(err, transport.ErrOwed) {
		t.Errorf("LOGOUT: %v", err)
	}
}

func TestInput(t *testing.T) {
	s := greeted(t, "IMAP4rev1", "C: A6 LOGOUT\nS: * BYE\nS: A6 OK\n")
	for _, name := range []string{"a\r\nA2 DELETE INBOX", "a\nb", "a\x00b"} {
		if _, err := s.Login(name, "secret"); !errors.Is(err, wire.ErrInput) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := s.Login("alice", "a\nb"); !errors.Is(err, wire.ErrInput) {
		t.Error("a password with a line break:", err)
	}
	if _, err := s.FetchHeader(nil, 1, 1, "From)] BODY[]"); !errors.Is(err, wire.ErrInput) {
		t.Error("a field's name:", err)
	}
	if _, err := s.Search(Query{Header: "X", Value: "a\r\nb"}); !errors.Is(err, wire.ErrInput) {
		t.Error("a value to look for:", err)
	}
	mustOK(t)(s.Logout())
}

func TestNotices(t *testing.T) {
	s := greeted(t, "IMAP4rev1", "C: A1 NOOP\nS: * NO disk nearly full\nS: * BAD what\nS: * OK [ALERT] hear\nS: * OK [X] news\nS: A1 OK [ALERT] you\nC: A2 NOOP\nS: A2 NO [ALERT] no\n")
	mustOK(t)(s.Noop())
	var got []string
	for _, n := range s.Notices() {
		got = append(got, n.Text)
	}
	if want := "disk nearly full|what|hear|you"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %s", got, want)
	}
	_, _ = s.Noop()
	if n := s.Notices(); len(n) != 0 {
		t.Errorf("a refusal is told twice: %v", n)
	}
}
