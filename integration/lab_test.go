package integration

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// dialogue is a plain text session, so that the lab is proved by nothing
// but the standard library.
type dialogue struct {
	*textproto.Conn
	t *testing.T
}

func dial(t *testing.T, s Service, c Certificate) (net.Conn, *dialogue) {
	t.Helper()
	conn, err := net.Dial("tcp", lab.Addr(s, c))
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { conn.Close() })
	return conn, &dialogue{textproto.NewConn(conn), t}
}

// say sends a line and reads on until a line that starts with want.
func (d *dialogue) say(line, want string) string {
	d.t.Helper()
	if line != "" {
		if err := d.PrintfLine("%s", line); err != nil {
			d.t.Fatal(err)
		}
	}
	for {
		got, err := d.ReadLine()
		if err != nil {
			d.t.Fatalf("after %q: %v", line, err)
		}
		if strings.HasPrefix(got, want) {
			return got
		}
		if len(got) > 3 && got[:3] == want[:3] && got[3] == '-' {
			continue
		}
		d.t.Fatalf("after %q: got %q, want %q", line, got, want)
	}
}

func (d *dialogue) startTLS(conn net.Conn) *dialogue {
	secured := tls.Client(conn, trusting())
	return &dialogue{textproto.NewConn(secured), d.t}
}

func plain(u User) string {
	return base64.StdEncoding.EncodeToString([]byte("\x00" + u.Name + "\x00" + u.Password))
}

// A message that goes in by SMTP, with AUTH after STARTTLS, comes out by POP3
// with its dots.
func TestLabCarriesAMessage(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser()
	body := "one\r\n.\r\n..two\r\n"

	conn, smtp := dial(t, Submission, Good)
	smtp.say("", "220 ")
	smtp.say("EHLO test.example.test", "250 ")
	smtp.say("STARTTLS", "220 ")
	smtp = smtp.startTLS(conn)
	smtp.say("EHLO test.example.test", "250 ")
	smtp.say("AUTH PLAIN "+plain(user), "235 ")
	smtp.say("MAIL FROM:<"+user.Name+">", "250 ")
	smtp.say("RCPT TO:<"+user.Name+">", "250 ")
	smtp.say("DATA", "354 ")
	w := smtp.DotWriter()
	fmt.Fprint(w, "Subject: dots\r\n\r\n"+body)
	w.Close()
	smtp.say("", "250 ")
	smtp.say("QUIT", "221 ")

	if got := awaitMessage(t, user); !strings.HasSuffix(got, "\r\n\r\n"+body) {
		t.Errorf("the mailbox holds %q", got)
	}
}

// awaitMessage polls user's mailbox and returns its first message, unstuffed
// and with its CRLFs.
func awaitMessage(t *testing.T, user User) string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		pop := openMailbox(t, user)
		if pop.say("STAT", "+OK ") == "+OK 0 0" {
			pop.say("QUIT", "+OK")
			continue
		}
		pop.say("RETR 1", "+OK")
		text := readDotBytes(t, pop.R)
		pop.say("QUIT", "+OK")
		return text
	}
	t.Fatalf("no message came for %s\n%s", user.Name, lab.Logs())
	return ""
}

// openMailbox opens a POP3 session under implicit TLS. The mailbox is locked until
// its QUIT.
func openMailbox(t *testing.T, user User) *dialogue {
	t.Helper()
	conn, pop := dial(t, POP3S, Good)
	pop = pop.startTLS(conn)
	pop.say("", "+OK")
	pop.say("USER "+user.Name, "+OK")
	pop.say("PASS "+user.Password, "+OK")
	return pop
}

// readDotBytes reads a multi-line body (RFC 1939 section 3). Unlike textproto's
// own reader it keeps the CRLFs.
func readDotBytes(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	var text strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == ".\r\n" {
			return text.String()
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
}

// trusting is TLS that trusts the lab.
func trusting() *tls.Config {
	return &tls.Config{RootCAs: lab.Roots(), ServerName: Hostname}
}
