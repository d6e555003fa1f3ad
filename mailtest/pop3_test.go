package mailtest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"mailprobe/mailtest"
	"mailprobe/pop3check"
)

// verdicts are the first words of the status lines in answers.
func verdicts(answers string) string {
	var all []string
	for line := range strings.Lines(answers) {
		if strings.HasPrefix(line, "+OK") || strings.HasPrefix(line, "-ERR") {
			all = append(all, strings.TrimSpace(line[:4]))
		}
	}
	return strings.Join(all, " ")
}

func TestPOP3(t *testing.T) {
	host := start(t, mailtest.Config{InsecureAuth: true})
	for _, text := range []string{"Subject: one\n\na\n.b\nc\n", "Subject: two\n\nx\n", "Subject: three\n"} {
		if err := host.Deliver("alice", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	ids := host.Messages("alice")
	login := "USER alice\nPASS correct horse\n"
	for _, c := range []struct{ say, want string }{
		{"STAT\n", "-ERR"},
		{"CAPA\n", "+OK"},
		{login + "STAT\n", "+OK 3 61"},
		{login + "LIST\n", "+OK 3 messages (61 octets)\n1 26\n2 19\n3 16\n.\n"},
		{login + "LIST 2\n", "+OK 2 19\n"},
		{login + "UIDL 3\n", "+OK 3 " + ids[2].ID},
		{login + "UIDL 4\n", "-ERR There's no message"},
		{login + "TOP 1 0\n", "+OK\nSubject: one\n\n.\n"},
		{login + "TOP 1 2\n", "+OK\nSubject: one\n\na\n..b\n.\n"},
		{login + "TOP 1\n", "-ERR"},
		{login + "RETR 1\n", "octets\nSubject: one\n\na\n..b\nc\n.\n"},
		{login + "RETR 0\n", "-ERR"},
		{login + "DELE 1\nRETR 1\nDELE 1\nRSET\nRETR 1\n", "octets\nSubject: one\n"},
		{login + "NOOP\nUSER alice\nFOO\n", "-ERR Command not permitted"},
		{"USER alice\nPASS wrong\n", "-ERR [AUTH]"},
		{"USER nobody\nPASS wrong\n", "-ERR [AUTH]"},
		{"PASS wrong\n", "-ERR USER first"},
		{"AUTH PLAIN AGFsaWNlAGNvcnJlY3QgaG9yc2U=\n", "+OK Logged in."},
		{"AUTH PLAIN\nAGFsaWNlAGNvcnJlY3QgaG9yc2U=\n", "+ \n+OK Logged in."},
		{"AUTH LOGIN\nYWxpY2U=\nY29ycmVjdCBob3JzZQ==\n", "+OK Logged in."},
		{"AUTH PLAIN\n*\n", "-ERR Authentication cancelled"},
		{"AUTH MAGIC\n", "-ERR Unrecognized"},
		{"APOP alice 0123\n", "-ERR [AUTH]"},
	} {
		answer := talk(t, host.Addr(mailtest.POP3), c.say+"QUIT\n")
		if !strings.Contains(answer, c.want) {
			t.Errorf("%q was answered\n%swhich has no %q", c.say, answer, c.want)
		}
	}
	if n := len(host.Messages("alice")); n != 3 {
		t.Errorf("%d messages are left of 3", n)
	}
}

// TestUpdateAtQuit: what is marked goes at QUIT, and only then (RFC 1939 §6).
func TestUpdateAtQuit(t *testing.T) {
	host := start(t, mailtest.Config{InsecureAuth: true})
	for _, text := range []string{"Subject: one\n", "Subject: two\n"} {
		_ = host.Deliver("alice", []byte(text))
	}
	second := host.Messages("alice")[1]
	drop := host.SetFaults(mailtest.Faults{Drop: "NOOP"})
	talk(t, host.Addr(mailtest.POP3), "USER alice\nPASS correct horse\nDELE 1\nNOOP\n")
	if n := len(host.Messages("alice")); drop != nil || n != 2 {
		t.Errorf("%d messages are left without QUIT, %v", n, drop)
	}
	_ = host.SetFaults(mailtest.Faults{KeepDeleted: true})
	if a := talk(t, host.Addr(mailtest.POP3), "USER alice\nPASS correct horse\nDELE 1\nQUIT\n"); verdicts(a) != "+OK +OK +OK +OK -ERR" {
		t.Error(a)
	}
	_ = host.SetFaults(mailtest.Faults{})
	if a := talk(t, host.Addr(mailtest.POP3), "USER alice\nPASS correct horse\nDELE 1\nQUIT\n"); verdicts(a) != "+OK +OK +OK +OK +OK" {
		t.Error(a)
	}
	if left := host.Messages("alice"); len(left) != 1 || left[0].ID != second.ID {
		t.Errorf("left are %v", left)
	}
}

func logIn(s *pop3check.Session, user string) error {
	if _, err := s.User(user); err != nil {
		return err
	}
	_, err := s.Pass("correct horse")
	return err
}

func TestMailboxInUse(t *testing.T) {
	host := start(t, mailtest.Config{Without: []string{"uidl", "TOP", "STLS"}})
	first, second := dialPOP3(t, host), dialPOP3(t, host)
	if err := logIn(first, "alice"); err != nil {
		t.Fatal(err)
	}
	var refusal *pop3check.Refusal
	if err := logIn(second, "alice"); !errors.As(err, &refusal) || refusal.Reply.Code != "IN-USE" {
		t.Errorf("the second session: %v", err)
	}
	if _, err := first.Quit(); err != nil {
		t.Error(err)
	}
	if err := logIn(second, "alice@example.org"); err != nil {
		t.Errorf("after the first session: %v", err)
	}
	if _, err := second.Quit(); err != nil {
		t.Error(err)
	}
	_ = host.SetFaults(mailtest.Faults{LoginDelay: time.Hour})
	third := dialPOP3(t, host)
	if err := logIn(third, "alice"); !errors.As(err, &refusal) || refusal.Reply.Code != "LOGIN-DELAY" {
		t.Errorf("too soon: %v", err)
	}
}
