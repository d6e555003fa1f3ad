package integration

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"mailprobe/pop3check"
	"mailprobe/probe"
	"mailprobe/wire"
)

// hard is a message that a transport without care changes: dots at line starts,
// a line as long as RFC 5321 allows, blanks at line ends, letters beyond ASCII,
// empty lines at the end.
var hard = strings.ReplaceAll(`From: <sender@example.test>
To: <recipient@example.test>
Subject: dots
Date: Mon, 23 Nov 2026 04:27:03 +0000
Message-ID: <dots@example.test>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

.
..
...three
.one
 .blank before
blank behind `+`
	grüße 你好
`+strings.Repeat("x", 998)+`
.

`, "\n", "\r\n")

// A message handed over by --send is in the mailbox byte for byte, and reading
// it changes nothing.
func TestSendAndRetrieve(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser()
	file := filepath.Join(t.TempDir(), "message")
	if err := os.WriteFile(file, []byte(hard), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := append(password(user), "-f", user.Name, "-t", user.Name, "--send", "--message", file)
	o := check(t, user.Password, "smtp", lab.Addr(Submission, Good), flags...).is(probe.OK)
	o.step("message", probe.OK, "250 2.0.0")

	awaitMessage(t, user)
	got := retrieve(t, user)
	if !strings.HasSuffix(got, "\r\n"+hard) {
		t.Errorf("sent\n%q\nretrieved\n%q", hard, got)
	}
	for range 2 {
		o = check(t, user.Password, "pop3", lab.Addr(POP3, Good), append(password(user), "--retrieve", "latest")...).is(probe.OK)
		o.step("retr", probe.OK)
		o.fact("messages", "1")
	}
	if again := retrieve(t, user); again != got {
		t.Errorf("after two checks the mailbox has\n%q", again)
	}
}

// retrieve fetches the first message by pop3check's session.
func retrieve(t *testing.T, user User) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	socket, err := net.Dial("tcp", lab.Addr(POP3S, Good))
	if err != nil {
		t.Fatal(err)
	}
	conn := wire.NewConn(ctx, socket, &wire.Transcript{})
	defer conn.Close()
	must(t, conn.StartTLS(trusting()))
	session := pop3check.NewSession(conn)
	_, err = session.Greeting()
	must(t, err)
	_, err = session.User(user.Name)
	must(t, err)
	_, err = session.Pass(wire.Secret(user.Password))
	must(t, err)
	var text bytes.Buffer
	octets, err := session.Retr(&text, 1, 1<<20)
	must(t, err)
	if octets != int64(text.Len()) {
		t.Errorf("%d octets are counted, %d are there", octets, text.Len())
	}
	_, err = session.Quit()
	must(t, err)
	return text.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A message goes in chunks as it does by DATA, to Postfix and to Dovecot's LMTP, and one of
// several chunks to every recipient.
func TestChunks(t *testing.T) {
	needPostfix(t)
	file, data := filepath.Join(t.TempDir(), "message"), filepath.Join(t.TempDir(), "data.bin")
	must(t, os.WriteFile(file, []byte(hard), 0o600))
	must(t, os.WriteFile(data, bytes.Repeat([]byte("0123456789"), 100_000), 0o600))
	for _, target := range []string{lab.Addr(SMTP, Good), "lmtp://" + lab.Addr(LMTP, Good)} {
		user := lab.NewUser()
		o := check(t, "", "smtp", target, "-t", user.Name, "-f", user.Name, "--send", "--chunking", "--message", file).is(probe.OK)
		o.step("message", probe.OK, "250 2.0.0")
		awaitMessage(t, user)
		if got := retrieve(t, user); !strings.HasSuffix(got, "\r\n"+hard) {
			t.Errorf("%s: sent\n%q\nretrieved\n%q", target, hard, got)
		}
		to, cc, bcc := lab.NewUser(), lab.NewUser(), lab.NewUser()
		o = check(t, "", "smtp", target, "-t", to.Name, "--cc", cc.Name, "--bcc", bcc.Name, "-f", user.Name, "--send", "--chunking", "--attach", data).is(probe.OK)
		if !o.said("BDAT 1048576\n") || !o.said(" LAST") {
			t.Errorf("%s: there are not two chunks in\n%q", target, o.Transcript.Lines())
		}
		for _, each := range []User{to, cc, bcc} {
			if text := awaitMessage(t, each); !strings.Contains(text, "To: <"+to.Name+">\r\nCc: <"+cc.Name+">\r\n") {
				t.Errorf("%s got\n%.2000s", each.Name, text)
			}
		}
	}
}

// A message that mailprobe writes itself arrives with its subject, header and
// text.
func TestComposedMessage(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser()
	flags := append(password(user), "--send", "-f", user.Name, "-t", user.Name,
		"--subject", "grüße", "--header", "X-Probe: 42", "--body", ".dot\n.")
	check(t, user.Password, "smtp", "smtps://"+lab.Addr(SMTPS, Good), flags...).is(probe.OK)
	text := awaitMessage(t, user)
	for _, want := range []string{"\r\nX-Probe: 42\r\n", "\r\nTo: <" + user.Name + ">\r\n", "\r\nDate: ", "\r\nMessage-Id: <", "\r\n\r\n.dot\r\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the message has no %q:\n%s", want, text)
		}
	}
}

// A message too large for the server is not sent: the server has said what it takes.
func TestTooLarge(t *testing.T) {
	needPostfix(t)
	o := check(t, "", "smtp", lab.Addr(SmallMail, Good), "-t", lab.NewUser().Name, "--send",
		"--body", strings.Repeat("more than fits in\n", SmallMailLimit/10)).is(probe.Unknown)
	o.fact("size_limit", strconv.Itoa(SmallMailLimit)+" B")
	o.because("mail", probe.Unknown, "message-too-big", probe.BlameSender, "the server takes "+strconv.Itoa(SmallMailLimit))
	if o.said("C: MAIL") || o.said("C: DATA") {
		t.Error("it was sent nevertheless")
	}
}

// LMTP answers for each recipient after the message (RFC 2033 section 4.2).
func TestLMTP(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	o := check(t, "", "smtp", "lmtp://"+lab.Addr(LMTP, Good), "-t", user.Name, "-t", lab.QuotaUser(), "--send",
		"--body", strings.Repeat("more than the quota\n", 20)).is(probe.Critical)
	o.step("rcpt", probe.OK)
	o.step("rcpt-2", probe.OK)
	o.because("message", probe.Critical, "mailbox-full", probe.BlameAccount, "250 2.0.0 <"+user.Name+">", "552 5.2.2 <"+lab.QuotaUser()+">")
	if text := awaitMessage(t, user); !strings.Contains(text, "more than the quota\r\n") {
		t.Errorf("the accepted copy is %q", text)
	}
}
